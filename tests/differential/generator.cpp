#include "tests/differential/generator.h"

#include <algorithm>

namespace ringside::sandbox {

namespace {

bool starts(std::string_view text, std::string_view with) { return text.starts_with(with); }

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), text) != names.end();
}

bool isNearBranch(const Row& row) {
    return (row.attributes & kJump) != 0 ||
           (row.map == Map::One &&
            ((row.opcode == 0xff && (row.digit == 2 || row.digit == 4)) || row.opcode == 0xc2 || row.opcode == 0xc3));
}

bool isBitTest(const Row& row) { return isOneOf(row.mnemonic, {"bt", "bts", "btr", "btc"}); }
bool isStack(const Row& row) {
    return starts(row.mnemonic, "push") || starts(row.mnemonic, "pop") || starts(row.mnemonic, "ret") ||
           isOneOf(row.mnemonic, {"call", "enter", "leave", "iret", "iretq", "iretd", "lret", "retf"});
}
bool isPushOfSegment(const Row& row) { return row.map == Map::Of && (row.opcode == 0xa0 || row.opcode == 0xa8); }
bool isFarIndirect(const Row& row) {
    return row.map == Map::One && row.opcode == 0xff && (row.digit == 3 || row.digit == 5);
}
bool isReturn(const Row& row) { return row.map == Map::One && (row.opcode == 0xc2 || row.opcode == 0xc3); }
bool isInterruptReturn(const Row& row) { return row.map == Map::One && row.opcode == 0xcf; }
bool isFarReturn(const Row& row) { return row.map == Map::One && (row.opcode == 0xca || row.opcode == 0xcb); }
bool isShift(const Row& row) {
    return (row.map == Map::One && (row.opcode == 0xc0 || row.opcode == 0xc1 || (row.opcode & 0xfc) == 0xd0)) ||
           (row.map == Map::Of &&
            (row.opcode == 0xa4 || row.opcode == 0xa5 || row.opcode == 0xac || row.opcode == 0xad));
}
bool isFloating(const Row& row) { return (row.attributes & (kX87 | kSse | kMmx | kNoFxsr | kFwait)) != 0; }
bool hasForm(const Row& row, std::initializer_list<Form> forms) {
    return std::any_of(row.operands.begin(), row.operands.end(),
                       [&](Form f) { return std::find(forms.begin(), forms.end(), f) != forms.end(); });
}
bool hasModrm(const Row& row) {
    return row.digit >= 0 || row.rm >= 0 || row.mod != Mod::Any ||
           hasForm(row, {Form::Eb, Form::Ew, Form::Ed, Form::Eq, Form::Ev, Form::Ey, Form::Gb, Form::Gw, Form::Gd,
                         Form::Gq, Form::Gv, Form::Gy, Form::M,  Form::Rv, Form::Sw, Form::Cd, Form::Dd, Form::V,
                         Form::W,  Form::U,  Form::P,  Form::Q,  Form::N,  Form::St, Form::Sti});
}

struct Exclusion {
    std::string_view mnemonic, reason;
};

// By mnemonic: what one program can not be asked in user mode, or what answers differently from host to host.
constexpr Exclusion kExcluded[] = {
    {"syscall", "enters the host's kernel"},
    {"sysenter", "enters the host's kernel"},
    {"sysexit", "AMD and Intel differ about it in 64-bit mode"},
    {"cpuid", "says which CPU it is"},
    {"rdtsc", "the host's clock"},
    {"rdtscp", "the host's clock"},
    {"rdpmc", "the host's counters"},
    {"vmcall", "a virtual machine's own monitor would answer"},
    {"rdfsbase", "FS and GS are the same for all cases"},
    {"rdgsbase", "FS and GS are the same for all cases"},
    {"wrfsbase", "FS and GS are the same for all cases"},
    {"wrgsbase", "FS and GS are the same for all cases"},
    {"sgdt", "under UMIP the host's kernel answers instead"},
    {"sidt", "under UMIP the host's kernel answers instead"},
    {"sldt", "under UMIP the host's kernel answers instead"},
    {"str", "under UMIP the host's kernel answers instead"},
    {"smsw", "under UMIP the host's kernel answers instead"},
    {"lar", "reads the host's GDT"},
    {"lsl", "reads the host's GDT"},
    {"verr", "reads the host's GDT"},
    {"verw", "reads the host's GDT"},
    {"lss", "loads from the host's GDT, and stays loaded"},
    {"lfs", "loads from the host's GDT, and stays loaded"},
    {"lgs", "loads from the host's GDT, and stays loaded"},
    {"int1", "a virtual machine's own monitor has a say in it"},
};

}  // namespace

std::string_view excluded(const Row& row) {
    for (const Exclusion& e : kExcluded)
        if (e.mnemonic == row.mnemonic) return e.reason;
    if (row.map == Map::One && row.opcode == 0x8e) return "loads segment registers, which stay loaded";
    if (row.map == Map::Of && (row.opcode == 0xa1 || row.opcode == 0xa9))
        return "loads segment registers, which stay loaded";
    if (row.map == Map::Of && row.opcode == 0xff) return "UD0 has a ModRM byte or not, from maker to maker";
    return {};
}

std::vector<std::string> idleExclusions() {
    std::vector<std::string> idle;
    for (const Exclusion& e : kExcluded)
        if (std::none_of(allRows().begin(), allRows().end(), [&](const Row& r) { return r.mnemonic == e.mnemonic; }))
            idle.emplace_back(e.mnemonic);
    return idle;
}

struct Generator::Encoding {
    std::vector<u8> prefixes;
    u8 rex = 0;
    bool mandatory66 = false;
    std::vector<u8> opcode;
    bool modrm = false, memory = false, address32 = false;
    int segment = -1;
    u8 reg = 0, rm = 0;
    std::vector<u8> tail;  // SIB and displacement, then immediates
    u8 mod = 3;
    bool ripRelative = false;
    u64 target = 0;      // of the memory operand
    unsigned ripAt = 0;  // index of the displacement in `tail`
    unsigned jumpAt = 0, jumpLength = 0;
};

void Generator::poke(u64 address, std::span<const u8> bytes) {
    // Whatever part of it lies in the data pages.
    for (std::size_t i = 0; i < bytes.size();) {
        const u64 at = address + i;
        if (at - kData >= kDataSize) {
            ++i;
            continue;
        }
        if (m_patches == m_case.patches.size()) return;
        Patch& p = m_case.patches[m_patches++];
        p.offset = static_cast<u32>(at - kData);
        p.length = static_cast<u32>(std::min<u64>({bytes.size() - i, kDataSize - p.offset, p.bytes.size()}));
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i), p.length, p.bytes.begin());
        i += p.length;
    }
}

void Generator::pokeWord(u64 address, u64 value, unsigned length) {
    std::array<u8, 8> bytes;
    __builtin_memcpy(bytes.data(), &value, 8);
    poke(address, std::span(bytes).first(length));
}

u64 Generator::chooseTarget(u64 alignment) {
    const u64 within = kData + 0x200 + m_random.below(kDataSize - 0x600);
    switch (m_random.below(40)) {
        case 0:
            return kReadOnly + m_random.below(kReadOnlySize - 64);
        case 1:
            return kData + kDataSize - m_random.below(24);
        case 2:
            return kData - 1 - m_random.below(20);
        case 3:
            return kData + kPageSize - m_random.below(24);
        case 4:
            return kData + kPageSize - m_random.below(24);
        case 5:
            return kCode + m_random.below(kCodeSize);
        case 6:
            return m_random.percent(80) ? within
                                        : m_random.pick({0x0000800000000000, 0x8000000000000000, 0xfffffffffffffff8,
                                                         0x00007fffffffffff, 0, 0xffff7fffffffffff});
        case 7:
        case 8:
        case 9:
        case 10:
            return within;
        default:
            return within & ~(alignment - 1);
    }
}

u64 Generator::chooseJumpTarget() {
    switch (m_random.below(24)) {
        case 0:
            return kData + m_random.below(kDataSize);
        case 1:
            return kCode + kCodeSize + m_random.below(kPageSize);
        case 2:
            return m_random.pick({0x0000800000000000, 0xdead000000000000, 0x8000000000000000, 0});
        case 3:
            return kCode + kCodeSize - 1;
        default:
            return kCode + m_random.below(kCodeSize);
    }
}

u64 Generator::valueFor(const Row& row) {
    if (isNearBranch(row) || isReturn(row)) return chooseJumpTarget();
    if (!isFloating(row)) return m_random.integer();
    switch (m_random.below(4)) {
        case 0:
            return m_random.integer();
        case 1:
            return m_random.twofold();
        case 2:
            return m_random.single() | u64{m_random.single()} << 32;
        default:
            return m_random.percent(50) ? m_random.twofold() : m_random.single();
    }
}

void Generator::fillOperand(const Row& row, u64 address, unsigned length) {
    std::array<u8, 64> bytes{};
    if ((row.attributes & kX87) != 0 && m_random.percent(60)) {
        const Float80 value = m_random.extended();
        __builtin_memcpy(bytes.data(), &value.mantissa, 8);
        __builtin_memcpy(bytes.data() + 8, &value.signExponent, 2);
        if (m_random.percent(30)) {
            const u64 digits = m_random.decimal();
            __builtin_memcpy(bytes.data(), &digits, 8);
            bytes[8] = static_cast<u8>(m_random.decimal() & 0xff);
            bytes[9] = m_random.percent(50) ? 0x80 : 0;
        }
        poke(address, std::span(bytes).first(std::min(length, 10u)));
        return;
    }
    for (unsigned i = 0; i < bytes.size(); i += 8) {
        const u64 word = valueFor(row);
        __builtin_memcpy(bytes.data() + i, &word, 8);
    }
    poke(address, std::span(bytes).first(length));
}

void Generator::chooseFloating(const Row& row) {
    State& s = m_case.in;
    u16 control = 0x37f;
    u32 mxcsr = 0x1f80;
    u16 status = 0;
    u8 tags = 0;
    const bool floating = isFloating(row);
    if (floating) {
        if (m_random.percent(50)) control = static_cast<u16>((m_random.next() & 0x0f00) | 0x7f);
        if (m_random.percent(15)) control = static_cast<u16>((m_random.next() & 0x0f3f) | 0x40);
        if (m_random.percent(40)) mxcsr = static_cast<u32>(m_random.next() & 0xe040) | 0x1f80;
        if (m_random.percent(20)) mxcsr |= static_cast<u32>(m_random.next() & 0x3f);
        if (m_random.percent(15)) mxcsr = static_cast<u32>(m_random.next() & 0xffff);
        status = static_cast<u16>((m_random.next() & 0x4700) | m_random.below(8) << 11);
        if (m_random.percent(25)) status = static_cast<u16>(status | (m_random.next() & 0x7f & control));
        if (m_random.percent(4)) status = static_cast<u16>(status | (m_random.next() & 0x7f));
        if ((status & ~control & 0x3f) != 0) status |= 0x8080;
        tags = m_random.percent(75) ? 0xff : static_cast<u8>(m_random.next());
        if (m_random.percent(10)) tags = 0;
    }
    s.set(fx::kControl, control);
    s.set(fx::kStatus, status);
    s.set(fx::kTags, tags);
    s.set(fx::kMxcsr, mxcsr);
    const bool vectorRow = (row.attributes & (kSse | kMmx)) != 0 && (row.attributes & kX87) == 0;
    for (unsigned i = 0; i < 8; ++i) {
        Float80 value{u64{0x0123456789abcdef} * (i + 1), static_cast<u16>(0x4000 + i)};
        if (floating) {
            value = m_random.extended();
            if ((row.attributes & kMmx) != 0 && m_random.percent(90)) value = {m_random.integer(), 0xffff};
            if (m_random.percent(10)) value.mantissa = m_random.integer();
        }
        s.set(fx::kSt + 16 * i, value.mantissa);
        s.set<u64>(fx::kSt + 16 * i + 8, value.signExponent);
    }
    const u64 flavour = m_random.below(3);
    for (unsigned i = 0; i < 32; ++i) {
        u64 value = u64{0xfedcba9876543210} * (i + 1);
        if (vectorRow) {
            value = flavour == 0   ? m_random.integer()
                    : flavour == 1 ? m_random.twofold()
                                   : m_random.single() | u64{m_random.single()} << 32;
            if (m_random.percent(5)) value = m_random.integer();
        }
        s.set(fx::kXmm + 8 * i, value);
    }
    // Some equal operands, for comparisons.
    if (vectorRow && m_random.percent(20)) {
        const u64 from = m_random.below(16), to = m_random.below(16);
        s.set(fx::kXmm + 16 * static_cast<unsigned>(to), s.get<u64>(fx::kXmm + 16 * static_cast<unsigned>(from)));
    }
}

void Generator::chooseState(const Row& row) {
    State& s = m_case.in;
    for (u64& g : s.gpr) g = m_random.integer();
    s.rflags = 0x202 | (m_random.next() & (flag::kStatus | (m_random.percent(15) ? flag::DF : 0)));
    s.gpr[RSP] = kData + 0x400 + m_random.below(0x1800) / 8 * 8;
    if (isStack(row)) {
        if (m_random.percent(10)) s.gpr[RSP] += m_random.below(8);
        if (m_random.percent(12)) s.gpr[RSP] = chooseTarget(8);
    }
    if ((row.attributes & kRep) != 0) {
        s.gpr[RSI] = chooseTarget(8);
        s.gpr[RDI] = chooseTarget(8);
        s.gpr[RCX] = m_random.percent(85) ? m_random.below(40) : m_random.percent(50) ? 0x3000 : m_random.below(0x400);
        if (m_random.percent(50)) s.rflags &= ~flag::DF;
    }
    chooseFloating(row);
}

void Generator::choosePrefixes(const Row& row, Encoding& e) {
    auto& p = e.prefixes;
    const bool wide = (row.prefix == Mandatory::Any || row.prefix == Mandatory::None);
    if (row.prefix == Mandatory::P66) p.push_back(0x66);
    if (row.prefix == Mandatory::PF3) p.push_back(0xf3);
    if (row.prefix == Mandatory::PF2) p.push_back(0xf2);
    // 66 on a near branch is obeyed by AMD and ignored by Intel.
    if (row.prefix == Mandatory::Any && !isNearBranch(row) && m_random.percent(30)) p.push_back(0x66);
    if (row.prefix != Mandatory::Any && !wide && row.prefix != Mandatory::P66 && m_random.percent(5)) p.push_back(0x66);
    if ((row.attributes & kRep) != 0) {
        if (m_random.percent(60)) p.push_back(m_random.percent(60) ? 0xf3 : 0xf2);
    } else if (row.prefix == Mandatory::Any && row.map == Map::One && row.opcode != 0x90 &&
               (row.opcode & 0xfe) != 0xe0 && m_random.percent(3)) {
        // (Not LOOPE and LOOPNE: to AMD it is these prefixes that say which of the two it is.)
        p.push_back(m_random.percent(50) ? 0xf3 : 0xf2);
    }
    if (m_random.percent(10)) {
        p.push_back(0x67);
        e.address32 = true;
    }
    if (m_random.percent(12)) {
        static constexpr u8 kOverrides[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x64, 0x65};
        static constexpr int kNames[] = {ES, CS, SS, DS, FS, GS, FS, GS};
        const u64 which = m_random.below(8);
        p.push_back(kOverrides[which]);
        e.segment = kNames[which];
    }
    std::rotate(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(p.empty() ? 0 : m_random.below(p.size())), p.end());
    if (m_random.percent(60)) e.rex = static_cast<u8>(0x40 | m_random.below(16));
    if (row.map == Map::One && (row.opcode & 0xf0) == 0x40) e.rex = 0;
    if ((row.attributes & (kSse | kMmx)) != 0 && m_random.percent(40)) e.rex = 0;
}

void Generator::chooseMemory(const Row& row, Encoding& e) {
    State& s = m_case.in;
    const bool bus = (row.attributes & kLockable) != 0 || starts(row.mnemonic, "xchg");
    e.target = chooseTarget(16);
    // A locked access that crosses a cache line is slow or forbidden on hosts that detect split locks.
    if (bus && (e.target & 63) > 48) e.target &= ~u64{15};
    if (bus && m_random.percent(20) && (row.attributes & kLockable) != 0) e.prefixes.insert(e.prefixes.begin(), 0xf0);
    u64 effective = e.target;
    if (e.segment == FS) effective -= kFsBase;
    if (e.segment == GS) effective -= kGsBase;
    if (isBitTest(row) && row.digit < 0) {
        // The bit offset in a register reaches far: keep it near, mostly.
        const i64 bit = static_cast<i64>(m_random.below(4000)) - 2000;
        const unsigned reg = e.reg | ((e.rex & 4) << 1);
        if (!e.prefixes.empty() && e.prefixes.front() == 0xf0)
            s.gpr[reg] = m_random.below(16);
        else if (m_random.percent(92))
            s.gpr[reg] = static_cast<u64>(bit) | (m_random.percent(20) ? u64{7} << 60 : 0);
    }

    const auto disp32 = [&](u64 value) {
        for (unsigned i = 0; i < 4; ++i) e.tail.push_back(static_cast<u8>(value >> (8 * i)));
    };
    const auto garbage = [&](u64 value) {
        return e.address32 ? (value & 0xffffffff) | (m_random.next() & 0xffffffff00000000) : value;
    };
    const bool near32 = effective + 0x80000000 < 0x100000000;
    const u64 kind = m_random.below(10);
    if (kind == 0) {  // RIP-relative: the displacement is known when the length is
        e.mod = 0;
        e.rm = 5;
        e.ripRelative = true;
        e.ripAt = static_cast<unsigned>(e.tail.size());
        disp32(0);
        return;
    }
    if (kind == 1 && (near32 || e.address32)) {  // absolute
        e.mod = 0;
        e.rm = 4;
        e.tail.push_back(static_cast<u8>(m_random.below(4) << 6 | 0x25));
        e.rex &= static_cast<u8>(~0x02);
        disp32(effective);
        return;
    }
    const i64 small = static_cast<i8>(m_random.next());
    const i64 large = static_cast<i32>(m_random.next());
    e.mod = static_cast<u8>(m_random.below(3));
    i64 disp = e.mod == 0 ? 0 : e.mod == 1 ? small : large;
    if (e.rm != 4 && m_random.percent(60)) {
        const unsigned base = e.rm | ((e.rex & 1) << 3);
        if (e.mod == 0 && e.rm == 5) e.mod = 1;
        if (e.mod == 1) disp = small;
        s.gpr[base] = garbage(effective - static_cast<u64>(disp));
    } else {
        e.rm = 4;
        const u8 scale = static_cast<u8>(m_random.below(4)), index = static_cast<u8>(m_random.below(8));
        const u8 base = static_cast<u8>(m_random.below(8));
        e.tail.push_back(static_cast<u8>(scale << 6 | index << 3 | base));
        const unsigned indexReg = index | ((e.rex & 2) << 2), baseReg = base | ((e.rex & 1) << 3);
        const bool hasIndex = indexReg != RSP;
        const bool hasBase = !(base == 5 && e.mod == 0);
        if (!hasBase) {
            if (hasIndex) {
                const u64 value = m_random.below(0x1000) << 3;
                s.gpr[indexReg] = garbage(value);
                disp = static_cast<i32>(effective - (value << scale));
            } else {
                disp = static_cast<i32>(effective);
            }
            disp32(static_cast<u64>(disp));
            return;
        }
        if (hasIndex && indexReg == baseReg) {
            const u64 value = m_random.below(0x1000);
            s.gpr[baseReg] = garbage(value);
            e.mod = 2;
            disp = static_cast<i32>(effective - value - (value << scale));
        } else {
            u64 value = 0;
            if (hasIndex) {
                value = m_random.percent(50) ? m_random.below(0x10000) : m_random.integer();
                s.gpr[indexReg] = value;
                if (e.address32) value &= 0xffffffff;
            }
            s.gpr[baseReg] = garbage(effective - static_cast<u64>(disp) - (hasIndex ? value << scale : 0));
        }
    }
    if (e.mod == 1) e.tail.push_back(static_cast<u8>(disp));
    if (e.mod == 2) disp32(static_cast<u64>(disp));
}

void Generator::chooseOperands(const Row& row, Encoding& e) {
    switch (row.map) {
        case Map::One:
            break;
        case Map::Of:
            e.opcode = {0x0f};
            break;
        case Map::Of38:
            e.opcode = {0x0f, 0x38};
            break;
        case Map::Of3a:
            e.opcode = {0x0f, 0x3a};
            break;
    }
    u8 last = row.opcode;
    if (hasForm(row, {Form::Zb, Form::Zv})) last = static_cast<u8>((last & 0xf8) | m_random.below(8));
    e.opcode.push_back(last);
    if (!hasModrm(row)) return;
    e.modrm = true;
    e.reg = row.digit >= 0 ? static_cast<u8>(row.digit) : static_cast<u8>(m_random.below(8));
    e.rm = row.rm >= 0 ? static_cast<u8>(row.rm) : static_cast<u8>(m_random.below(8));
    e.memory = row.mod == Mod::Memory || (row.mod == Mod::Any && m_random.percent(60));
    if (row.rm >= 0) e.memory = false;
    if (hasForm(row, {Form::Cd, Form::Dd})) e.memory = false;
    if (e.memory) chooseMemory(row, e);
}

void Generator::chooseImmediates(const Row& row, Encoding& e) {
    bool wide = (e.rex & 8) != 0;
    const bool narrow = std::find(e.prefixes.begin(), e.prefixes.end(), 0x66) != e.prefixes.end();
    const auto add = [&](u64 value, unsigned length) {
        for (unsigned i = 0; i < length; ++i) e.tail.push_back(static_cast<u8>(value >> (8 * i)));
    };
    if ((row.attributes & (kDefault64 | kForce64)) != 0 && !narrow) wide = true;
    for (Form f : row.operands) switch (f) {
            case Form::Ib:
            case Form::Ibs:
                add(isShift(row) && m_random.percent(80) ? m_random.below(70) : m_random.integer(), 1);
                break;
            case Form::Iw:
                // Of RETF: whether the outer stack is read before the selector is checked is the maker's own.
                add(isFarReturn(row)       ? m_random.below(8) * 8
                    : m_random.percent(50) ? m_random.below(64)
                                           : m_random.integer(),
                    2);
                break;
            case Form::Iz:
                add(m_random.integer(), narrow && !wide ? 2 : 4);
                break;
            case Form::Iv:
                add(m_random.integer(), wide ? 8 : narrow ? 2 : 4);
                break;
            case Form::Jb:
                e.jumpAt = static_cast<unsigned>(e.tail.size());
                e.jumpLength = 1;
                add(m_random.next(), 1);
                break;
            case Form::Jz:
                e.jumpAt = static_cast<unsigned>(e.tail.size());
                e.jumpLength = 4;
                add(0, 4);
                break;
            case Form::Ob:
            case Form::Ov: {
                u64 at = chooseTarget(8);
                e.target = at;
                if (e.segment == FS) at -= kFsBase;
                if (e.segment == GS) at -= kGsBase;
                add(at, e.address32 ? 4 : 8);
                break;
            }
            default:
                break;
        }
}

void Generator::special(const Row& row, Encoding& e) {
    State& s = m_case.in;
    const std::string_view name = row.mnemonic;
    if (isReturn(row)) pokeWord(s.gpr[RSP], chooseJumpTarget());
    if (isNearBranch(row) && e.modrm && !e.memory) s.gpr[e.rm | ((e.rex & 1) << 3)] = chooseJumpTarget();
    if (isInterruptReturn(row) || isFarReturn(row)) {
        const bool narrow = std::find(e.prefixes.begin(), e.prefixes.end(), 0x66) != e.prefixes.end();
        const unsigned size = (e.rex & 8) != 0 ? 8 : narrow ? 2 : 4;
        std::array<u8, 40> frame{};
        // Where a far transfer to a non-canonical address faults is the maker's own.
        const u64 words[] = {chooseJumpTarget() & 0x7fffffff,
                             m_random.percent(90) ? 0x33u : m_random.below(0x40) & ~u64{4},
                             0x202 | (m_random.next() & flag::kStatus), kData + 0x800 + m_random.below(0x100) * 8,
                             m_random.percent(90) ? 0x2bu : m_random.below(0x38) & ~u64{4}};
        for (unsigned i = 0; i < 5; ++i) __builtin_memcpy(frame.data() + i * size, &words[i], size);
        // A return to 32-bit code would leave 64-bit mode, which our CPU does not.
        if ((words[1] & ~u64{3}) == 0x20) __builtin_memset(frame.data(), 0xff, frame.size());
        s.gpr[RSP] = kData + 0x400 + m_random.below(0x1800) / 8 * 8;
        poke(s.gpr[RSP], std::span(frame).first(5 * size));
    }
    if (isFarIndirect(row) && e.target - kData < kDataSize - 16) {
        const bool narrow = std::find(e.prefixes.begin(), e.prefixes.end(), 0x66) != e.prefixes.end();
        pokeWord(e.target, chooseJumpTarget(), narrow ? 2 : 4);
        pokeWord(e.target + (narrow ? 2 : 4),
                 m_random.percent(70) ? 0x33 : m_random.pick({0, 1, 0x10, 0x2b, 0x30, 0x28}), 2);
    }
    if (name == "leave" || name == "enter") {
        s.gpr[RBP] = m_random.percent(90) ? kData + 0x400 + m_random.below(0x1800) : chooseTarget(8);
    }
    if (name == "cmpxchg" && m_random.percent(50)) {
        if (e.memory)
            pokeWord(e.target, s.gpr[RAX]);
        else
            s.gpr[RAX] = s.gpr[e.rm | ((e.rex & 1) << 3)];
    }
    if (starts(name, "cmpxchg8b") || starts(name, "cmpxchg16b")) {
        if (m_random.percent(50)) {
            const bool wide = (e.rex & 8) != 0;
            pokeWord(e.target, wide ? s.gpr[RAX] : (s.gpr[RAX] & 0xffffffff) | s.gpr[RDX] << 32);
            if (wide) pokeWord(e.target + 8, s.gpr[RDX]);
        }
    }
    if ((name == "div" || name == "idiv") && m_random.percent(75)) {
        s.gpr[RDX] = m_random.percent(50) ? 0 : name == "idiv" ? ~u64{0} : m_random.below(4);
        if (m_random.percent(50)) s.gpr[RAX] &= 0xff;
    }
    if (starts(name, "xlat")) {
        s.gpr[RBX] = kData + 0x100 + m_random.below(0x1e00) -
                     (e.segment == FS   ? kFsBase
                      : e.segment == GS ? kGsBase
                                        : 0);
        if (e.address32) s.gpr[RBX] &= 0xffffffff;
    }
    if (starts(name, "maskmov")) {
        // Whether bytes that the mask leaves out may fault is the maker's own.
        s.gpr[RDI] = kData + m_random.below(kDataSize - 16) -
                     (e.segment == FS   ? kFsBase
                      : e.segment == GS ? kGsBase
                                        : 0);
        if (e.address32) s.gpr[RDI] &= 0xffffffff;
    }
    if ((row.attributes & kRep) != 0) {
        if (e.segment == FS) s.gpr[RSI] -= kFsBase;
        if (e.segment == GS) s.gpr[RSI] -= kGsBase;
        if (e.address32) {
            const u64 above = m_random.next() << 32;
            for (Gpr g : {RSI, RDI, RCX}) s.gpr[g] = (s.gpr[g] & 0xffffffff) | above;
        }
        if (starts(name, "cmps") || starts(name, "scas")) {
            // Something equal to compare, so that REPE goes some way.
            std::array<u8, 64> same;
            const u8 value = static_cast<u8>(s.gpr[RAX]);
            same.fill(value);
            if (m_random.percent(50)) s.gpr[RAX] = u64{0x0101010101010101} * value;
            const u64 source = (e.address32 ? s.gpr[RSI] & 0xffffffff : s.gpr[RSI]) + (e.segment == FS   ? kFsBase
                                                                                       : e.segment == GS ? kGsBase
                                                                                                         : 0);
            if (m_random.percent(70)) poke(e.address32 ? s.gpr[RDI] & 0xffffffff : s.gpr[RDI], same);
            if (m_random.percent(70)) poke(source, same);
        }
    }
    if (starts(name, "fxrstor") && m_random.percent(90)) {
        std::array<u8, 32> head{};
        const u16 control = static_cast<u16>(m_random.next() & 0x1f7f), status = static_cast<u16>(m_random.next());
        const u32 mxcsr = static_cast<u32>(m_random.next() & (m_random.percent(90) ? 0xffff : 0x1ffff));
        const u8 tags = static_cast<u8>(m_random.next());
        __builtin_memcpy(head.data(), &control, 2);
        __builtin_memcpy(head.data() + 2, &status, 2);
        head[4] = tags;
        __builtin_memcpy(head.data() + 24, &mxcsr, 4);
        m_patches = 0;
        e.target &= m_random.percent(95) ? ~u64{15} : ~u64{0};
        poke(e.target, head);
    }
    if (isPushOfSegment(row))  // Intel writes the low half alone
        m_case.blind[0] = Blind{static_cast<u32>(s.gpr[RSP] - 8 - kData) + 2, 6};
    if (starts(name, "fxsave"))  // opcode and pointers, MXCSR_MASK, and what is reserved
        m_case.blind = {Blind{static_cast<u32>(e.target - kData) + 6, 18},
                        Blind{static_cast<u32>(e.target - kData) + 28, 4},
                        Blind{static_cast<u32>(e.target - kData) + 416, 96}};
    if (starts(name, "fnstenv") || starts(name, "fstenv") || starts(name, "fnsave") || starts(name, "fsave"))
        m_case.blind = {Blind{static_cast<u32>(e.target - kData), 28}, Blind{}, Blind{}};
    if (starts(name, "ldmxcsr") && m_random.percent(80))
        pokeWord(e.target, m_random.next() & (m_random.percent(85) ? 0xffff : 0xfffdffff), 4);
}

std::optional<Generated> Generator::make(const Row& row) {
    m_case = Case{};
    m_patches = 0;
    chooseState(row);
    Encoding e;
    choosePrefixes(row, e);
    chooseOperands(row, e);
    chooseImmediates(row, e);
    special(row, e);
    if (e.memory && m_patches < 2 && !starts(row.mnemonic, "cmpxchg")) fillOperand(row, e.target, 32);
    if (isStack(row) && m_patches == 0) fillOperand(row, m_case.in.gpr[RSP], 32);
    if (!e.memory && (row.attributes & kLockable) != 0 && m_random.percent(2))
        e.prefixes.insert(e.prefixes.begin(), 0xf0);

    std::vector<u8> code = e.prefixes;
    if (e.rex != 0) code.push_back(e.rex);
    code.insert(code.end(), e.opcode.begin(), e.opcode.end());
    if (e.modrm) code.push_back(static_cast<u8>((e.memory ? e.mod : 3) << 6 | e.reg << 3 | e.rm));
    const unsigned tailAt = static_cast<unsigned>(code.size());
    code.insert(code.end(), e.tail.begin(), e.tail.end());
    if (code.size() > 15) return {};
    const u64 length = code.size();

    switch (m_random.below(12)) {
        case 0:
            m_at = kCode + kPageSize - 1 - m_random.below(length + 1);
            break;
        case 1:
            m_at = kCode + kCodeSize - length - (m_random.percent(50) ? 0 : 1);
            break;
        default:
            m_at = kCode + 64 + m_random.below(kPageSize * 3 / 2);
            break;
    }
    const u64 next = m_at + length;
    if (e.ripRelative) {
        u64 target = e.target;
        if (e.segment == FS) target -= kFsBase;
        if (e.segment == GS) target -= kGsBase;
        const u32 disp = static_cast<u32>(target - next);
        __builtin_memcpy(code.data() + tailAt + e.ripAt, &disp, 4);
    }
    if (e.jumpLength == 4) {
        const u32 disp = static_cast<u32>(chooseJumpTarget() - next);
        __builtin_memcpy(code.data() + tailAt + e.jumpAt, &disp, 4);
    }

    Generated g;
    g.decoded = decode(code);
    if (g.decoded.status == DecodeStatus::Short || g.decoded.status == DecodeStatus::Unimplemented) return {};
    if (g.decoded.row != &row) return {};
    if (g.decoded.length != length) return {};
    if (e.jumpLength != 0) {
        // A jump back into its own bytes would run other instructions than this one.
        const u64 target =
            next + static_cast<u64>(e.jumpLength == 1
                                        ? static_cast<i64>(static_cast<i8>(code[tailAt + e.jumpAt]))
                                        : static_cast<i64>(static_cast<i32>(
                                              code[tailAt + e.jumpAt] | code[tailAt + e.jumpAt + 1] << 8 |
                                              code[tailAt + e.jumpAt + 2] << 16 | code[tailAt + e.jumpAt + 3] << 24)));
        if (target - m_at < length) return {};
    }
    if (isNearBranch(row) && g.decoded.operand16) return {};
    if (row.map == Map::One && row.opcode == 0xcd && code[tailAt] == 0x80) return {};  // enters the host's kernel

    // AMD has no far pointers of 64 bits; what lies in memory that is not ours to choose may be any selector.
    if (isFarIndirect(row) && (g.decoded.operandSize == 8 || e.target - kData >= kDataSize - 16)) return {};

    const u64 room = kCode + kCodeSize - m_at;
    if (!e.memory && row.rm < 0 && row.map == Map::Of && row.opcode == 0x01) return {};  // other instructions' place
    if (!e.memory && row.map == Map::Of && row.opcode == 0x0d) return {};  // AMD: undefined; Intel: nothing happens
    if (row.mnemonic == "(bad)" && room < 16) return {};                   // how many bytes are fetched first
    if (starts(row.mnemonic, "maskmov") && e.address32 && e.segment >= FS) return {};  // ends up outside
    if (row.mnemonic == "movsxd" && g.decoded.operandSize == 2) return {};  // AMD reads four bytes, Intel two
    if (row.mnemonic == "bswap" && g.decoded.operandSize == 2) return {};   // undefined

    m_case.in.rip = m_at;
    m_case.codeLength = static_cast<u8>(std::min(length, room));
    std::copy_n(code.begin(), m_case.codeLength, m_case.code.begin());
    if (e.memory && e.target - kCode < kCodeSize + 64 && isNearBranch(row)) return {};
    // Code as data: the instruction may read its own bytes, but an indirect jump through them is anyone's guess.
    if (isReturn(row) && m_case.in.gpr[RSP] - kCode < kCodeSize) return {};
    if ((isNearBranch(row) || isReturn(row) || isInterruptReturn(row) || isFarReturn(row)) &&
        std::any_of(m_case.in.gpr.begin(), m_case.in.gpr.end(), [&](u64 v) { return v - m_at < length; }))
        return {};
    for (const Patch& p : m_case.patches)
        for (u32 i = 0; i + 4 <= p.length; ++i) {
            u64 word = 0;
            __builtin_memcpy(&word, p.bytes.data() + i, i + 8 <= p.length ? 8 : 4);
            if (word - m_at < length || (word & 0xffffffff) - m_at < length) return {};
        }

    g.undefinedFlags = row.undefined;
    if (isShift(row)) {
        // SDM vol. 2, SAL/SAR/SHL/SHR and RCL/RCR/ROL/ROR: nothing changes for a count of 0; OF is defined for 1 only.
        const unsigned size = g.decoded.operandSize;
        unsigned count = row.map == Map::One && (row.opcode & 0xfe) == 0xd0 ? 1 : 0;
        if (hasForm(row, {Form::Ib})) count = code.back();
        if (hasForm(row, {Form::Cl})) count = static_cast<u8>(m_case.in.gpr[RCX]);
        count &= size == 8 ? 63 : 31;
        const bool isDouble = row.map == Map::Of;
        const bool rotates = !isDouble && row.digit < 4;
        g.undefinedFlags = 0;
        if (count > 1) g.undefinedFlags |= flag::OF;
        if (count > 0 && !rotates) g.undefinedFlags |= flag::AF;
        if (count >= size * 8 && !rotates && (isDouble || row.digit != 7)) g.undefinedFlags |= flag::CF;
        if (isDouble && count > size * 8) return {};  // result and flags are undefined
    }
    g.undefinedIfZero = row.mnemonic == "bsf" || row.mnemonic == "bsr";
    g.looseMmx = (row.attributes & kSse) != 0 && hasForm(row, {Form::P, Form::N, Form::Q});
    if (row.mnemonic == "maskmovq") g.looseMmx = true;
    // SDM: flags as before the instruction; AMD: as after the last round.
    g.flagsOfFaultUndefined = starts(row.mnemonic, "cmps") || starts(row.mnemonic, "scas");
    g.test = m_case;
    return g;
}

}  // namespace ringside::sandbox
