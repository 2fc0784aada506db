// The one decoder: bytes → which row, which operands, and where in the bytes each field lies. The engine makes Insn
// from it, the views show it. 64-bit mode only.
#pragma once

#include <span>

#include "core/cpu/insn/insn.h"

namespace ringside {

enum class DecodeStatus : u8 {
    Ok,
    Short,          // the bytes end before the instruction does
    TooLong,        // more than 15 bytes: #GP(0)
    Invalid,        // #UD by the rules of the architecture (LOCK on a register, …)
    Unimplemented,  // #UD because this CPU does not have it (VEX, EVEX, …)
};

// Bytes [begin, begin + length) of the instruction; length 0: not there.
struct Field {
    u8 begin = 0, length = 0;
};

struct Decoded {
    DecodeStatus status = DecodeStatus::Ok;
    u8 length = 0;
    const Row* row = nullptr;
    Field prefixes, rex, opcode, modrm, sib, displacement, immediate, immediate2;

    u8 rexByte = 0, modrmByte = 0, sibByte = 0, opcodeByte = 0;
    bool operand16 = false, address32 = false, lock = false;
    u8 repeat = 0;        // F2, F3 or 0
    i8 segment = -1;      // override that was given: SegmentName; −1: none
    u8 operandSize = 4;   // 1, 2, 4, 8
    bool memory = false;  // r/m (or moffs) is memory
    bool ripRelative = false;
    u8 reg = 0, rm = 0;  // with REX bits; 0..15
    bool byteReg = false, byteRm = false;
    u8 base = kZeroRegister, index = kZeroRegister, scale = 0;
    i64 disp = 0;
    u64 imm = 0;  // sign-extended where the instruction does so
    u8 imm2 = 0;
};

Decoded decode(std::span<const u8> bytes);

// For execution at `offset` of a page. Only for status Ok.
Insn toInsn(const Decoded& decoded, u16 offset);

}  // namespace ringside
