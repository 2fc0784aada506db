// A static program, instruction by instruction on the host and in the machine: registers, flags and x87 and SSE state
// must be the same after each. System calls are executed by the machine only; their results, and what they wrote, are
// put into the real process. So are CPUID and RDTSC. A page fault, a timer interrupt or another task in between leaves
// no trace in the program, and must not.
//
//     ringside_lockstep [--instructions N] PROGRAM [ARG…]
//
// Ends with 0 when all agree, 1 when not, 77 (skipped) where the host does not allow ptrace.
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/cpu/insn/decode.h"
#include "core/kernel/mm/special_mapping.h"
#include "core/machine/machine.h"
#include "tests/differential/simulated.h"
#include "tests/differential/tracee.h"

using namespace ringside;
using namespace ringside::sandbox;

namespace {

constexpr int kSkipped = 77;

class Lockstep {
 public:
    Lockstep(Machine& machine, Tracee& tracee) : m_machine(machine), m_tracee(tracee) {}

    // The sentence that says where the two parted, or nothing.
    std::string run(u64 instructions) {
        if (!begin()) return "the machine never came to the program's first instruction";
        for (; m_count < instructions; ++m_count) {
            if (!stepOne()) return m_trouble;
            if (m_ended) break;
        }
        return compareMemory();
    }
    u64 count() const { return m_count; }
    u64 calls() const { return m_calls; }

 private:
    const Task& task() const { return m_machine.kernel.tasks.at(m_task); }
    const Mm& mm() const { return m_machine.kernel.mms.at(task().mm); }
    bool inProgram() const { return m_machine.cpu.regs.cpl() == 3 && m_machine.kernel.current == m_task; }
    bool tick() {
        if (m_machine.kernel.exitStatus) return false;
        const MachineStop stop = m_machine.step();
        return stop == MachineStop::TickLimit;
    }

    bool begin() {
        const u64 entry = m_tracee.registers().rip;
        for (u64 i = 0; i < 50'000'000; ++i) {
            if (m_machine.cpu.regs.cpl() == 3 && m_machine.cpu.regs.rip == entry) {
                m_task = m_machine.kernel.current;
                putState();
                putMemory();
                return true;
            }
            if (!tick()) return false;
        }
        return false;
    }

    // The machine's user registers, into the process.
    void putState() {
        const Registers& r = m_machine.cpu.regs;
        user_regs_struct regs = m_tracee.registers();
        regs.rax = r.gpr[RAX], regs.rcx = r.gpr[RCX], regs.rdx = r.gpr[RDX], regs.rbx = r.gpr[RBX];
        regs.rsp = r.gpr[RSP], regs.rbp = r.gpr[RBP], regs.rsi = r.gpr[RSI], regs.rdi = r.gpr[RDI];
        regs.r8 = r.gpr[R8], regs.r9 = r.gpr[R9], regs.r10 = r.gpr[R10], regs.r11 = r.gpr[R11];
        regs.r12 = r.gpr[R12], regs.r13 = r.gpr[R13], regs.r14 = r.gpr[R14], regs.r15 = r.gpr[R15];
        regs.rip = r.rip;
        regs.eflags = r.rflags | flag::IF;
        regs.fs_base = r.segment[FS].base, regs.gs_base = r.segment[GS].base;
        m_tracee.setRegisters(regs);
    }

    // Every area of the program exists in the process, and every page the machine has holds the same bytes.
    void putMemory() {
        for (const auto& [start, area] : mm().vmas) {
            for (u64 page = area.start; page < area.end; page += kPageSize) {
                auto ours = pageOf(page);
                if (!ours && area.special == SpecialMapping::Vdso) ours = vdsoPage(page - area.start);
                std::array<u8, kPageSize> theirs;
                const bool there = m_tracee.read(page, theirs);
                // A page of the program that the machine has not touched yet is as the host loaded it.
                if (there && !ours) continue;
                if (!there && m_mapped.insert(page).second) {
                    const u64 arguments[] = {
                        page,    kPageSize, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                        ~u64{0}, 0};
                    m_tracee.call(SYS_mmap, arguments);
                    theirs.fill(0);
                }
                if (ours && *ours != theirs) m_tracee.write(page, *ours);
            }
        }
    }

    // The program parses the vDSO's tables; those of the host are another file.
    static std::array<u8, kPageSize> vdsoPage(u64 offset) {
        std::array<u8, kPageSize> bytes{};
        const auto image = vdsoImage();
        if (offset < image->size())
            std::copy_n(image->begin() + static_cast<std::ptrdiff_t>(offset),
                        std::min<u64>(kPageSize, image->size() - offset), bytes.begin());
        return bytes;
    }

    std::optional<std::array<u8, kPageSize>> pageOf(u64 address) const {
        PagingMode mode = m_machine.cpu.pagingMode();
        mode.cr3 = mm().cr3;
        const Walk w = walk(m_machine.ram, mode, VirtAddr(address));
        if (w.end != WalkEnd::Mapped) return {};
        std::array<u8, kPageSize> bytes;
        m_machine.ram.read(w.phys, bytes);
        return bytes;
    }

    const Decoded& decodedAt(u64 rip) {
        auto [it, fresh] = m_decoded.try_emplace(rip);
        if (fresh) {
            std::array<u8, 15> bytes{};
            std::size_t length = 15;
            while (length > 0 && !m_tracee.read(rip, std::span(bytes).first(length))) --length;
            it->second = decode(std::span(bytes).first(length));
        }
        return it->second;
    }

    bool stepOne() {
        const u64 rip = m_machine.cpu.regs.rip;
        const Decoded& d = decodedAt(rip);
        if (d.row == nullptr) return trouble(rip, "an instruction that we do not decode");
        const std::string_view name = d.row->mnemonic;
        const bool isCall = name == "syscall";
        // One instruction of the program in the machine, whatever comes between.
        for (;;) {
            const bool before = inProgram();
            if (!tick()) {
                m_ended = true;
                return isCall || trouble(rip, "the machine ended inside an instruction");
            }
            if (!inProgram()) continue;
            if (isCall ? m_machine.cpu.regs.rip != rip : before && (m_machine.cpu.regs.rip != rip || d.repeat == 0))
                break;
        }
        if (isCall || name == "cpuid" || name == "rdtsc" || name == "rdtscp" || name == "xgetbv") {
            putState();
            if (isCall) {
                ++m_calls;
                putMemory();
            }
            return true;
        }
        do {
            if (const int signal = m_tracee.step(); signal != 0)
                return trouble(rip, fmt::format("{}: the host got signal {}", name, signal));
        } while (d.repeat != 0 && m_tracee.registers().rip == rip);
        m_undefined = (m_undefined & ~u64{d.row->defined}) | d.row->undefined;
        return compare(rip, name);
    }

    bool compare(u64 rip, std::string_view name) {
        const user_regs_struct host = m_tracee.registers();
        const Registers& ours = m_machine.cpu.regs;
        const unsigned long long theirs[] = {host.rax, host.rcx, host.rdx, host.rbx, host.rsp, host.rbp,
                                             host.rsi, host.rdi, host.r8,  host.r9,  host.r10, host.r11,
                                             host.r12, host.r13, host.r14, host.r15};
        std::string text;
        for (unsigned i = 0; i < 16; ++i)
            if (theirs[i] != ours.gpr[i])
                text += fmt::format(" register {}: host {:x} ours {:x}", i, theirs[i], ours.gpr[i]);
        if (host.rip != ours.rip) text += fmt::format(" rip: host {:x} ours {:x}", host.rip, ours.rip);
        const u64 compared = (flag::kStatus | flag::DF) & ~m_undefined;
        if (((host.eflags ^ ours.rflags) & compared) != 0)
            text += fmt::format(" flags: host {:x} ours {:x} compared {:x}", host.eflags, ours.rflags, compared);
        const user_fpregs_struct fp = m_tracee.floating();
        State image, other;
        takeFx(image, ours);
        std::memcpy(other.fx.data(), &fp, sizeof fp);
        const auto differ = [&](unsigned at, unsigned length) {
            return std::memcmp(image.fx.data() + at, other.fx.data() + at, length) != 0;
        };
        if (differ(fx::kControl, 5)) text += " x87 control, status or tags";
        if (differ(fx::kMxcsr, 4))
            text += fmt::format(" mxcsr: host {:x} ours {:x}", other.get<u32>(fx::kMxcsr), image.get<u32>(fx::kMxcsr));
        for (unsigned i = 0; i < 8; ++i)
            if (differ(fx::kSt + 16 * i, 10)) text += fmt::format(" st{}", i);
        for (unsigned i = 0; i < 16; ++i)
            if (differ(fx::kXmm + 16 * i, 16))
                text += fmt::format(" xmm{}: host {:x}:{:x} ours {:x}:{:x}", i, other.get<u64>(fx::kXmm + 16 * i + 8),
                                    other.get<u64>(fx::kXmm + 16 * i), image.get<u64>(fx::kXmm + 16 * i + 8),
                                    image.get<u64>(fx::kXmm + 16 * i));
        return text.empty() || trouble(rip, fmt::format("{}:{}", name, text));
    }

    std::string compareMemory() {
        if (m_ended) return {};
        for (const auto& [start, area] : mm().vmas) {
            if ((area.flags & vm::Write) == 0) continue;
            for (u64 page = area.start; page < area.end; page += kPageSize) {
                const auto ours = pageOf(page);
                std::array<u8, kPageSize> theirs;
                if (!ours || !m_tracee.read(page, theirs) || *ours == theirs) continue;
                u64 at = 0;
                while ((*ours)[at] == theirs[at]) ++at;
                return fmt::format("after {} instructions memory differs at {:x}: host {:02x} ours {:02x}", m_count,
                                   page + at, theirs[at], (*ours)[at]);
            }
        }
        return {};
    }

    bool trouble(u64 rip, const std::string& what) {
        m_trouble = fmt::format("instruction {} at {:x}: {}", m_count, rip, what);
        return false;
    }

    Machine& m_machine;
    Tracee& m_tracee;
    TaskId m_task;
    std::map<u64, Decoded> m_decoded;
    std::set<u64> m_mapped;
    u64 m_count = 0, m_calls = 0, m_undefined = 0;
    bool m_ended = false;
    std::string m_trouble;
};

}  // namespace

int main(int argc, char** argv) {
    u64 instructions = 100'000;
    int at = 1;
    if (argc > 3 && std::strcmp(argv[1], "--instructions") == 0) {
        std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), instructions);
        at = 3;
    }
    if (at >= argc) {
        fmt::print(stderr, "Which program? See the first lines of lockstep.cpp.\n");
        return 2;
    }
    const std::filesystem::path program = std::filesystem::absolute(argv[at]);
    if (!std::filesystem::exists(program)) {
        fmt::print("Skipped: {} is not here\n", program.string());
        return kSkipped;
    }
    auto tracee = Tracee::start(program.string());
    if (!tracee) {
        fmt::print("Skipped: {}\n", tracee.error().sentence);
        return kSkipped;
    }
    MachineOptions options = desktopProfile();
    options.kernel.program = "/bin/" + program.filename().string();
    options.kernel.files = {{program.string(), options.kernel.program}};
    options.kernel.arguments.assign(argv + at + 1, argv + argc);
    auto machine = Machine::boot(options);
    if (!machine) {
        fmt::print("{}: {}\n", program.string(), machine.error().sentence);
        return 1;
    }
    Lockstep lockstep(*machine, *tracee);
    const std::string trouble = lockstep.run(instructions);
    fmt::print("{}: {} instructions and {} system calls in lock step{}{}\n", program.string(), lockstep.count(),
               lockstep.calls(), trouble.empty() ? "" : "; then ", trouble);
    return trouble.empty() ? 0 : 1;
}
