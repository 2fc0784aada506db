// Reads a whole file of the host, with a sentence when that can not be done.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/types.h"

namespace ringside {

// Regular files only: a directory, a device or a pipe is turned away (a pipe could block for ever).
Expected<std::vector<u8>> readHostFile(const std::string& path);

}  // namespace ringside
