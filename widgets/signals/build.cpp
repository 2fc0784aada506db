#include <algorithm>
#include <cstring>

#include "core/kernel/entry/fpu_state.h"
#include "core/kernel/proc/sigframe.h"
#include "core/kernel/proc/signal.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/signals/signals.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

QString queuedText(const SigInfo& info) {
    QString text = siCodeText(info.signal, info.code);
    if (info.code <= 0 || info.signal == kSigChld) text += Words::tr(" from PID %1").arg(info.pid);
    return text;
}

// The bytes of the frame as fields, in the order they lie in RAM.
struct FrameReader {
    const Machine& machine;
    const Task& task;
    Symbols& symbols;
    u64 base;
    std::vector<u8> bytes;
    std::vector<FrameField> out{};
    QString group{};

    u64 value(u32 offset, u32 size) const {
        u64 v = 0;
        if (offset + size <= bytes.size()) std::memcpy(&v, bytes.data() + offset, size);
        return v;
    }
    FrameField& add(u32 offset, u32 size, const char* name, const QString& what) {
        const u64 v = value(offset, size);
        out.push_back({base + offset, offset, size, group, QLatin1String(name), hex(v), what,
                       Subject::address(base + offset, task.pid(), size)});
        return out.back();
    }

    void read() {
        group = QStringLiteral("rt_sigframe");
        FrameField& restorer =
            add(0, 8, "pretcode", Words::tr("where the handler's RET goes: sa_restorer, which calls rt_sigreturn"));
        restorer.value += QLatin1String("  ") + handlerText(machine, task, value(0, 8), &symbols);
        group = QStringLiteral("ucontext");
        add(8, 8, "uc_flags", Words::tr("UC_SIGCONTEXT_SS and UC_STRICT_RESTORE_SS: SS is saved and put back"));
        add(16, 8, "uc_link", Words::tr("not used by the kernel"));
        add(24, 8, "uc_stack.ss_sp", Words::tr("the alternative signal stack"));
        add(32, 4, "uc_stack.ss_flags", Words::tr("2: no alternative stack; 1: it runs on it"));
        add(40, 8, "uc_stack.ss_size", Words::tr("size of the alternative stack"));
        group = QStringLiteral("sigcontext");
        static constexpr const char* kRegisters[] = {"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "di",
                                                     "si", "bp", "bx",  "dx",  "ax",  "cx",  "sp",  "ip",  "flags"};
        for (u32 i = 0; i < std::size(kRegisters); ++i) {
            FrameField& f =
                add(48 + i * 8, 8, kRegisters[i],
                    Words::tr("the register as it was when the signal came; sigreturn puts it back, changed or not"));
            if (i == 16) {
                f.what = Words::tr("where the program goes on after the handler");
                f.value += QLatin1String("  ") + handlerText(machine, task, value(f.offset, 8), &symbols);
                f.link = Subject::instruction(value(f.offset, 8), task.pid());
            }
        }
        static constexpr const char* kSegments[] = {"cs", "gs", "fs", "ss"};
        for (u32 i = 0; i < 4; ++i)
            add(192 + i * 2, 2, kSegments[i], Words::tr("segment selector; its low two bits are the ring, 3"));
        add(200, 8, "err", Words::tr("error code of the exception that became a signal"));
        add(208, 8, "trapno", Words::tr("its vector: 14 a page fault"));
        add(216, 8, "oldmask", Words::tr("the blocked signals, once more"));
        add(224, 8, "cr2", Words::tr("the address of the last page fault that became a signal"));
        add(232, 8, "fpstate", Words::tr("where the floating point state lies, above this frame")).link =
            Subject::address(value(232, 8), task.pid());
        group = QStringLiteral("ucontext");
        FrameField& mask =
            add(304, 8, "uc_sigmask", Words::tr("the signals that were blocked, and will be again after the handler"));
        mask.value = signalSetText(value(304, 8));
        group = QStringLiteral("siginfo");
        FrameField& signo = add(312, 4, "si_signo", Words::tr("which signal"));
        const int signal = static_cast<int>(value(312, 4));
        if (signal == 0) signo.what = Words::tr("not filled in: the handler was set without SA_SIGINFO");
        if (signal) signo.value += QLatin1String("  ") + nameOfSignal(signal);
        add(316, 4, "si_errno", Words::tr("an error number, mostly 0"));
        FrameField& code =
            add(320, 4, "si_code", Words::tr("why: from a program (0 and below), the kernel or an exception"));
        const i32 si = static_cast<i32>(value(320, 4));
        if (signal) code.value = QString::number(si) + QLatin1String("  ") + siCodeText(signal, si);
        if (signal && si > 0 && si != si::Kernel && signal != kSigChld) {
            add(328, 8, "si_addr", Words::tr("the address that the fault was about"));
        } else if (signal) {
            add(328, 4, "si_pid", Words::tr("who sent it, as the receiver sees its number")).value =
                QString::number(static_cast<i32>(value(328, 4)));
            add(332, 4, "si_uid", Words::tr("on whose behalf")).value = QString::number(value(332, 4));
            add(336, 8, "si_value", Words::tr("what sigqueue sent along; for SIGCHLD the exit status"));
        }
        const u64 fpu = value(232, 8);
        if (fpu <= base || fpu - base + kFxsaveSize > bytes.size()) return;
        const u32 at = static_cast<u32>(fpu - base);
        group = QStringLiteral("fpstate");
        add(at, 2, "cwd", Words::tr("x87 control word"));
        add(at + 2, 2, "swd", Words::tr("x87 status word"));
        add(at + 4, 2, "twd", Words::tr("which x87 registers hold something"));
        add(at + 24, 4, "mxcsr", Words::tr("SSE control and status"));
        for (u32 i = 0; i < 4; ++i) {
            static constexpr const char* kXmm[] = {"xmm0", "xmm1", "xmm2", "xmm3"};
            FrameField& f =
                add(at + 160 + i * 16, 8, kXmm[i], Words::tr("SSE register, all 16 bytes; the other twelve follow"));
            f.size = 16;
            f.value = hexDigits(value(f.offset + 8, 8), 16) + hexDigits(value(f.offset, 8), 16);
        }
    }
};

// The delivery whose handler runs now: delivered and not returned from. Frames nest.
const Event* runningDelivery(const Snapshot& snapshot, const Task& task) {
    int returned = 0;
    const EventLog& events = snapshot.events;
    const u64 mask = RunUntil::bit(EventKind::Exec) | RunUntil::bit(EventKind::SignalReturn) |
                     RunUntil::bit(EventKind::SignalDeliver);
    for (std::size_t i = events.lastBefore(events.firstAfter(snapshot.now->cpu.tick), mask, task.pid());
         i < events.size(); i = events.lastBefore(i, mask, task.pid())) {
        const Event& e = events[i];
        if (e.kind == EventKind::Exec) {
            return nullptr;
        } else if (e.kind == EventKind::SignalReturn) {
            ++returned;
        } else if (e.kind == EventKind::SignalDeliver && e.args[1] > kSigIgn) {
            if (returned == 0) return &e;
            --returned;
        }
    }
    return nullptr;
}

void tellLast(SignalsModel& m, const Snapshot& snapshot, const Task& task) {
    const Machine& machine = *snapshot.now;
    const auto nameOf = [&](i32 pid) {
        const Task* t = taskByPid(machine, pid);
        return t ? taskText(*t) : Words::tr("PID %1").arg(pid);
    };
    const EventLog& events = snapshot.events;
    const u64 sent = RunUntil::bit(EventKind::Signal);
    for (std::size_t i = events.lastBefore(events.firstAfter(machine.cpu.tick), sent); i < events.size();
         i = events.lastBefore(i, sent)) {
        const Event& e = events[i];
        const i32 target = static_cast<i32>(e.args[1]), taker = static_cast<i32>(e.args[4]);
        const Task* t = taskByPid(machine, target);
        if (target != task.pid() && !(t && t->signal == task.signal)) continue;
        const QString name = nameOfSignal(static_cast<int>(e.args[0]));
        const bool group = e.args[3];
        m.sentTick = e.tick;
        m.sent =
            Words::tr("%1 was sent by %2 to %3 (%4).")
                .arg(name, nameOf(e.pid), group ? Words::tr("the process of %1").arg(nameOf(target)) : nameOf(target),
                     siCodeText(static_cast<int>(e.args[0]), static_cast<i32>(e.args[2])));
        if (taker == 0)
            m.rule = group ? Words::tr(
                                 "No thread takes it now: each blocks it, is about to exit, or has another signal to "
                                 "take first. It stays pending for the process.")
                           : (t && t->blocked & sigBit(static_cast<i32>(e.args[0]))
                                  ? Words::tr("%1 blocks it: it stays pending until that ends.")
                                  : Words::tr("%1 had another signal to take first: it stays pending."))
                                 .arg(nameOf(target));
        else if (!group)
            m.rule = Words::tr("It was meant for this one thread, and %1 does not block it.").arg(nameOf(taker));
        else if (taker == target)
            m.rule = Words::tr("complete_signal asks the thread it was sent to first, and %1 does not block it.")
                         .arg(nameOf(taker));
        else
            m.rule =
                Words::tr("%1 does not want it, so complete_signal took the next thread of the process that does: %2.")
                    .arg(nameOf(target), nameOf(taker));
        return;
    }
}

}  // namespace

QString siCodeText(int signal, i32 code) {
    switch (code) {
        case si::User:
            return QStringLiteral("SI_USER");
        case si::Kernel:
            return QStringLiteral("SI_KERNEL");
        case si::Queue:
            return QStringLiteral("SI_QUEUE");
        case si::Timer:
            return QStringLiteral("SI_TIMER");
        case si::TKill:
            return QStringLiteral("SI_TKILL");
        default:
            break;
    }
    const auto pick = [&](std::initializer_list<const char*> names) {
        return code >= 1 && code <= static_cast<i32>(names.size()) ? QString::fromLatin1(names.begin()[code - 1])
                                                                   : QString::number(code);
    };
    switch (signal) {
        case kSigSegv:
            return pick({"SEGV_MAPERR", "SEGV_ACCERR"});
        case kSigBus:
            return pick({"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"});
        case kSigFpe:
            return pick({"FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES",
                         "FPE_FLTINV", "FPE_FLTSUB"});
        case kSigIll:
            return pick({"ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG"});
        case kSigTrap:
            return pick({"TRAP_BRKPT", "TRAP_TRACE"});
        case kSigChld:
            return pick({"CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"});
        default:
            return QString::number(code);
    }
}

SignalsModel buildSignals(const Snapshot& snapshot, const ViewOptions& options) {
    SignalsModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    const Task* task = taskOf(machine, options.selection);
    if (!task) return m;
    Symbols none;
    Symbols& symbols = options.symbols ? *options.symbols : none;
    m.pid = task->pid(), m.name = taskText(*task);
    m.rows = signalRows(machine, *task, snapshot.before.get(), &symbols);
    for (const SigInfo& info : task->pending.queue)
        m.queued.push_back({nameOfSignal(info.signal), queuedText(info), false});
    if (const SignalStruct* group = machine.kernel.signals.find(task->signal)) {
        for (const SigInfo& info : group->shared.queue)
            m.queued.push_back({nameOfSignal(info.signal), queuedText(info), true});
        if (group->threads.size() > 1)
            m.group = Words::tr("one of %n threads", nullptr, static_cast<int>(group->threads.size()));
    }
    tellLast(m, snapshot, *task);
    const Event* delivery = task->exitState == 0 && task->mm.value ? runningDelivery(snapshot, *task) : nullptr;
    if (!delivery) return m;
    m.inHandler = true;
    m.signal = static_cast<int>(delivery->args[0]);
    m.handler = handlerText(machine, *task, delivery->args[1], &symbols);
    m.frame = delivery->args[2];
    m.deliveredTick = delivery->tick;
    // The frame, the room that aligns the floating point state, and that.
    FrameReader reader{machine, *task, symbols, m.frame,
                       peek(machine, m.frame, sizeof(SigFrame) + 64 + kFxsaveSize, task->mm)};
    if (reader.bytes.size() >= sizeof(SigFrame)) reader.read();
    m.fields = std::move(reader.out);
    return m;
}

TextTwin twin(const SignalsModel& m) {
    TextTwin root(
        Words::tr("Signals"),
        m.name.isEmpty() ? QString() : m.name + (m.group.isEmpty() ? QString() : QStringLiteral(", ") + m.group));
    if (!m.loaded) return root;
    if (!m.sent.isEmpty())
        root.add(Words::tr("Last signal"), m.sent + QLatin1Char(' ') + m.rule, false, Subject::event(m.sentTick, 0));
    TextTwin& rows = root.add(Words::tr("By number"));
    for (const SignalRow& r : m.rows) {
        QStringList marks;
        if (r.blocked) marks << Words::tr("blocked");
        if (r.pending) marks << Words::tr("pending");
        if (r.sharedPending) marks << Words::tr("pending for the process");
        marks << actionSentence(r);
        rows.add(QStringLiteral("%1 %2").arg(r.number).arg(r.name), marks.join(QStringLiteral(", ")), r.changed);
    }
    TextTwin& queue = root.add(Words::tr("Queued"), Words::tr("in order of arrival"));
    for (const QueuedSignal& q : m.queued)
        queue.add(q.name, q.text + (q.shared ? Words::tr(", for the process") : Words::tr(", for this thread")));
    TextTwin& frame =
        root.add(Words::tr("Signal frame"),
                 m.inHandler ? Words::tr("%1, handler %2, at %3").arg(nameOfSignal(m.signal), m.handler, hex(m.frame))
                             : Words::tr("no handler runs"));
    for (const FrameField& f : m.fields)
        frame.add(QStringLiteral("+%1 %2.%3").arg(hex(f.offset), f.group, f.name), f.value, false, f.link);
    return root;
}

}  // namespace ringside
