// A sentence of ours that people read, kept as what it was made of, so that a view can say it in another language: a
// pattern with %1, %2 … and the values that go there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringside {

struct Sentence {
    Sentence() = default;
    Sentence(const char* said, std::vector<std::string> with = {}) : pattern(said), values(std::move(with)) {}
    bool empty() const { return pattern.empty(); }
    bool operator==(const Sentence&) const = default;

    std::string_view pattern;  // a literal
    std::vector<std::string> values;
};

// Calls put(text) for each piece of a pattern and of the values, in order.
template <class F>
void eachPiece(std::string_view pattern, const std::vector<std::string>& values, F put) {
    std::size_t from = 0;
    for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
        const auto number = static_cast<std::size_t>(pattern[i + 1] - '1');
        if (pattern[i] != '%' || number >= values.size()) continue;
        put(pattern.substr(from, i - from));
        put(std::string_view(values[number]));
        from = i + 2;
    }
    put(pattern.substr(from));
}

// The sentence in English.
inline std::string toText(const Sentence& sentence) {
    std::string text;
    eachPiece(sentence.pattern, sentence.values, [&](std::string_view piece) { text += piece; });
    return text;
}

inline std::string toText(const std::vector<Sentence>& sentences) {
    std::string text;
    for (const Sentence& one : sentences) text += (text.empty() ? "" : "; ") + toText(one);
    return text;
}

}  // namespace ringside
