// Decoded code, kept per physical frame. A block is a run of instructions from one entry point to the first instruction
// that always jumps; conditional jumps inside it are exits. All blocks of a frame live and die together, so a block may
// point at another one of its frame. Derived from RAM: may be dropped at any moment between two blocks.
#pragma once

#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/cpu/insn/decode.h"
#include "core/memory/ram.h"

namespace ringside {

// No block is longer than this in instructions, nor in base cycles plus six accesses for each of them; so the engine
// needs to look at the limits only once a block. What may access memory more often ends its block.
inline constexpr unsigned kBlockInstructions = 32;
inline constexpr Cycles kBlockCycles = 512;
inline constexpr Cycles kBlockAccesses = 6;

// Its instructions lie right behind it in memory.
struct Block {
    const Insn* end = nullptr;
    u16 endOffset = 0;  // where the fall-through goes; may be ≥ 4096
    // An instruction that lies in two pages: the only one of its block; good while the bytes in the second page are
    // these.
    u8 tailLength = 0;
    bool noted = false;  // that it was entered; only of such an instruction
    std::array<u8, 15> tail{};

    const Insn* begin() const { return reinterpret_cast<const Insn*>(this + 1); }
};
static_assert(sizeof(Block) % alignof(Insn) == 0);

// What a handler depends on besides the bytes; when one of these changes, all decoded code goes.
struct CodeMode {
    bool em = false, ts = false, mp = false, fxsr = false;
    bool operator==(const CodeMode&) const = default;
};

class CodeFrame {
 public:
    explicit CodeFrame(FrameNo f) : frame(f) {}
    const FrameNo frame;

    Block* find(u64 offset) const { return m_at[offset]; }
    // `jump` leads to `block`.
    void link(const Insn& jump, Block* block) {
        if (!jump.link) m_linked.push_back(&jump);
        jump.link = block;
    }
    // From now on find() and links know only blocks that build() has been asked for again, which is quick, and those
    // that lie in two pages.
    void park();
    // Decodes from `offset`; null when the first instruction does not decode or goes on in the next page.
    Block* build(const u8* bytes, u16 offset, const CodeMode& mode);
    // The block of one instruction whose bytes begin at `offset` and end in the next page; replaces the one there.
    Block* buildCrossing(const Decoded& decoded, u16 offset, std::span<const u8> tail, const CodeMode& mode);

 private:
    static constexpr std::size_t kArena = 16384;
    Block* add(u16 offset, std::span<const Insn> insns);

    std::array<Block*, kPageSize> m_at{};
    std::array<u16, kPageSize> m_number{};  // at this offset begins m_blocks[number - 1]
    std::vector<Block*> m_blocks;
    // Since the last park().
    std::vector<u16> m_entered;  // offsets
    std::vector<const Insn*> m_linked;
    std::vector<Block*> m_crossing;  // all that lie in two pages
    std::vector<std::unique_ptr<std::byte[]>> m_arenas;
    std::size_t m_used = kArena;
};

}  // namespace ringside
