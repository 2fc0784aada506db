// `ringside show VIEW [OPTIONS] PROGRAM [ARG…]`: a view as text, JSON or picture, without a window.
#pragma once

namespace ringside {

struct Options;

int showCommand(const Options& options, int& argc, char** argv);

}  // namespace ringside
