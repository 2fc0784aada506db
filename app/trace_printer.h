// The events of a run as lines: system calls as strace(1) prints them, everything else by its row; or one JSON object a
// line. A call that does not return before somebody else's line is printed as unfinished and resumed, as strace does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/options.h"
#include "core/trace/event.h"

namespace ringside {

class TracePrinter {
 public:
    TracePrinter(u64 kinds, TraceFormat format) : m_kinds(kinds), m_format(format) {}

    // The lines that these events make, in order; events of other kinds make none.
    std::string lines(const std::vector<Event>& events);
    // What is left at the end: calls that never returned.
    std::string finish();

    static std::string json(const Event& event);

 private:
    void text(const Event& event, std::string& out);
    void interrupt(std::string& out);

    u64 m_kinds;
    TraceFormat m_format;
    struct Call {
        std::string text;
        bool printed = false;  // as unfinished
    };
    std::map<i32, Call> m_open;  // by pid
    i32 m_last = 0;              // whose call was entered last and is not yet printed; 0: none
};

}  // namespace ringside
