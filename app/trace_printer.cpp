#include "app/trace_printer.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/kernel/names.h"
#include "core/kernel/syscalls/describe.h"

namespace ringside {

namespace {

std::string prefix(const Event& event) { return fmt::format("[pid {:>3}] ", event.pid); }

std::string nameOf(u64 number) {
    const std::string_view name = syscallName(number);
    return name.empty() ? fmt::format("syscall_{:#x}", number) : std::string(name);
}

// Old events may carry no text: the call is then its number and raw arguments.
std::string callOf(const Event& event) {
    if (!event.text.empty()) return event.text;
    return fmt::format("{}({:#x}, {:#x}, {:#x}, {:#x}, {:#x})", nameOf(event.args[0]), event.args[1], event.args[2],
                       event.args[3], event.args[4], event.args[5]);
}

}  // namespace

std::string TracePrinter::json(const Event& event) {
    const EventRow& row = rowOf(event.kind);
    JsonWriter w;
    w.beginObject().field("tick", event.tick).field("cycles", event.cycles).field("pid", event.pid);
    w.field("event", row.name);
    for (std::size_t i = 0; i < row.fields.size() && !row.fields[i].empty(); ++i) {
        const std::string_view field = row.fields[i];
        if (field.starts_with("x:"))
            w.hexField(field.substr(2), event.args[i]);
        else
            w.field(field, static_cast<i64>(event.args[i]));
    }
    if (event.kind == EventKind::SyscallEnter || event.kind == EventKind::SyscallExit) {
        w.field("name", nameOf(event.args[0]));
        if (event.kind == EventKind::SyscallExit)
            w.field("returns", describeResult(event.args[0], static_cast<i64>(event.args[1])));
    }
    if (!event.text.empty()) w.field("text", event.text);
    return w.endObject().text();
}

// Somebody else speaks: the call that waits for its result goes out as it is.
void TracePrinter::interrupt(std::string& out) {
    if (m_last == 0) return;
    Call& call = m_open[m_last];
    call.printed = true;
    out += fmt::format("[pid {:>3}] {} <unfinished ...>\n", m_last, call.text);
    m_last = 0;
}

void TracePrinter::text(const Event& event, std::string& out) {
    switch (event.kind) {
        case EventKind::SyscallEnter:
            interrupt(out);
            m_open[event.pid] = {callOf(event), false};
            m_last = event.pid;
            return;
        case EventKind::SyscallExit: {
            const std::string result = describeResult(event.args[0], static_cast<i64>(event.args[1]));
            const auto open = m_open.find(event.pid);
            if (m_last != event.pid) interrupt(out);
            m_last = 0;
            if (open == m_open.end() || open->second.printed)
                out += prefix(event) + fmt::format("<... {} resumed> = {}\n", nameOf(event.args[0]), result);
            else
                out += prefix(event) +
                       fmt::format("{} = {}\n", event.text.empty() ? open->second.text : event.text, result);
            if (open != m_open.end()) m_open.erase(open);
            return;
        }
        case EventKind::Exit: {
            const auto open = m_open.find(event.pid);
            if (m_last == event.pid && open != m_open.end()) {
                out += prefix(event) + open->second.text + " = ?\n";
                m_last = 0;
            }
            interrupt(out);
            if (open != m_open.end()) m_open.erase(open);
            out += prefix(event) + fmt::format("+++ {} +++\n", waitStatusText(static_cast<int>(event.args[0])));
            return;
        }
        case EventKind::SignalDeliver:
            interrupt(out);
            out += prefix(event) + fmt::format("--- {} {{handler={:#x}}} ---\n",
                                               signalName(static_cast<int>(event.args[0])), event.args[1]);
            return;
        default:
            interrupt(out);
            out += prefix(event) + toText(event) + "\n";
            return;
    }
}

std::string TracePrinter::lines(const std::vector<Event>& events) {
    std::string out;
    for (const Event& event : events) {
        if (!(m_kinds & RunUntil::bit(event.kind))) continue;
        if (m_format == TraceFormat::Json)
            out += json(event) + "\n";
        else
            text(event, out);
    }
    return out;
}

std::string TracePrinter::finish() {
    std::string out;
    interrupt(out);
    return out;
}

}  // namespace ringside
