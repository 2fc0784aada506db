// `ringside run` and `ringside trace`: a machine from power-on to the end of the program, with our own stdin, stdout
// and stderr as the guest's.
#pragma once

namespace ringside {

struct Options;

// The exit status: the guest's own, 128+N when signal N killed it, kExitLimit, kExitError.
int runCommand(const Options& options);

}  // namespace ringside
