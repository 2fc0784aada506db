// Straight sequences of instructions, on the host CPU and on ours: what one leaves behind (flags that are computed only
// when asked for, partly written registers, the x87 stack, code that was decoded as a block) is what the next one works
// with.
//
//     ringside_sequences [--cases N] [--seed N]
//
// Ends with 0, 1 or 77 as ringside_rows does.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

#include "tests/differential/compare.h"
#include "tests/differential/generator.h"
#include "tests/differential/native.h"
#include "tests/differential/simulated.h"

using namespace ringside;
using namespace ringside::sandbox;

namespace {

constexpr int kSkipped = 77;
constexpr u64 kBatch = 2000;

struct Sequence {
    Case test;
    u64 undefinedAtEnd = 0, undefinedEver = 0;
    std::string text;
};

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool isShift(std::string_view name) {
    return isOneOf(name, {"rol", "ror", "rcl", "rcr", "shl", "shr", "sar", "shld", "shrd"});
}

// Rows that a sequence goes on behind.
bool isUsable(const Row& row) {
    if (!excluded(row).empty()) return false;
    if ((row.attributes & (kEndsBlock | kJump)) != 0) return false;
    for (Form f : row.operands)
        if (f == Form::Cd || f == Form::Dd) return false;
    return !isOneOf(
        row.mnemonic,
        {"(bad)",  "ud0",     "ud1",      "ud2",        "in",       "out",      "ins",       "outs",     "hlt",
         "cli",    "sti",     "rdmsr",    "wrmsr",      "invd",     "wbinvd",   "clts",      "invlpg",   "popf",
         "bsf",    "bsr",     "shld",     "shrd",       "int",      "int1",     "int3",      "iret",     "retf",
         "ret",    "lcall",   "ljmp",     "call",       "jmp",      "fnsave",   "fnstenv",   "fxsave",   "fldenv",
         "frstor", "fxrstor", "maskmovq", "maskmovdqu", "cvtpi2ps", "cvtps2pi", "cvttps2pi", "cvtpd2pi", "cvttpd2pi",
         "swapgs", "lgdt",    "lidt",     "lldt",       "ltr",      "lmsw",     "sysret",    "xlat"});
}

bool readsFlags(const Row& row) {
    const std::string_view name = row.mnemonic;
    return isOneOf(name, {"adc", "sbb", "rcl", "rcr", "cmc", "lahf", "pushf"}) || name.starts_with("set") ||
           name.starts_with("cmov") || name.starts_with("fcmov");
}

class Maker {
 public:
    explicit Maker(u64 seed) : m_random(seed), m_generator(seed ^ 0x5e90) {
        for (const Row& row : allRows())
            if (isUsable(row)) m_rows.push_back(&row);
    }

    Sequence make() {
        Sequence s;
        const u64 wanted = 4 + m_random.below(20);
        const u64 at = kCode + 64 + m_random.below(kPageSize * 3 / 2);
        std::size_t length = 0;
        bool hasState = false, floating = false;
        // Sequences of one kind of row meet each other's results more often.
        const u64 kind = m_random.below(4);
        for (u64 n = 0, tries = 0; n < wanted && tries < 400; ++tries) {
            const Row& row = *m_rows[m_random.below(m_rows.size())];
            const bool isFloat = (row.attributes & (kX87 | kSse | kMmx)) != 0;
            if (kind == 0 && isFloat) continue;
            if (kind == 1 && (row.attributes & kX87) == 0 && m_random.percent(80)) continue;
            if (kind == 2 && (row.attributes & kSse) == 0 && m_random.percent(80)) continue;
            if (s.undefinedAtEnd != 0 && readsFlags(row)) continue;
            auto made = m_generator.make(row);
            if (!made || made->decoded.status != DecodeStatus::Ok || made->test.codeLength != made->decoded.length)
                continue;
            const Decoded& d = made->decoded;
            if (d.memory && !d.ripRelative && (d.base != kZeroRegister || d.index != kZeroRegister)) continue;
            if (length + d.length > s.test.code.size()) break;
            std::array<u8, 15> bytes{};
            std::copy_n(made->test.code.begin(), d.length, bytes.begin());
            if (d.ripRelative) {
                const u32 disp = static_cast<u32>(d.disp + static_cast<i64>(made->test.in.rip - (at + length)));
                std::memcpy(bytes.data() + d.displacement.begin, &disp, 4);
            }
            std::copy_n(bytes.begin(), d.length, s.test.code.begin() + static_cast<std::ptrdiff_t>(length));
            length += d.length;
            ++n;
            s.text += fmt::format("{}{}", s.text.empty() ? "" : "; ", row.mnemonic);
            if (!hasState || (isFloat && !floating)) {
                s.test.in = made->test.in;
                hasState = true;
                floating = isFloat;
            }
            s.test.patches = made->test.patches;
            if (isShift(row.mnemonic)) {
                s.undefinedAtEnd |= flag::OF | flag::AF | flag::CF;
            } else {
                s.undefinedAtEnd = (s.undefinedAtEnd & ~u64{row.defined}) | row.undefined;
            }
            s.undefinedEver |= s.undefinedAtEnd;
        }
        s.test.in.rip = at;
        s.test.in.gpr[RSP] = kData + 0x1000 + m_random.below(64) * 8;
        s.test.codeLength = static_cast<u8>(length);
        return s;
    }

 private:
    Random m_random;
    Generator m_generator;
    std::vector<const Row*> m_rows;
};

}  // namespace

int main(int argc, char** argv) {
    u64 count = longRun() ? 1'000'000 : 40'000, seed = 1;
    for (int i = 1; i < argc; ++i) {
        const auto number = [&](u64& value) {
            ++i;
            std::from_chars(argv[i], argv[i] + std::strlen(argv[i]), value);
        };
        if (i + 1 < argc && std::strcmp(argv[i], "--cases") == 0)
            number(count);
        else if (i + 1 < argc && std::strcmp(argv[i], "--seed") == 0)
            number(seed);
    }
    auto native = Native::create();
    if (!native) {
        fmt::print("Skipped: {}\n", native.error().sentence);
        return kSkipped;
    }
    Simulated simulated;
    Maker maker(seed);
    u64 tried = 0, wrong = 0, toTheEnd = 0;
    for (u64 first = 0; first < count; first += kBatch) {
        std::vector<Sequence> sequences;
        std::vector<Case> cases;
        for (u64 i = 0; i < std::min(kBatch, count - first); ++i) {
            sequences.push_back(maker.make());
            cases.push_back(sequences.back().test);
        }
        const std::vector<Result> host = native->run(cases);
        for (std::size_t i = 0; i < cases.size(); ++i) {
            if (host[i].status != 1) {
                fmt::print("{}: the host's child ended (signal {})\n", sequences[i].text, host[i].signal);
                ++wrong;
                continue;
            }
            ++tried;
            Generated g;
            g.test = cases[i];
            g.decoded = decode(cases[i].code);
            g.undefinedFlags = host[i].vector == 3 ? sequences[i].undefinedAtEnd : sequences[i].undefinedEver;
            if (host[i].vector == 3) ++toTheEnd;
            const Result ours = simulated.run(cases[i]);
            const std::string text = differences(g, host[i], ours);
            if (text.empty()) continue;
            if (++wrong > 20) continue;
            fmt::print("{}\n      {}\n     {}\n      {}\n", sequences[i].text, bytesOf(cases[i]), text,
                       beginningOf(cases[i]));
        }
    }
    fmt::print("Against the host CPU: {} sequences, {} of them to their end, {} disagreements\n", tried, toTheEnd,
               wrong);
    if (wrong == 0) return 0;
    return Native::isKnownKind() ? 1 : kSkipped;
}
