#include "core/session/condition.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fmt/format.h>

#include "core/machine/edits.h"

namespace ringside {
namespace {

std::string_view trim(std::string_view s) {
    while (!s.empty() && std::isspace(static_cast<unsigned char>(s.front()))) s.remove_prefix(1);
    while (!s.empty() && std::isspace(static_cast<unsigned char>(s.back()))) s.remove_suffix(1);
    return s;
}

// Longer ones first: "<" begins "<=".
constexpr std::array<std::string_view, 6> kComparisons{"==", "!=", "<=", ">=", "<", ">"};

}  // namespace

Expected<Condition::Side> Condition::parseSide(std::string_view text) {
    text = trim(text);
    Side side;
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hex ? text.substr(2) : text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), side.number, hex ? 16 : 10);
    if (error == std::errc{} && end == digits.data() + digits.size() && !digits.empty()) return side;
    for (char c : text) side.reg += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::vector<std::string_view> names = changeableRegisters();
    if (std::ranges::find(names, side.reg) == names.end())
        return fail(fmt::format("\"{}\" is neither a number nor a register, as in: rdi == 5 && rax < 0x1000", text));
    return side;
}

Expected<Condition> Condition::parse(std::string_view text) {
    Condition condition;
    text = trim(text);
    condition.m_text = text;
    while (!text.empty()) {
        const std::size_t at = text.find("&&");
        const std::string_view part = text.substr(0, at);
        text = at == text.npos ? std::string_view{} : text.substr(at + 2);
        if (at != text.npos && trim(text).empty()) return fail("a comparison is missing behind \"&&\"");
        const auto comparison = std::ranges::find_if(kComparisons, [&](auto c) { return part.find(c) != part.npos; });
        if (comparison == kComparisons.end())
            return fail(fmt::format("\"{}\" compares nothing: write for example rdi == 5", trim(part)));
        const std::size_t where = part.find(*comparison);
        auto left = parseSide(part.substr(0, where)), right = parseSide(part.substr(where + comparison->size()));
        if (!left) return std::unexpected(left.error());
        if (!right) return std::unexpected(right.error());
        condition.m_terms.push_back({std::move(*left), std::string(*comparison), std::move(*right)});
    }
    return condition;
}

u64 Condition::Side::in(const Machine& machine) const { return reg.empty() ? number : *registerValue(machine, reg); }

bool Condition::holds(const Machine& machine) const {
    return std::ranges::all_of(m_terms, [&](const Term& t) {
        const u64 a = t.left.in(machine), b = t.right.in(machine);
        if (t.comparison == "==") return a == b;
        if (t.comparison == "!=") return a != b;
        if (t.comparison == "<") return a < b;
        if (t.comparison == "<=") return a <= b;
        if (t.comparison == ">") return a > b;
        return a >= b;
    });
}

}  // namespace ringside
