#include "core/devices/keys.h"

#include <charconv>

#include "core/base/types.h"

namespace ringside {

Expected<std::string> keysFromText(std::string_view text) {
    std::string keys;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            keys += text[i] == '\n' ? '\r' : text[i];
            continue;
        }
        const char c = ++i < text.size() ? text[i] : '\0';
        unsigned byte = 0;
        const char* digits = text.data() + i + 1;
        if (c == 'n') {
            keys += '\r';
        } else if (c == 'e') {
            keys += '\033';
        } else if (c == 't') {
            keys += '\t';
        } else if (c == '\\') {
            keys += '\\';
        } else if (c == 'x' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
            keys += static_cast<char>(byte);
            i += 2;
        } else {
            return fail(R"(text, with \n for Enter, \e Esc, \t Tab, \xHH any byte, \\ a backslash)");
        }
    }
    return keys;
}

}  // namespace ringside
