// Machine code as people read it: Capstone behind a small face, and the only place that knows Capstone. What the
// machine executes is decoded by core/cpu's own table, not here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/elf/elf_header.h"

namespace ringside::elf {

enum class Syntax : u8 { Intel, Att };

struct Line {
    u64 address = 0;
    u8 length = 1;         // bytes; 1 for a byte that begins no instruction
    std::string mnemonic;  // "(bad)" for such a byte
    std::string operands;
    bool operator==(const Line&) const = default;
};

class Disassembler {
 public:
    explicit Disassembler(Syntax syntax = Syntax::Intel);
    ~Disassembler();
    Disassembler(Disassembler&&) noexcept;
    Disassembler& operator=(Disassembler&&) noexcept;

    // The instruction that begins at `bytes[0]`, which stands at `address`. With no bytes: "(bad)".
    Line one(u64 address, Bytes bytes) const;

    // At most `most` instructions from the beginning of `bytes`.
    std::vector<Line> lines(u64 address, Bytes bytes, std::size_t most) const;

 private:
    struct Handle;
    std::unique_ptr<Handle> m_handle;
};

}  // namespace ringside::elf
