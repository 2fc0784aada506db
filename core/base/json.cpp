#include "core/base/json.h"

#include <cmath>
#include <fmt/format.h>

namespace ringside {

namespace {

// Length of the well-formed UTF-8 sequence at `i`, zero when there is none.
std::size_t sequenceAt(std::string_view text, std::size_t i) {
    const auto byte = [&](std::size_t k) { return i + k < text.size() ? static_cast<u8>(text[i + k]) : u8{0}; };
    const u8 first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first >= 0x80 && (first < 0xc2 || first > 0xf4)) return 0;
    for (std::size_t k = 1; k < length; ++k)
        if ((byte(k) & 0xc0) != 0x80) return 0;
    const bool wrong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                       (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
    return wrong ? 0 : length;
}

}  // namespace

std::string jsonString(std::string_view text) {
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        const std::size_t length = sequenceAt(text, i);
        if (length == 0) {
            out += "\xef\xbf\xbd";
            ++i;
            continue;
        }
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (static_cast<u8>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04x}", static_cast<u8>(c));
        else
            out.append(text.substr(i, length));
        i += length;
    }
    return out += '"';
}

void JsonWriter::separate() {
    if (m_afterKey) {
        m_afterKey = false;
        return;
    }
    if (m_hasItems.empty()) return;
    if (m_hasItems.back()) m_text += m_style == Style::OneLine ? ", " : ",";
    m_hasItems.back() = true;
    if (m_style == Style::Indented) m_text.append(1, '\n').append(2 * m_hasItems.size(), ' ');
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    (m_text += jsonString(name)) += ": ";
    m_afterKey = true;
    return *this;
}

JsonWriter& JsonWriter::value(double number) { return std::isfinite(number) ? raw(fmt::format("{}", number)) : null(); }

JsonWriter& JsonWriter::hex(u64 number) { return raw(fmt::format("\"{:#x}\"", number)); }

JsonWriter& JsonWriter::begin(char bracket) {
    separate();
    m_text += bracket;
    m_hasItems.push_back(false);
    return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
    const bool filled = m_hasItems.back();
    m_hasItems.pop_back();
    if (filled && m_style == Style::Indented) m_text.append(1, '\n').append(2 * m_hasItems.size(), ' ');
    m_text += bracket;
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view text) {
    separate();
    m_text += text;
    return *this;
}

}  // namespace ringside
