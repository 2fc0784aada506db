// What differs between the host's result of a case and ours, as text; empty when they agree.
#pragma once

#include <string>

#include "tests/differential/generator.h"
#include "tests/differential/sandbox.h"

namespace ringside::sandbox {

std::string differences(const Generated& g, const Result& host, const Result& ours);
std::string bytesOf(const Case& c);
// The registers a case begins with, those that its reader needs.
std::string beginningOf(const Case& c);

}  // namespace ringside::sandbox
