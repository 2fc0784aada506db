// The families of instructions. Each has a file with its rows and its handlers; table.cpp puts them together. A new
// family is one declaration and one entry here.
#pragma once

#include <array>
#include <span>

#include "core/cpu/insn/insn.h"

namespace ringside {

inline constexpr std::array<std::span<const Row> (*)(), 0> kFamilies{};

}  // namespace ringside
