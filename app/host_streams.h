// Our stdin, stdout and stderr as the far end of the guest's console. When stdin and stdout both are a terminal, the
// guest has one too: ours is put into raw mode, so that the guest's own line discipline does the echoing.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>

#include "core/machine/machine.h"

namespace ringside {

class HostStreams {
 public:
    HostStreams();
    ~HostStreams();
    HostStreams(const HostStreams&) = delete;
    HostStreams& operator=(const HostStreams&) = delete;

    bool terminal() const { return m_terminal; }

    // What has arrived on stdin, as what it does to a machine; empty: nothing.
    using Arrival = std::function<void(Machine&)>;
    Arrival arrived(const Machine& machine) { return take(machine, 0); }
    // The same, waiting for it; at most so long.
    Arrival arriving(const Machine& machine) { return take(machine, -1); }
    Arrival arriving(const Machine& machine, u64 nanoseconds) {
        return take(machine, static_cast<int>(std::min<u64>(nanoseconds / 1'000'000, std::numeric_limits<int>::max())));
    }
    // Whether somebody has pressed keys at a terminal.
    bool typedAt() const { return m_terminal && m_typed; }
    // Writes what the guest has written since the last call. False: our own stdout or stderr is gone.
    bool flush(const Machine& machine);

 private:
    Arrival take(const Machine& machine, int waitMilliseconds);

    bool m_terminal = false;
    bool m_inputOver = false, m_typed = false;
    u64 m_outputDone = 0, m_errorDone = 0;
};

}  // namespace ringside
