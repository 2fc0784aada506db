// MOVS, STOS, LODS, CMPS, SCAS, INS, OUTS with and without REP. Registers follow each iteration, so that a fault in the
// middle leaves the instruction restartable. One tick executes at most kIterations of them; then the same instruction
// goes on in the next tick, as if an interrupt had come in between.
#include <algorithm>
#include <vector>

#include "core/cpu/insn/arithmetic.h"
#include "core/cpu/insn/families.h"
#include "core/cpu/insn/operands.h"

namespace ringside {
namespace {

constexpr u64 kIterations = 4096;

enum class Kind : u8 { Movs, Stos, Lods, Cmps, Scas, Ins, Outs };

struct Cursor {
    Exec& x;
    const Insn& i;
    bool narrow = i.has(Insn::kAddress32);
    u64 step;

    Cursor(Exec& exec, const Insn& insn, unsigned size)
        : x(exec), i(insn), step(exec.regs.rflags & flag::DF ? 0 - u64{size} : size) {}

    u64 wrap(u64 v) const { return narrow ? static_cast<u32>(v) : v; }
    u64 source() const { return wrap(x.r[RSI]) + x.r[i.segment]; }
    u64 destination() const { return wrap(x.r[RDI]); }
    u64 count() const { return wrap(x.r[RCX]); }
    void advanceSource(u64 by) { x.r[RSI] = wrap(x.r[RSI] + by); }
    void advanceDestination(u64 by) { x.r[RDI] = wrap(x.r[RDI] + by); }
};

void requirePorts(const Exec& x) {
    if (x.regs.cpl() > (x.regs.rflags >> 12 & 3)) raise(vector::GP);
}

// One iteration. Flags of comparisons go to `flags`: a fault later in the same tick must not show them.
template <Kind kKind, class T>
void iterate(Cursor& c, LazyFlags& flags) {
    Exec& x = c.x;
    if constexpr (kKind == Kind::Movs) {
        x.store<T>(c.destination(), x.load<T>(c.source()));
        c.advanceSource(c.step);
        c.advanceDestination(c.step);
    } else if constexpr (kKind == Kind::Stos) {
        x.store<T>(c.destination(), x.get<T>(RAX));
        c.advanceDestination(c.step);
    } else if constexpr (kKind == Kind::Lods) {
        x.set<T>(RAX, x.load<T>(c.source()));
        c.advanceSource(c.step);
    } else if constexpr (kKind == Kind::Cmps || kKind == Kind::Scas) {
        const T a = kKind == Kind::Cmps ? x.load<T>(c.source()) : x.get<T>(RAX);
        const T b = x.load<T>(c.destination());
        const LazyFlags before = x.flags;
        subtractWithFlags<T>(x, a, b);
        flags = x.flags;
        x.flags = before;
        if (kKind == Kind::Cmps) c.advanceSource(c.step);
        c.advanceDestination(c.step);
    } else if constexpr (kKind == Kind::Ins) {
        x.store<T>(c.destination(), static_cast<T>(~T{0}));  // no device answers
        c.advanceDestination(c.step);
    } else {
        x.load<T>(c.source());
        c.advanceSource(c.step);
    }
}

// As many whole iterations as lie in pages whose host bytes are known; 0 when that path is not open. What it does and
// counts is what that many iterations would.
template <Kind kKind, class T>
u64 iterateInBulk(Cursor& c, u64 most) {
    Exec& x = c.x;
    if (c.narrow || c.step != sizeof(T)) return 0;
    const u64 to = c.destination();
    const HostPage& toPage = x.data[to >> kPageShift & (kHostPages - 1)];
    if (toPage.writeTag != pageDown(to)) return 0;
    u64 n = std::min(most, (kPageSize - pageOffset(to)) / sizeof(T));
    u8* out = toPage.bytes + pageOffset(to);
    if constexpr (kKind == Kind::Movs) {
        const u64 from = c.source();
        const HostPage& fromPage = x.data[from >> kPageShift & (kHostPages - 1)];
        if (fromPage.readTag != pageDown(from)) return 0;
        n = std::min(n, (kPageSize - pageOffset(from)) / sizeof(T));
        const u8* in = fromPage.bytes + pageOffset(from);
        // An overlapping copy upwards repeats a pattern, which memmove would not.
        if (in < out && in + n * sizeof(T) > out) return 0;
        std::memmove(out, in, n * sizeof(T));
        c.advanceSource(n * sizeof(T));
        x.accesses += 2 * n;
    } else {
        const T value = x.get<T>(RAX);
        if constexpr (sizeof(T) == 1)
            std::memset(out, value, n);
        else
            for (u64 k = 0; k < n; ++k) std::memcpy(out + k * sizeof(T), &value, sizeof(T));
        x.accesses += n;
    }
    Ram::noteStores(toPage.bytes, to, n * sizeof(T));
    c.advanceDestination(n * sizeof(T));
    return n;
}

template <Kind kKind>
struct String {
    template <class T, bool>
    static void run(Exec& x, const Insn& i) {
        constexpr bool kCompares = kKind == Kind::Cmps || kKind == Kind::Scas;
        if (kKind == Kind::Ins || kKind == Kind::Outs) requirePorts(x);
        Cursor c(x, i, sizeof(T));
        LazyFlags flags;
        if (!(i.flags & (Insn::kRep | Insn::kRepne))) {
            iterate<kKind, T>(c, flags);
            if (kCompares) x.flags = flags;
            return;
        }
        if (c.count() == 0) return;
        // With the trap flag, or somebody watching memory, each iteration is a step.
        const bool single = (x.regs.rflags & flag::TF) || (x.regs.dr[7] & dr7::kEnables);
        u64 left = single ? 1 : kIterations;
        bool ended = false;
        while (!ended && left > 0) {
            u64 done = 0;
            if constexpr (kKind == Kind::Movs || kKind == Kind::Stos)
                done = iterateInBulk<kKind, T>(c, std::min(left, c.count()));
            if (done == 0) {
                iterate<kKind, T>(c, flags);
                done = 1;
            }
            left -= done;
            x.r[RCX] = c.wrap(x.r[RCX] - done);
            ended = c.count() == 0;
            if constexpr (kCompares) ended = ended || flags.zf() == i.has(Insn::kRepne);
        }
        if (kCompares) x.flags = flags;
        if (!ended) {
            // Going on is no new arrival: RF keeps breakpoints quiet.
            x.regs.rflags |= flag::RF;
            x.jump(i, x.ripOf(i));
            x.attention = true;
        }
    }
};

template <Kind kKind>
void add(std::vector<Row>& rows, u8 opcode, std::string_view name, u16 defined = 0) {
    using enum Form;
    Handlers words = wordRegister<String<kKind>>();
    if (kKind == Kind::Ins || kKind == Kind::Outs) words.reg[3] = words.reg[2];
    constexpr u16 kString = kRep | kEndsBlock;
    rows.push_back({.opcode = opcode,
                    .mnemonic = name,
                    .operands = {Yb, Xb},
                    .handlers = {{&String<kKind>::template run<u8, false>}, {}},
                    .timing = Timing::String,
                    .defined = defined,
                    .attributes = kString | kByte});
    rows.push_back({.opcode = static_cast<u8>(opcode + 1),
                    .mnemonic = name,
                    .operands = {Yv, Xv},
                    .handlers = words,
                    .timing = Timing::String,
                    .defined = defined,
                    .attributes = kString});
}

std::vector<Row> makeRows() {
    std::vector<Row> rows;
    add<Kind::Movs>(rows, 0xa4, "movs");
    add<Kind::Cmps>(rows, 0xa6, "cmps", flag::kStatus);
    add<Kind::Stos>(rows, 0xaa, "stos");
    add<Kind::Lods>(rows, 0xac, "lods");
    add<Kind::Scas>(rows, 0xae, "scas", flag::kStatus);
    add<Kind::Ins>(rows, 0x6c, "ins");
    add<Kind::Outs>(rows, 0x6e, "outs");
    return rows;
}

}  // namespace

std::span<const Row> rowsOfString() {
    static const std::vector<Row> rows = makeRows();
    return rows;
}

}  // namespace ringside
