#include <algorithm>
#include <cstring>

#include "core/kernel/boot/kernel_image.h"
#include "core/kernel/entry/ia32.h"
#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/syscalls/describe.h"
#include "core/kernel/syscalls/table.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/syscalls/syscalls.h"

namespace ringside {
namespace {

constexpr const char* kNames[] = {"r15", "r14", "r13", "r12", "bp",      "bx", "r11", "r10",   "r9", "r8", "ax",
                                  "cx",  "dx",  "si",  "di",  "orig_ax", "ip", "cs",  "flags", "sp", "ss"};
static_assert(std::size(kNames) * 8 == sizeof(PtRegs));

QString whatOf(const QString& name, bool ia32) {
    if (name == QLatin1String("orig_ax")) return Words::tr("the number of the call, as it came in RAX");
    if (name == QLatin1String("ax")) return Words::tr("where the result will be; -ENOSYS until then");
    if (name == QLatin1String("ip"))
        return ia32 ? Words::tr("where to go on: pushed by INT")
                    : Words::tr("where to go on: SYSCALL had put it into RCX");
    if (name == QLatin1String("flags"))
        return ia32 ? Words::tr("the flags: pushed by INT") : Words::tr("the flags: SYSCALL had put them into R11");
    if (name == QLatin1String("sp")) return Words::tr("the program's stack pointer");
    if (name == QLatin1String("cs"))
        return Words::tr("the code segment; its low two bits are the ring to go back to: 3");
    if (name == QLatin1String("ss")) return Words::tr("the stack segment");
    return Words::tr("the program's register, to be put back");
}

// The words of pt_regs at the top of the kernel stack, as bytes in RAM.
void readSaved(SyscallsModel& m, const Machine& machine, const Task& task) {
    if (task.stackBase == 0) return;
    const u64 base = task.stackBase + kKernelStackSize - sizeof(PtRegs);
    const std::vector<u8> raw =
        peek(machine, base, sizeof(PtRegs), machine.kernel.mms.contains(task.mm) ? task.mm : MmId{});
    if (raw.size() < sizeof(PtRegs)) return;
    PtRegs regs;
    std::memcpy(&regs, raw.data(), sizeof regs);
    // A later interrupt or call of the task lies there by now?
    const u64 number = regs.origRax;
    m.ia32 = number != m.number && number < 512 && ia32Syscall(number) == m.number;
    if (number != m.number && !m.ia32) return;
    const std::vector<u8> code = peek(machine, regs.rip - 2, 2, task.mm);
    if (code.size() == 2) {
        m.instruction = QStringLiteral("%1 %2").arg(hexDigits(code[0], 2), hexDigits(code[1], 2));
        m.ia32 = code[0] == 0xcd && code[1] == 0x80;
    }
    m.askedNumber = number;
    m.rip = regs.rip;
    for (std::size_t i = std::size(kNames); i-- > 0;) {
        SavedRegister r;
        r.offset = static_cast<u32>(i * 8), r.address = base + i * 8;
        std::memcpy(&r.value, raw.data() + i * 8, 8);
        r.name = QLatin1String(kNames[i]);
        for (std::size_t b = 0; b < 8; ++b)
            r.bytes += (b ? QStringLiteral(" ") : QString()) + hexDigits(raw[i * 8 + b], 2);
        r.what = whatOf(r.name, m.ia32);
        m.saved.push_back(std::move(r));
    }
}

// The kernel functions of the call, when the last step ran them.
void readPath(SyscallsModel& m, const Snapshot& snapshot) {
    std::vector<std::size_t> open;
    bool inside = false;
    for (const Event& e : snapshot.recent) {
        if (e.kind == EventKind::SyscallEnter && e.tick == m.tick && e.pid == m.pid) inside = true;
        if (e.kind == EventKind::CallEnter) {
            open.push_back(m.path.size());
            m.path.push_back({static_cast<int>(e.depth), qs(e.text), 0});
        } else if (e.kind == EventKind::CallExit && !open.empty()) {
            m.path[open.back()].cycles = e.args[0];
            if (open.size() == 1) m.pathCycles += e.args[0];
            open.pop_back();
        }
    }
    if (!inside) m.path.clear(), m.pathCycles = 0;
}

u64 gateOffset(const Machine& machine, int vector) {
    const std::vector<u8> raw = peek(machine, machine.cpu.regs.idtr.base + static_cast<u64>(vector) * 16, 16);
    if (raw.size() < 16) return 0;
    u64 low, high;
    std::memcpy(&low, raw.data(), 8);
    std::memcpy(&high, raw.data() + 8, 8);
    return (low & 0xffff) | (low >> 48 << 16) | (high << 32);
}

}  // namespace

SyscallsModel buildSyscalls(const Snapshot& snapshot, const ViewOptions& options) {
    SyscallsModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    const i32 only = options.selection.kind == SubjectKind::Task ? options.selection.pid : 0;
    // The last call that began, of the selected task if one is selected; and its end, if that has come.
    const Event *call = nullptr, *answer = nullptr;
    const EventLog& events = snapshot.events;
    const std::size_t end = events.firstAfter(machine.cpu.tick);
    const std::size_t began =
        events.lastBefore(end, RunUntil::bit(EventKind::SyscallEnter), only != 0 ? std::optional(only) : std::nullopt);
    if (began == events.size()) return m;
    call = &events[began];
    if (const std::size_t i = events.firstFrom(began, RunUntil::bit(EventKind::SyscallExit), call->pid); i < end)
        answer = &events[i];
    m.hasCall = true;
    m.number = m.askedNumber = call->args[0];
    m.name = systemCallName(m.number);
    m.handler = QStringLiteral("__x64_sys_") + m.name;
    m.pid = call->pid, m.tick = call->tick;
    const Task* task = taskByPid(machine, m.pid);
    m.task = task ? taskText(*task) : Words::tr("PID %1").arg(m.pid);
    if (task) readSaved(m, machine, *task);
    std::array<u64, 6> values{call->args[1], call->args[2], call->args[3], call->args[4], call->args[5], 0};
    for (const SavedRegister& r : m.saved)
        if (r.name == QLatin1String(m.ia32 ? "bp" : "r9")) values[5] = r.value;
    if (task) m.arguments = syscallArguments(machine, *task, m.number, values, m.ia32);
    if (m.ia32) {
        m.entry = gateOffset(machine, 0x80);
        m.handler = QStringLiteral("ia32_sys_call_table[%1]").arg(m.askedNumber);
    } else {
        m.entry = machine.cpu.regs.lstar;
    }
    for (const auto& [name, address] : kernelSymbols())
        if (address == m.entry) m.entryName = qs(name);
    readPath(m, snapshot);
    m.inKernel = !answer;
    if (answer) {
        m.rawResult = answer->args[1];
        const i64 result = static_cast<i64>(m.rawResult);
        m.failed = result < 0 && result >= -4095;
        m.result = qs(describeResult(m.number, result));
        m.callCycles = answer->cycles - call->cycles;
    }
    return m;
}

TextTwin twin(const SyscallsModel& m) {
    TextTwin root(Words::tr("System call"));
    if (!m.hasCall) return root;
    root.value = Words::tr("%1, number %2, by %3: %4")
                     .arg(m.name)
                     .arg(m.askedNumber)
                     .arg(m.task, m.inKernel ? Words::tr("in the kernel") : m.result);
    TextTwin& arguments = root.add(Words::tr("Arguments"));
    for (const SyscallArgument& a : m.arguments) {
        TextTwin& node = arguments.add(QStringLiteral("%1 %2").arg(a.reg, a.name),
                                       a.value + (a.type.isEmpty() ? QString() : QStringLiteral(" → ") + a.type) +
                                           (a.text.isEmpty() ? QString() : QLatin1Char(' ') + a.text),
                                       false, a.link);
        for (const PointedField& f : a.pointed) node.add(f.name, f.value, false, Subject::address(f.address, m.pid));
    }
    root.add(m.ia32 ? QStringLiteral("IDT[0x80]") : QStringLiteral("IA32_LSTAR"),
             QStringLiteral("%1 %2").arg(hex(m.entry), m.entryName), false, Subject::instruction(m.entry));
    TextTwin& saved = root.add(QStringLiteral("pt_regs"),
                               m.saved.empty() ? Words::tr("overwritten since") : hex(m.saved.back().address));
    for (const SavedRegister& r : m.saved)
        saved.add(QStringLiteral("+%1 %2").arg(hex(r.offset), r.name),
                  QStringLiteral("%1 = %2").arg(r.bytes, hex(r.value)), false, Subject::address(r.address));
    TextTwin& path = root.add(
        Words::tr("Handler"),
        QStringLiteral("%1, %2").arg(m.handler, m.path.empty() ? Words::tr("step into the call to see its path")
                                                               : Words::tr("%1 cycles").arg(m.pathCycles)));
    for (const PathRow& r : m.path)
        path.add(QString(r.depth * 2, QLatin1Char(' ')) + r.name, Words::tr("%1 cycles").arg(r.cycles));
    root.add(m.ia32 ? QStringLiteral("IRETQ") : QStringLiteral("SYSRETQ"),
             m.inKernel ? Words::tr("not yet") : QStringLiteral("RAX = %1 (%2)").arg(hex(m.rawResult), m.result));
    return root;
}

}  // namespace ringside
