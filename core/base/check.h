// CHECK: what we got wrong ourselves. Stays on in release; throws, so that the session can report it and go on.
#pragma once

#include <stdexcept>
#include <string>

namespace ringside {

struct CheckFailed : std::logic_error {
    using std::logic_error::logic_error;
};

[[noreturn]] inline void checkFailed(const char* what, const char* file, int line) {
    throw CheckFailed(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

}  // namespace ringside

#define CHECK(condition) \
    (__builtin_expect(!!(condition), 1) ? (void)0 : ::ringside::checkFailed(#condition, __FILE__, __LINE__))
