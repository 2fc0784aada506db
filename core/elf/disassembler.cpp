#include "core/elf/disassembler.h"

#include <capstone/capstone.h>

#include "core/base/check.h"

namespace ringside::elf {

struct Disassembler::Handle {
    csh capstone = 0;
    cs_insn* line = nullptr;

    explicit Handle(Syntax syntax) {
        CHECK(cs_open(CS_ARCH_X86, CS_MODE_64, &capstone) == CS_ERR_OK);
        cs_option(capstone, CS_OPT_SYNTAX, syntax == Syntax::Att ? CS_OPT_SYNTAX_ATT : CS_OPT_SYNTAX_INTEL);
        line = cs_malloc(capstone);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        cs_free(line, 1);
        cs_close(&capstone);
    }
};

Disassembler::Disassembler(Syntax syntax) : m_handle(std::make_unique<Handle>(syntax)) {}
Disassembler::~Disassembler() = default;
Disassembler::Disassembler(Disassembler&&) noexcept = default;
Disassembler& Disassembler::operator=(Disassembler&&) noexcept = default;

Line Disassembler::one(u64 address, Bytes bytes) const {
    // An instruction never has more than 15 bytes.
    const u8* code = bytes.data();
    std::size_t size = bytes.size() < 15 ? bytes.size() : 15;
    u64 at = address;
    if (size == 0 || !cs_disasm_iter(m_handle->capstone, &code, &size, &at, m_handle->line))
        return {address, 1, "(bad)", ""};
    const cs_insn& found = *m_handle->line;
    return {address, static_cast<u8>(found.size), found.mnemonic, found.op_str};
}

std::vector<Line> Disassembler::lines(u64 address, Bytes bytes, std::size_t most) const {
    std::vector<Line> result;
    while (!bytes.empty() && result.size() < most) {
        result.push_back(one(address, bytes));
        address += result.back().length;
        bytes = bytes.subspan(result.back().length);
    }
    return result;
}

}  // namespace ringside::elf
