// What each stretch of a run wrote and executed, to eight bytes exactly: so that "who last wrote this byte" and "back
// to the breakpoint" re-run only the stretches in which it can have happened. Some kilobytes for millions of ticks;
// kept when the checkpoints in between are thinned out.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/cpu/cpu.h"
#include "core/memory/ram.h"

namespace ringside {

class Footprints {
 public:
    struct Stretch {
        Tick begin = 0, end = 0;            // what the ticks begin … end-1 did
        std::vector<Ram::Written> written;  // by frame
        std::vector<CodeNote> executed;     // by virtual page
    };
    static constexpr Tick kLength = 4'000'000;  // aimed at; doubled when a run gets so long that there are too many
    static constexpr std::size_t kMost = 2048;

    std::size_t size() const { return m_stretches.size(); }
    const Stretch& operator[](std::size_t i) const { return *m_stretches[i]; }
    Tick length() const { return m_length; }

    // Joined with the one before when both together are short. Must begin at or after the end of the last one; what
    // lies in a gap is unknown.
    void append(Stretch stretch);
    void truncateAfter(Tick tick);

    // The latest range of ticks (from, to], to <= `end`, that may hold a write to these bytes (an instruction at one of
    // these addresses); nothing: there is none.
    struct Range {
        Tick from = 0, to = 0;
    };
    std::optional<Range> lastWrite(Tick end, PhysAddr begin, u64 length) const;
    std::optional<Range> lastExecution(Tick end, std::span<const u64> addresses) const;

    u64 bytes() const;

 private:
    template <class May>
    std::optional<Range> last(Tick end, May may) const;

    std::vector<std::shared_ptr<const Stretch>> m_stretches;  // by time; shared with other futures
    Tick m_length = kLength;
};

}  // namespace ringside
