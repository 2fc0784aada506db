#include "core/cpu/insn/decode.h"

#include <cstring>
#include <vector>

namespace ringside {
namespace {

constexpr unsigned kOpcodes = 4 * 256;

// For each map and opcode the rows that may apply.
struct Index {
    std::array<u16, kOpcodes + 1> begin{};
    std::array<bool, kOpcodes> hasModrm{};
    std::vector<u16> rows;
};

bool formNeedsModrm(Form f) {
    switch (f) {
        case Form::Eb:
        case Form::Ew:
        case Form::Ed:
        case Form::Eq:
        case Form::Ev:
        case Form::Ey:
        case Form::Gb:
        case Form::Gw:
        case Form::Gd:
        case Form::Gq:
        case Form::Gv:
        case Form::Gy:
        case Form::M:
        case Form::Rv:
        case Form::Sw:
        case Form::Cd:
        case Form::Dd:
        case Form::V:
        case Form::W:
        case Form::U:
        case Form::P:
        case Form::Q:
        case Form::N:
            return true;
        default:
            return false;
    }
}

bool needsModrm(const Row& row) {
    if (row.digit >= 0 || row.rm >= 0 || row.mod != Mod::Any) return true;
    for (Form f : row.operands)
        if (formNeedsModrm(f)) return true;
    return false;
}

unsigned slotOf(Map map, u8 opcode) { return static_cast<unsigned>(map) * 256 + opcode; }

// Opcodes whose low three bits are a register: one row stands for eight opcodes.
bool isRegisterInOpcode(const Row& row) {
    for (Form f : row.operands)
        if (f == Form::Zb || f == Form::Zv) return true;
    return false;
}

const Index& rowIndex() {
    static const Index index = [] {
        Index made;
        std::array<std::vector<u16>, kOpcodes> lists;
        const auto rows = allRows();
        for (u16 n = 0; n < rows.size(); ++n) {
            const Row& row = rows[n];
            const unsigned copies = isRegisterInOpcode(row) ? 8 : 1;
            for (unsigned c = 0; c < copies; ++c) {
                const unsigned slot = slotOf(row.map, static_cast<u8>(row.opcode + c));
                lists[slot].push_back(n);
                if (needsModrm(row)) made.hasModrm[slot] = true;
            }
        }
        for (unsigned slot = 0; slot < kOpcodes; ++slot) {
            made.begin[slot] = static_cast<u16>(made.rows.size());
            made.rows.insert(made.rows.end(), lists[slot].begin(), lists[slot].end());
        }
        made.begin[kOpcodes] = static_cast<u16>(made.rows.size());
        return made;
    }();
    return index;
}

class Reader {
 public:
    explicit Reader(std::span<const u8> bytes) : m_bytes(bytes) {}
    // False: the bytes ended, or the instruction is too long.
    bool take(u8& out) {
        if (m_at == 15) return stop(DecodeStatus::TooLong);
        if (m_at == m_bytes.size()) return stop(DecodeStatus::Short);
        out = m_bytes[m_at++];
        return true;
    }
    bool takeLittle(unsigned count, u64& out, Field& field) {
        field = {m_at, static_cast<u8>(count)};
        out = 0;
        for (unsigned n = 0; n < count; ++n) {
            u8 byte = 0;
            if (!take(byte)) return false;
            out |= u64{byte} << (8 * n);
        }
        return true;
    }
    u8 at() const { return m_at; }
    DecodeStatus status() const { return m_status; }

 private:
    bool stop(DecodeStatus s) {
        m_status = s;
        return false;
    }
    std::span<const u8> m_bytes;
    u8 m_at = 0;
    DecodeStatus m_status = DecodeStatus::Ok;
};

u64 signExtend(u64 value, unsigned bytes) {
    switch (bytes) {
        case 1:
            return static_cast<u64>(static_cast<i8>(value));
        case 2:
            return static_cast<u64>(static_cast<i16>(value));
        case 4:
            return static_cast<u64>(static_cast<i32>(value));
        default:
            return value;
    }
}

class Decoder {
 public:
    explicit Decoder(std::span<const u8> bytes) : m_in(bytes) {}

    Decoded run() {
        d.status = steps();
        if (m_in.status() != DecodeStatus::Ok) d.status = m_in.status();
        d.length = m_in.at();
        return d;
    }

 private:
    static constexpr DecodeStatus kStopped = DecodeStatus::Short;  // the reader knows why

    DecodeStatus steps() {
        if (!prefixes()) return kStopped;
        Map map = Map::One;
        if (!opcode(map)) return kStopped;

        const Index& index = rowIndex();
        const unsigned slot = slotOf(map, d.opcodeByte);
        if (index.begin[slot] == index.begin[slot + 1]) return DecodeStatus::Unimplemented;
        if (index.hasModrm[slot]) {
            d.modrm = {m_in.at(), 1};
            if (!m_in.take(d.modrmByte)) return kStopped;
        }
        d.row = choose(index, slot);
        if (!d.row) return DecodeStatus::Unimplemented;
        const Row& row = *d.row;

        operandSize(row);
        d.rm = static_cast<u8>((d.opcodeByte & 7) | (d.rexByte & 1) << 3);
        if (index.hasModrm[slot] && !modrm(row)) return kStopped;
        if (!operands(row)) return kStopped;

        const unsigned sizeIndex = d.operandSize == 8 ? 3 : d.operandSize / 2;
        if (!(d.memory ? row.handlers.mem : row.handlers.reg)[sizeIndex]) return DecodeStatus::Invalid;
        if (d.lock && !(d.memory && (row.attributes & kLockable))) return DecodeStatus::Invalid;
        return DecodeStatus::Ok;
    }

    bool prefixes() {
        for (;;) {
            u8 byte = 0;
            if (!m_in.take(byte)) return false;
            const u8 before = static_cast<u8>(m_in.at() - 1);
            switch (byte) {
                case 0x26:
                    flatOverride(ES);
                    break;
                case 0x2e:
                    flatOverride(CS);
                    break;
                case 0x36:
                    flatOverride(SS);
                    break;
                case 0x3e:
                    flatOverride(DS);
                    break;
                case 0x64:
                    d.segment = FS;
                    break;
                case 0x65:
                    d.segment = GS;
                    break;
                case 0x66:
                    d.operand16 = true;
                    break;
                case 0x67:
                    d.address32 = true;
                    break;
                case 0xf0:
                    d.lock = true;
                    break;
                case 0xf2:
                case 0xf3:
                    d.repeat = byte;
                    break;
                default:
                    if ((byte & 0xf0) == 0x40) {
                        d.rexByte = byte;
                        d.rex = {before, 1};
                        continue;
                    }
                    m_first = byte;
                    d.prefixes = {0, static_cast<u8>(before - d.rex.length)};
                    d.opcode = {before, 1};
                    return true;
            }
            // A legacy prefix behind REX takes its effect away.
            d.rexByte = 0;
            d.rex = {};
        }
    }

    // In 64-bit mode ES, CS, SS and DS overrides do nothing; not even to an FS or GS override before them.
    void flatOverride(SegmentName name) {
        if (d.segment != FS && d.segment != GS) d.segment = name;
    }

    bool opcode(Map& map) {
        d.opcodeByte = m_first;
        if (m_first != 0x0f) return true;
        map = Map::Of;
        if (!m_in.take(d.opcodeByte)) return false;
        if (d.opcodeByte == 0x38 || d.opcodeByte == 0x3a) {
            map = d.opcodeByte == 0x38 ? Map::Of38 : Map::Of3a;
            if (!m_in.take(d.opcodeByte)) return false;
        }
        d.opcode.length = static_cast<u8>(m_in.at() - d.opcode.begin);
        return true;
    }

    const Row* choose(const Index& index, unsigned slot) const {
        const Mandatory given = d.repeat == 0xf3   ? Mandatory::PF3
                                : d.repeat == 0xf2 ? Mandatory::PF2
                                : d.operand16      ? Mandatory::P66
                                                   : Mandatory::None;
        const auto rows = allRows();
        const Row* best = nullptr;
        int bestScore = -1;
        for (unsigned n = index.begin[slot]; n < index.begin[slot + 1]; ++n) {
            const Row& row = rows[index.rows[n]];
            if (row.digit >= 0 && row.digit != (d.modrmByte >> 3 & 7)) continue;
            if (row.mod != Mod::Any && (row.mod == Mod::Register) != (d.modrmByte >= 0xc0)) continue;
            if (row.rm >= 0 && row.rm != (d.modrmByte & 7)) continue;
            if (row.prefix != Mandatory::Any && row.prefix != given) continue;
            const int score = (row.prefix != Mandatory::Any ? 2 : 0) + (row.rm >= 0 ? 1 : 0);
            if (score > bestScore) {
                best = &row;
                bestScore = score;
            }
        }
        return best;
    }

    void operandSize(const Row& row) {
        if (row.attributes & kByte)
            d.operandSize = 1;
        else if ((row.attributes & kForce64) || (d.rexByte & 8))
            d.operandSize = 8;
        else if (d.operand16 && row.prefix != Mandatory::P66)
            d.operandSize = 2;
        else
            d.operandSize = row.attributes & kDefault64 ? 8 : 4;
    }

    bool modrm(const Row& row) {
        u8 mod = d.modrmByte >> 6;
        const u8 low = d.modrmByte & 7;
        d.reg = static_cast<u8>((d.modrmByte >> 3 & 7) | (d.rexByte & 4) << 1);
        d.rm = static_cast<u8>(low | (d.rexByte & 1) << 3);
        for (Form f : row.operands)
            if (f == Form::Cd || f == Form::Dd) mod = 3;  // MOV CRn and DRn ignore mod
        if (mod == 3) return true;
        d.memory = true;
        unsigned dispBytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;
        if (low == 4) {
            d.sib = {m_in.at(), 1};
            if (!m_in.take(d.sibByte)) return false;
            const u8 index = static_cast<u8>((d.sibByte >> 3 & 7) | (d.rexByte & 2) << 2);
            if (index != 4) {
                d.index = index;
                d.scale = d.sibByte >> 6;
            }
            if ((d.sibByte & 7) == 5 && mod == 0)
                dispBytes = 4;
            else
                d.base = static_cast<u8>((d.sibByte & 7) | (d.rexByte & 1) << 3);
        } else if (low == 5 && mod == 0) {
            d.ripRelative = true;
            d.base = kPageRegister;
            dispBytes = 4;
        } else {
            d.base = d.rm;
        }
        if (dispBytes == 0) return true;
        u64 raw = 0;
        if (!m_in.takeLittle(dispBytes, raw, d.displacement)) return false;
        d.disp = static_cast<i64>(signExtend(raw, dispBytes));
        return true;
    }

    bool operands(const Row& row) {
        bool haveImmediate = false;
        for (Form f : row.operands) {
            unsigned bytes = 0;
            bool extend = true;
            switch (f) {
                case Form::None:
                    continue;
                case Form::Eb:
                    d.byteRm = !d.memory;
                    continue;
                case Form::Zb:
                    d.byteRm = true;
                    continue;
                case Form::Gb:
                    d.byteReg = true;
                    continue;
                case Form::P:
                    d.reg &= 7;
                    continue;
                case Form::N:
                    d.rm &= 7;
                    continue;
                case Form::Q:
                    if (!d.memory) d.rm &= 7;
                    continue;
                case Form::Ib:
                    bytes = 1;
                    extend = false;
                    break;
                case Form::Ibs:
                case Form::Jb:
                    bytes = 1;
                    break;
                case Form::Iw:
                    bytes = 2;
                    extend = false;
                    break;
                case Form::Iz:
                    bytes = d.operandSize == 2 ? 2 : 4;
                    break;
                case Form::Iv:
                    bytes = d.operandSize;
                    break;
                case Form::Jz:
                    bytes = 4;
                    break;
                case Form::Ob:
                case Form::Ov: {
                    u64 raw = 0;
                    if (!m_in.takeLittle(d.address32 ? 4 : 8, raw, d.displacement)) return false;
                    d.disp = static_cast<i64>(raw);
                    d.memory = true;
                    continue;
                }
                default:
                    continue;
            }
            u64 raw = 0;
            if (haveImmediate) {
                if (!m_in.takeLittle(bytes, raw, d.immediate2)) return false;
                d.imm2 = static_cast<u8>(raw);
            } else {
                if (!m_in.takeLittle(bytes, raw, d.immediate)) return false;
                d.imm = extend ? signExtend(raw, bytes) : raw;
                haveImmediate = true;
            }
        }
        return true;
    }

    Reader m_in;
    u8 m_first = 0;
    Decoded d;
};

u8 byteOffset(u8 reg, bool rex) { return static_cast<u8>(!rex && reg >= 4 && reg < 8 ? (reg - 4) * 8 + 1 : reg * 8); }

}  // namespace

Decoded decode(std::span<const u8> bytes) { return Decoder(bytes).run(); }

Insn toInsn(const Decoded& d, u16 offset) {
    const Row& row = *d.row;
    const unsigned sizeIndex = d.operandSize == 8 ? 3 : d.operandSize / 2;
    Insn i;
    i.handler = (d.memory ? row.handlers.mem : row.handlers.reg)[sizeIndex];
    i.imm = d.imm;
    i.disp = d.disp;
    i.offset = offset;
    i.next = static_cast<u16>(offset + d.length);
    i.row = static_cast<u16>(&row - allRows().data());
    i.size = d.operandSize;
    i.reg = d.byteReg ? byteOffset(d.reg, d.rexByte != 0) : d.reg;
    i.rm = d.byteRm ? byteOffset(d.rm, d.rexByte != 0) : d.rm;
    i.base = d.base;
    i.index = d.index;
    i.scale = d.scale;
    if (d.segment == FS) i.segment = kFsRegister;
    if (d.segment == GS) i.segment = kGsRegister;
    if (d.ripRelative) i.disp += i.next;
    if (row.attributes & kJump) {
        i.imm += i.next;
        i.link = nullptr;
        i.flags |= Insn::kDirectJump;
    }
    if (d.memory) i.flags |= Insn::kMemory;
    if (d.lock) i.flags |= Insn::kLock;
    if (d.repeat == 0xf3 && row.prefix != Mandatory::PF3) i.flags |= Insn::kRep;
    if (d.repeat == 0xf2 && row.prefix != Mandatory::PF2) i.flags |= Insn::kRepne;
    if (d.address32) i.flags |= Insn::kAddress32;
    if (d.operand16) i.flags |= Insn::kOperand16;
    if ((d.base == RSP || d.base == RBP) && i.segment == kZeroRegister) i.flags |= Insn::kStackSegment;
    i.length = d.length;
    i.opcode = d.opcodeByte;
    i.imm8 = d.imm2;
    return i;
}

}  // namespace ringside
