// What the user handed us wrong: a sentence that names the file, the place and the rule.
#pragma once

#include <expected>
#include <string>

namespace ringside {

struct Error {
    std::string sentence;
};

template <class T>
using Expected = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string sentence) { return std::unexpected(Error{std::move(sentence)}); }

}  // namespace ringside
