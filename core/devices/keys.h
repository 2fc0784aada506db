// Keys as text: \n is Enter, \e Esc, \t Tab, \xHH any byte (\x03: Ctrl-C), \\ a backslash; anything else is itself.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"

namespace ringside {

// The bytes that a terminal sends for them; else what would have been right.
Expected<std::string> keysFromText(std::string_view text);

}  // namespace ringside
