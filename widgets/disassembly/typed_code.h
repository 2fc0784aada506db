// Machine code as a person types it: bytes, text in quotes, or assembly. Bytes and assembly are two spellings of the
// same thing; Capstone reads the one as the other, and GNU as, where it is installed, writes it back.
#pragma once

#include <QString>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/base/types.h"

namespace ringside {

// "b8 05 00 00 00", "b805000000", "\"text\""; nothing when it is something else.
std::optional<std::vector<u8>> bytesFromText(const QString& text);

// The same, or else assembly in Intel's syntax, instructions separated by ";", as if it stood at `address`. Starts as
// and ld and waits for them. The error is a sentence.
Expected<std::vector<u8>> codeFromText(const QString& text, u64 address);

}  // namespace ringside
