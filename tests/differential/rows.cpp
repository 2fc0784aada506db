// Tries every row of the CPU's instruction table on the host CPU and on ours, and tells where they part.
//
//     ringside_rows [--cases N] [--seed N] [--row MNEMONIC] [--show N]
//
// Ends with 0 when all agree, 1 when not, 77 (skipped) where the host can not be asked, or where it disagrees and is of
// a kind that nobody has looked into.
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <string_view>

#include "tests/differential/compare.h"
#include "tests/differential/generator.h"
#include "tests/differential/native.h"
#include "tests/differential/simulated.h"

using namespace ringside;
using namespace ringside::sandbox;

namespace {

constexpr int kSkipped = 77;

struct Options {
    u64 cases = longRun() ? 2000 : 500;  // a row; the long run makes a million in all
    u64 seed = 1;
    u64 show = 3;  // disagreements told of a row
    std::string_view row;
};

std::string nameOf(const Row& row) {
    constexpr const char* kMaps[] = {"", "0f ", "0f 38 ", "0f 3a "};
    constexpr const char* kPrefixes[] = {"", "", "66 ", "f3 ", "f2 "};
    std::string text = fmt::format("{} ({}{}{:02x}", row.mnemonic, kPrefixes[static_cast<int>(row.prefix)],
                                   kMaps[static_cast<int>(row.map)], row.opcode);
    if (row.digit >= 0) text += fmt::format(" /{}", row.digit);
    if (row.rm >= 0) text += fmt::format(" rm {}", row.rm);
    if (row.mod != Mod::Any) text += row.mod == Mod::Memory ? " memory" : " register";
    return text + ")";
}

u64 numberOf(const char* text) {
    u64 value = 0;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
}

// The bytes that differ: the case once more on both sides.
std::string memoryDifferences(Native& native, Simulated& simulated, const Case& c) {
    native.run({&c, 1});
    simulated.run(c);
    std::vector<u8> ours = simulated.data();
    makeBlind(c, ours.data());
    std::string text;
    for (u64 i = 0, told = 0; i < kDataSize && told < 16; ++i)
        if (native.data()[i] != ours[i]) {
            text += fmt::format(" [{:x}] host {:02x} ours {:02x}", kData + i, native.data()[i], ours[i]);
            ++told;
        }
    return text;
}

struct Totals {
    u64 cases = 0, rows = 0, disagreements = 0, lost = 0, withoutCases = 0, badRows = 0;
};

void tryRow(const Row& row, u64 seed, const Options& options, Native& native, Simulated& simulated, Totals& totals) {
    Generator generator(seed);
    std::vector<Generated> generated;
    std::vector<Case> cases;
    for (u64 attempt = 0; attempt < options.cases * 20 && cases.size() < options.cases; ++attempt)
        if (auto made = generator.make(row)) {
            cases.push_back(made->test);
            generated.push_back(std::move(*made));
        }
    if (cases.empty()) {
        fmt::print("{}: no cases could be made\n", nameOf(row));
        ++totals.withoutCases;
        return;
    }
    const std::vector<Result> host = native.run(cases);
    u64 wrong = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        if (host[i].status != 1) {
            ++totals.lost;
            fmt::print("{}: {}: the host's child ended (status {}, signal {})\n      {}\n", nameOf(row),
                       bytesOf(cases[i]), host[i].status, host[i].signal, beginningOf(cases[i]));
            continue;
        }
        ++totals.cases;
        const Result ours = simulated.run(cases[i]);
        const std::string text = differences(generated[i], host[i], ours);
        if (text.empty()) continue;
        if (wrong++ >= options.show) continue;
        fmt::print("{}: {}:{}\n", nameOf(row), bytesOf(cases[i]), text);
        if (host[i].memory != ours.memory) fmt::print("     {}\n", memoryDifferences(native, simulated, cases[i]));
        if (options.show > 0) fmt::print("      {}\n", beginningOf(cases[i]));
    }
    ++totals.rows;
    totals.disagreements += wrong;
    if (wrong != 0) {
        ++totals.badRows;
        fmt::print("{}: {} of {} cases disagree\n", nameOf(row), wrong, cases.size());
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (i + 1 < argc && name == "--cases") {
            options.cases = numberOf(argv[++i]);
        } else if (i + 1 < argc && name == "--seed") {
            options.seed = numberOf(argv[++i]);
        } else if (i + 1 < argc && name == "--show") {
            options.show = numberOf(argv[++i]);
        } else if (i + 1 < argc && name == "--row") {
            options.row = argv[++i];
        } else {
            fmt::print(stderr, "What is {}? See the first lines of rows.cpp.\n", name);
            return 2;
        }
    }
    auto native = Native::create();
    if (!native) {
        fmt::print("Skipped: {}\n", native.error().sentence);
        return kSkipped;
    }
    Simulated simulated;
    Totals totals;
    for (const std::string& name : idleExclusions()) {
        fmt::print("{} is left out of the comparison, but there is no such row\n", name);
        ++totals.withoutCases;
    }
    u64 seed = options.seed * 1'000'003;
    for (const Row& row : allRows()) {
        ++seed;
        if (!options.row.empty() && options.row != row.mnemonic) continue;
        if (!excluded(row).empty()) continue;
        tryRow(row, seed, options, *native, simulated, totals);
    }
    fmt::print("Against the host CPU: {} cases over {} rows, {} disagreements", totals.cases, totals.rows,
               totals.disagreements);
    if (totals.badRows != 0) fmt::print(" in {} rows", totals.badRows);
    fmt::print("\n");
    if (totals.lost != 0) fmt::print("{} cases could not be run on the host\n", totals.lost);
    if (totals.withoutCases != 0 || totals.lost != 0) return 1;
    if (totals.disagreements == 0) return 0;
    if (Native::isKnownKind()) return 1;
    fmt::print("Skipped: what is told apart here was only ever told apart on CPUs of AMD\n");
    return kSkipped;
}
