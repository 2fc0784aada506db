#include "widgets/syscalls/syscalls.h"

#include <algorithm>

#include "core/kernel/syscalls/describe.h"
#include "core/kernel/syscalls/table.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr std::size_t kLines = 400;

}  // namespace

SyscallsModel buildSyscalls(const Snapshot& snapshot, const ViewOptions& options) {
    SyscallsModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    m.loaded = true;
    const i32 only = options.selection.kind == SubjectKind::Task ? options.selection.pid : 0;
    const Tick now = machine.cpu.tick;
    // The last ones around now: those that lie ahead (after going back) are shown too, dimmed.
    std::size_t begin = snapshot.events.firstAfter(now);
    std::size_t seen = 0;
    while (begin > 0 && seen < kLines) {
        --begin;
        if (snapshot.events[begin].kind == EventKind::SyscallEnter) ++seen;
    }
    std::map<i32, std::size_t> open;
    const Event* call = nullptr;
    const Event* answer = nullptr;
    for (std::size_t i = begin; i < snapshot.events.size() && m.lines.size() < 2 * kLines; ++i) {
        const Event& e = snapshot.events[i];
        if (only != 0 && e.pid != only) continue;
        if (e.kind == EventKind::SyscallEnter) {
            open[e.pid] = m.lines.size();
            QString text = qs(e.text);
            if (text.isEmpty()) text = systemCallName(e.args[0]);
            m.lines.push_back({e.tick, e.pid, text, QString(), false, true});
            if (e.tick <= now) call = &e, answer = nullptr, m.nowLine = m.lines.size();
        } else if (e.kind == EventKind::SyscallExit) {
            auto it = open.find(e.pid);
            if (it == open.end()) continue;
            SyscallLine& line = m.lines[it->second];
            const i64 result = static_cast<i64>(e.args[1]);
            line.result = qs(describeResult(e.args[0], result));
            line.failed = result < 0 && result > -4096;
            line.open = false;
            if (!e.text.empty()) line.text = qs(e.text);
            if (call && call->pid == e.pid && e.tick <= now) answer = &e;
            open.erase(it);
        }
    }
    if (call) {
        m.hasCall = true;
        m.number = call->args[0];
        m.name = systemCallName(m.number);
        m.pid = call->pid;
        static constexpr const char* kOrder[] = {"RDI", "RSI", "RDX", "R10", "R8"};
        const SyscallRow* row = findSyscall(m.number);
        for (std::size_t i = 0; i < std::size(kOrder); ++i)
            if (!row || row->args[i] != Arg::None)
                m.registers.emplace_back(QLatin1String(kOrder[i]), hex(call->args[i + 1]));
        m.lstar = hex(machine.cpu.regs.lstar);
        m.inKernel = !answer;
        if (answer) m.result = qs(describeResult(m.number, static_cast<i64>(answer->args[1])));
    }
    return m;
}

TextTwin twin(const SyscallsModel& m) {
    TextTwin root(Words::tr("System calls"));
    if (m.hasCall) {
        TextTwin& call = root.add(Words::tr("%1, number %2, by PID %3").arg(m.name).arg(m.number).arg(m.pid),
                                  m.inKernel ? Words::tr("in the kernel") : m.result);
        for (const auto& [name, value] : m.registers) call.add(name, value, false, Subject::reg(name));
        call.add(QStringLiteral("IA32_LSTAR"), m.lstar);
    }
    TextTwin& list = root.add(Words::tr("Calls"));
    for (const SyscallLine& line : m.lines)
        list.add(QStringLiteral("%1 [%2] %3").arg(countText(line.tick)).arg(line.pid).arg(line.text), line.result,
                 false, Subject::event(line.tick, 0));
    return root;
}

Scene paint(const SyscallsModel& m, const StylePtr& style, QSizeF size) {
    Scene s(style, size);
    if (!m.loaded || m.lines.empty()) {
        s.empty(m.loaded ? Words::tr("No system call has been made yet. Go to the next system call to see the program "
                                     "ask the kernel for something.")
                         : Words::tr("No program is loaded. Open one and go to its first system call."));
        return s;
    }
    const Theme& theme = s.theme();
    const double g = style->grid, row = style->row(), margin = g * 1.5, width = size.width() - 2 * margin;
    double y = margin;
    if (m.hasCall) {
        y += s.heading({margin, y}, width, m.name, Words::tr("number %1, asked by PID %2").arg(m.number).arg(m.pid)) +
             g * 0.5;
        // User registers → SYSCALL → entry stub → table → result, left to right, the border between the rings drawn.
        struct Box {
            QString title;
            std::vector<QString> lines;
            QString what;
            Role role;
        };
        std::vector<Box> boxes;
        Box user{
            Words::tr("user registers"),
            {QStringLiteral("RAX %1").arg(m.number)},
            Words::tr("The number of the call goes into RAX, up to six arguments into RDI, RSI, RDX, R10, R8 and R9."),
            Role::User};
        for (const auto& [name, value] : m.registers)
            user.lines.push_back(QStringLiteral("%1 %2").arg(name, -3).arg(value));
        boxes.push_back(user);
        boxes.push_back({QStringLiteral("SYSCALL"),
                         {Words::tr("RIP → RCX"), Words::tr("RFLAGS → R11"), Words::tr("LSTAR → RIP"), m.lstar},
                         Words::tr("The instruction saves RIP in RCX and RFLAGS in R11 and jumps to the address in the "
                                   "MSR IA32_LSTAR, now in ring 0. It touches no memory."),
                         Role::Fault});
        boxes.push_back({Words::tr("entry stub"),
                         {QStringLiteral("swapgs"), Words::tr("kernel stack"), QStringLiteral("push pt_regs")},
                         Words::tr("The kernel's stub switches to the task's kernel stack and pushes all user "
                                   "registers there: struct pt_regs."),
                         Role::Kernel});
        boxes.push_back({QStringLiteral("do_syscall_64"),
                         {QStringLiteral("sys_call_table[%1]").arg(m.number), QStringLiteral("= sys_%1").arg(m.name)},
                         Words::tr("The number chooses the handler in the table."),
                         Role::Kernel});
        boxes.push_back({QStringLiteral("SYSRET"),
                         {m.inKernel ? Words::tr("not yet") : QStringLiteral("RAX"),
                          m.inKernel ? Words::tr("still in the kernel") : m.result.section(QLatin1Char(' '), 0, 1)},
                         Words::tr("The result goes back in RAX; between -4095 and -1 it is an error number."),
                         m.inKernel ? Role::Kernel : Role::User});
        std::size_t most = 0;
        for (const Box& b : boxes) most = std::max(most, b.lines.size());
        const double gap = 2.5 * g,
                     w = (width - gap * static_cast<double>(boxes.size() - 1)) / static_cast<double>(boxes.size()),
                     h = style->lineHeight(Font::Strong) + static_cast<double>(most) * row * 0.9 + g * 1.5;
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            const Box& b = boxes[i];
            const QRectF box(margin + static_cast<double>(i) * (w + gap), y, w, h);
            s.hatched(box, theme.fill(b.role), theme.color(b.role),
                      b.role == Role::Kernel ? Hatch::Diagonal : Hatch::None, theme.color(Role::Line));
            const QColor ink = theme.inkOn(theme.fill(b.role));
            s.text(QRectF(box.x() + g, box.y() + g * 0.5, w - 1.5 * g, style->lineHeight(Font::Strong)), b.title,
                   Font::Strong, ink);
            double ly = box.y() + g * 0.7 + style->lineHeight(Font::Strong);
            for (const QString& line : b.lines) {
                s.text(QRectF(box.x() + g, ly, w - 1.5 * g, row * 0.9), line, Font::MonoSmall, ink);
                ly += row * 0.9;
            }
            s.spot(box, QStringLiteral("station.%1").arg(i), b.title, b.what);
            if (i + 1 < boxes.size())
                s.line({QPointF(box.right() + g * 0.3, box.center().y()),
                        QPointF(box.right() + gap - g * 0.3, box.center().y())},
                       theme.color(Role::Ink), i == 3 && m.inKernel ? Arrow::HollowEnd : Arrow::End);
        }
        y += h + 1.5 * g;
    }
    y += s.heading({margin, y}, width, Words::tr("All calls"), Words::tr("click goes there in time"));
    const double tickW = style->width(Font::MonoSmall, countText(m.lines.back().tick)) + 2 * g,
                 pidW = style->width(Font::MonoSmall, QStringLiteral("00000")) + g;
    // The call at hand stays in sight: lines around it.
    const std::size_t fit = static_cast<std::size_t>(std::max(6.0, (size.height() - y - margin) / row));
    std::size_t first = m.nowLine > fit * 3 / 4 ? m.nowLine - fit * 3 / 4 : 0;
    first = std::min(first, m.lines.size() > fit ? m.lines.size() - fit : 0);
    for (std::size_t i = first; i < std::min(m.lines.size(), first + fit); ++i) {
        const SyscallLine& line = m.lines[i];
        const QRectF rect(margin, y, width, row);
        const bool current = i + 1 == m.nowLine, future = i >= m.nowLine;
        if (current) s.box(rect, theme.fill(Role::User), theme.color(Role::User));
        const QColor ink =
            current ? theme.inkOn(theme.fill(Role::User)) : theme.color(future ? Role::Muted : Role::Ink);
        s.text(QRectF(margin, y, tickW - g, row), countText(line.tick), Font::MonoSmall,
               current ? ink : theme.color(Role::Muted), Qt::AlignRight | Qt::AlignVCenter);
        s.mark({margin + tickW, y + row / 2}, Theme::taskMark(line.pid), theme.task(line.pid), g);
        s.text(QRectF(margin + tickW + g, y, pidW, row), QString::number(line.pid), Font::MonoSmall, ink);
        const QString result = line.open ? Words::tr("…") : line.result;
        const double resultW = std::min(width * 0.35, style->width(Font::Mono, QStringLiteral("= ") + result) + g);
        s.text(QRectF(margin + tickW + g + pidW, y, width - tickW - pidW - resultW - 2 * g, row), line.text, Font::Mono,
               ink);
        s.text(QRectF(rect.right() - resultW, y, resultW, row), QStringLiteral("= ") + result, Font::Mono,
               line.failed && !current ? theme.color(Role::Kernel) : ink);
        Spot& spot = s.spot(
            rect, QStringLiteral("call.%1").arg(i), line.text,
            Words::tr("%1 = %2, by PID %3 at tick %4.").arg(line.text, result).arg(line.pid).arg(countText(line.tick)),
            Subject::event(line.tick, 0));
        spot.click = {Command::Kind::Seek, line.tick, {}};
        y += row;
    }
    s.growTo(size.width(), y + margin * 0.5);
    return s;
}

}  // namespace ringside
