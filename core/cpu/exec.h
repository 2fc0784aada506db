// What a handler may touch: registers, lazy flags, memory. One Exec belongs to one Cpu and lives in its caches; while
// Cpu::run is going on, `r` and `flags` hold the general registers and the status flags, and regs.gpr, regs.rip and the
// status bits of regs.rflags are stale. Everything else of `regs` (xmm, x87, mxcsr, segments, cr…) is live.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "core/base/types.h"
#include "core/cpu/cpu.h"
#include "core/cpu/insn/insn.h"
#include "core/cpu/registers.h"

namespace ringside {

namespace vector {
inline constexpr u8 DE = 0, DB = 1, NMI = 2, BP = 3, OF = 4, BR = 5, UD = 6, NM = 7, DF = 8, TS = 10, NP = 11, SS = 12,
                    GP = 13, PF = 14, MF = 16, AC = 17, XM = 19;
}

// Thrown by memory and by handlers before they have committed anything; caught once per instruction.
struct Fault {
    u8 vector = 0;
    u32 error = 0;
    u64 address = 0;  // of #PF: what CR2 will say
};
[[noreturn]] void raise(u8 vector, u32 error = 0);

// Status flags, stored as what they follow from. result: sign-extended to 64 bits: ZF, SF, PF. carries: bit 63 is CF,
// bit 63 ^ bit 62 is OF. aux: bit 4 is AF, bit 8 inverts SF, bit 9 inverts PF (for flags that were loaded, not
// computed).
struct LazyFlags {
    i64 result = 1;
    u64 carries = 0;
    u64 aux = 0;

    bool cf() const { return carries >> 63; }
    bool of() const { return (carries ^ (carries << 1)) >> 63; }
    bool zf() const { return result == 0; }
    bool sf() const { return ((static_cast<u64>(result) >> 63) ^ (aux >> 8)) & 1; }
    bool pf() const { return (std::popcount(static_cast<u8>(result)) & 1) == static_cast<int>(aux >> 9 & 1); }
    bool af() const { return aux & flag::AF; }

    static u64 encode(bool carry, bool overflow) { return u64{carry} << 63 | u64{carry != overflow} << 62; }
    u64 get() const {
        return (cf() ? flag::CF : 0) | (pf() ? flag::PF : 0) | (af() ? flag::AF : 0) | (zf() ? flag::ZF : 0) |
               (sf() ? flag::SF : 0) | (of() ? flag::OF : 0);
    }
    void set(u64 rflags) {
        result = rflags & flag::ZF ? 0 : 0x100;
        carries = encode(rflags & flag::CF, rflags & flag::OF);
        aux = (rflags & flag::AF) | (rflags & flag::SF ? 1 << 8 : 0) | (rflags & flag::PF ? 0 : 1 << 9);
    }
    void setCf(bool carry) { carries = encode(carry, of()); }
    // Result of a logical operation: CF = OF = AF = 0.
    template <class T>
    void logic(T r) {
        result = static_cast<std::make_signed_t<T>>(r);
        carries = 0;
        aux = 0;
    }
};

// Where the bytes of a virtual page are in the host: for reading and for writing, which may end at different moments.
// (Aligned: its place in an array is a shift.)
struct alignas(32) HostPage {
    u64 readTag = 1, writeTag = 1;  // virtual address of the page; 1: none
    u8* bytes = nullptr;
};
inline constexpr unsigned kHostPages = 256;

class Exec {
 public:
    explicit Exec(Cpu& c) : cpu(c), regs(c.regs) {}

    std::array<u64, kRegisterCount> r{};  // general registers, then kZeroRegister …
    LazyFlags flags;
    HostPage* data = nullptr;       // host pages of the current privilege; an always-empty array when recording
    u64 accesses = 0;               // translated accesses: each costs kMemoryAccessCycles
    const Insn* current = nullptr;  // the instruction being executed
    const Insn* end = nullptr;      // where the run of instructions ends; moved up by what must end it early
    u64 nextRip = 0;                // where to go on after that
    Block* nextBlock = nullptr;     // the block there, when a direct jump knows it
    // The host's MXCSR stands for the guest's: regs.mxcsr lacks the flags set since. Only while handlers run, which do
    // no other floating point; see settleMxcsr.
    bool mxcsrLive = false;
    bool attention = false;  // the engine must look at events before it goes on
    Cpu& cpu;
    Registers& regs;
    Ram* ram = nullptr;

    // ---- registers --------------------------------------------------------------------------------------------------
    // T is u8, u16, u32 or u64. For u8, `n` is a byte offset as in Insn::reg and Insn::rm.
    template <class T>
    [[gnu::always_inline]] T get(u8 n) const {
        if constexpr (sizeof(T) == 1) return reinterpret_cast<const u8*>(r.data())[n];
        return static_cast<T>(r[n]);
    }
    // Writing 32 bits clears the upper half; 8 and 16 bits leave the rest.
    template <class T>
    [[gnu::always_inline]] void set(u8 n, T value) {
        if constexpr (sizeof(T) == 1)
            reinterpret_cast<u8*>(r.data())[n] = value;
        else if constexpr (sizeof(T) == 2)
            std::memcpy(&r[n], &value, 2);
        else
            r[n] = value;
    }

    // ---- memory -----------------------------------------------------------------------------------------------------
    // Of the memory operand, segment base included.
    [[gnu::always_inline]] u64 effectiveAddress(const Insn& i) const {
        const u64 a = r[i.base] + (r[i.index] << i.scale) + static_cast<u64>(i.disp);
        if (i.flags & Insn::kAddress32) [[unlikely]]
            return static_cast<u32>(a) + r[i.segment];
        return a + r[i.segment];
    }

    // T is trivially copyable, at most 16 bytes; any alignment. Through SS with an implied address (PUSH, POP, CALL,
    // RET: `kStack`) only the vector for non-canonical differs.
    template <class T, bool kStack = false>
    [[gnu::always_inline]] T load(u64 va) {
        const HostPage& page = data[va >> kPageShift & (kHostPages - 1)];
        ++accesses;
        if (page.readTag == ((va + sizeof(T) - 1) & ~(kPageSize - 1))) [[likely]] {
            T value;
            std::memcpy(&value, page.bytes + (va & (kPageSize - 1)), sizeof(T));
            return value;
        }
        return loadSlow<T>(va, kStack);
    }
    template <class T, bool kStack = false>
    [[gnu::always_inline]] void store(u64 va, const T& value) {
        const HostPage& page = data[va >> kPageShift & (kHostPages - 1)];
        ++accesses;
        if (page.writeTag == ((va + sizeof(T) - 1) & ~(kPageSize - 1))) [[likely]] {
            std::memcpy(page.bytes + (va & (kPageSize - 1)), &value, sizeof(T));
            Ram::noteStore(page.bytes, va, sizeof(T));
            return;
        }
        storeSlow<T>(va, value, kStack);
    }
    template <class T>
    [[gnu::always_inline]] T loadStack(u64 va) {
        return load<T, true>(va);
    }
    template <class T>
    [[gnu::always_inline]] void storeStack(u64 va, const T& value) {
        store<T, true>(va, value);
    }

    // Read, modify, write: the read faults as a write, `commit` can not fault.
    template <class T>
    struct Cell {
        T value;
        u8* host;
        u64 va;
    };
    template <class T>
    [[gnu::always_inline]] Cell<T> modify(u64 va) {
        const HostPage& page = data[va >> kPageShift & (kHostPages - 1)];
        accesses += 2;
        Cell<T> cell{{}, nullptr, va};
        if (page.writeTag == ((va + sizeof(T) - 1) & ~(kPageSize - 1))) [[likely]] {
            cell.host = page.bytes + (va & (kPageSize - 1));
            Ram::noteStore(page.bytes, va, sizeof(T));
            std::memcpy(&cell.value, cell.host, sizeof(T));
            return cell;
        }
        cell.value = loadForWriteSlow<T>(va);
        return cell;
    }
    template <class T>
    [[gnu::always_inline]] void commit(const Cell<T>& cell, T value) {
        if (cell.host) [[likely]]
            std::memcpy(cell.host, &value, sizeof(T));
        else
            storeSlow<T>(cell.va, value, false);
    }
    // Larger pieces (FXSAVE): checked as a whole before anything is written.
    void loadBytes(u64 va, std::span<u8> out, unsigned alignment = 1);
    void storeBytes(u64 va, std::span<const u8> in, unsigned alignment = 1);
    // Throws what a write (or read) of these bytes would throw; changes no memory.
    void probe(u64 va, u64 length, AccessKind kind, bool stack = false);
    void requireAligned(u64 va, u64 alignment) const {
        if (va & (alignment - 1)) raise(vector::GP);
    }

    // ---- control flow -----------------------------------------------------------------------------------------------
    u64 ripOf(const Insn& i) const { return r[kPageRegister] + i.offset; }
    u64 nextRipOf(const Insn& i) const { return r[kPageRegister] + i.next; }
    // Goes on behind `i`, from within its handler: saves the way back to the engine.
    [[gnu::always_inline]] void follow(const Insn& i) {
        const Insn* following = &i + 1;
        if (following == end) return;
        current = following;
        following->handler(*this, *following);
    }
    // To `target`, after this instruction. The fetch checks the address unless the handler must before it commits.
    void jump(const Insn& i, u64 target) {
        nextRip = target;
        end = &i + 1;
    }
    // Ends the run of instructions after this one and lets the engine look at events.
    void stopAfter(const Insn& i) {
        end = &i + 1;
        attention = true;
    }
    void requireCanonical(u64 address) const {  // #GP(0)
        if ((address + (u64{1} << 47)) >> 48 != 0) [[unlikely]]
            requireCanonicalSlow(address);
    }
    void requireRing0() const {
        if (regs.cpl() != 0) raise(vector::GP);
    }
    void settleMxcsr() {
        if (mxcsrLive) [[unlikely]]
            takeMxcsr();
    }
    Cycles cyclesNow() const;  // including what this block has used up so far

 private:
    void takeMxcsr();
    // What the host pages do not know. In registers where that is possible: a handler with locals that have an address
    // needs a frame, also on the fast path.
    template <class T>
    static constexpr bool kInRegister = std::is_integral_v<T> && sizeof(T) <= 8;
    template <class T>
    [[gnu::always_inline]] T loadSlow(u64 va, bool stack) {
        if constexpr (kInRegister<T>) {
            return static_cast<T>(loadWordSlow(va, sizeof(T), stack));
        } else {
            T value;
            loadBytesSlow(va, &value, sizeof(T), stack);
            return value;
        }
    }
    template <class T>
    [[gnu::always_inline]] T loadForWriteSlow(u64 va) {
        if constexpr (kInRegister<T>) {
            return static_cast<T>(loadWordForWriteSlow(va, sizeof(T)));
        } else {
            T value;
            loadBytesForWriteSlow(va, &value, sizeof(T));
            return value;
        }
    }
    template <class T>
    [[gnu::always_inline]] void storeSlow(u64 va, const T& value, bool stack) {
        if constexpr (kInRegister<T>)
            storeWordSlow(va, static_cast<u64>(value), sizeof(T), stack);
        else
            storeBytesSlow(va, &value, sizeof(T), stack);
    }
    u64 loadWordSlow(u64 va, unsigned size, bool stack);
    u64 loadWordForWriteSlow(u64 va, unsigned size);
    void storeWordSlow(u64 va, u64 value, unsigned size, bool stack);
    void loadBytesSlow(u64 va, void* out, unsigned size, bool stack);
    void loadBytesForWriteSlow(u64 va, void* out, unsigned size);
    void storeBytesSlow(u64 va, const void* in, unsigned size, bool stack);
    void requireCanonicalSlow(u64 address) const;
};

}  // namespace ringside
