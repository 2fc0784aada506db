// `ringside [PROGRAM [ARG…]]`: the explorer.
#pragma once

namespace ringside {

struct Options;

int windowCommand(const Options& options, int& argc, char** argv);

}  // namespace ringside
