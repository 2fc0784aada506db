// Writes JSON, one value at a time, into a string. Numbers are exact; addresses go in as "0x…" strings because readers
// keep numbers as doubles. Text that is not UTF-8 gets U+FFFD for each byte that is not.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace ringside {

// With its quotes.
std::string jsonString(std::string_view text);

class JsonWriter {
 public:
    enum class Style { OneLine, Indented };
    explicit JsonWriter(Style style = Style::OneLine) : m_style(style) {}

    JsonWriter& beginObject() { return begin('{'); }
    JsonWriter& endObject() { return end('}'); }
    JsonWriter& beginArray() { return begin('['); }
    JsonWriter& endArray() { return end(']'); }
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text) { return raw(jsonString(text)); }
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(bool yes) { return raw(yes ? "true" : "false"); }
    JsonWriter& value(double number);
    template <std::integral T>
    requires(!std::same_as<T, bool>) JsonWriter& value(T number) { return raw(std::to_string(number)); }
    JsonWriter& hex(u64 number);  // "0x401000"
    JsonWriter& null() { return raw("null"); }

    template <class T>
    JsonWriter& field(std::string_view name, const T& v) {
        return key(name).value(v);
    }
    JsonWriter& hexField(std::string_view name, u64 number) { return key(name).hex(number); }

    const std::string& text() const { return m_text; }

 private:
    JsonWriter& begin(char bracket);
    JsonWriter& end(char bracket);
    JsonWriter& raw(std::string_view text);
    void separate();

    Style m_style;
    std::string m_text;
    std::vector<bool> m_hasItems;  // of each open object or array
    bool m_afterKey = false;
};

}  // namespace ringside
