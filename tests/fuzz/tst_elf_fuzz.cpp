// Ten thousand broken ELF files, always the same ones: each gets a sentence or tables, in bounded time and memory, and
// nothing is read outside the bytes (the sanitizer build sees to that).
#include <QtTest>
#include <cstdlib>
#include <random>

#include "core/base/host_file.h"
#include "core/elf/disassembler.h"
#include "core/elf/elf_file.h"
#include "core/elf/source_lines.h"
#include "core/elf/symbols.h"
#include "tests/core/small_elf.h"

using namespace ringside;
using namespace ringside::elf;

namespace {

// Everything the program does with a file it was handed; the sum keeps the work from being optimised away.
u64 useAll(const std::vector<u8>& original) {
    // A copy of exactly this size on the heap, so that one byte too far is seen.
    const std::vector<u8> bytes(original);
    const auto file = readElf(bytes);
    if (!file) return file.error().sentence.size();
    u64 sum = file->problems.size();
    for (const std::string& problem : file->problems) sum += problem.size();
    for (const Section& s : file->sections) {
        sum += s.name.size() + sectionTypeName(s.type).size() + sectionFlags(s.flags).size();
        const Bytes content = bytesOf(bytes, s);
        if (!content.empty()) sum += content.front() + content.back();
    }
    for (const ProgramHeader& p : file->segments) {
        sum += segmentTypeName(p.type).size() + file->sectionsIn(p).size();
        sum += file->fileOffsetOf(p.vaddr).value_or(0) + file->addressOf(p.offset).value_or(0);
    }
    for (const Symbol& s : file->symbols)
        sum += symbolSectionName(*file, s.section).size() + symbolTypeName(s.type).size();
    for (const Relocation& r : file->relocations) sum += relocationTypeName(r.type).size() + r.section;
    for (const DynamicEntry& e : file->dynamic) sum += dynamicTagName(e.tag).size() + e.text.size();
    for (const Note& n : file->notes) sum += n.text.size() + n.descriptor.size();
    const SymbolTable symbols(*file);
    if (const auto place = symbols.at(file->header.entry)) sum += toText(*place).size();
    const SourceLines lines(bytes, *file);
    if (const auto place = lines.at(file->header.entry)) sum += place->line + lines.addressesOf(place->file, 1).size();
    return sum + lines.files().size();
}

class Mutator {
 public:
    explicit Mutator(u64 seed) : m_random(seed) {}
    u64 below(u64 n) { return n ? m_random() % n : 0; }

    void mutate(std::vector<u8>& b) {
        switch (below(6)) {
            case 0:  // cut off
                b.resize(below(b.size()));
                break;
            case 1:  // random bytes anywhere
                for (u64 i = 0, n = 1 + below(40); i < n && !b.empty(); ++i)
                    b[below(b.size())] = static_cast<u8>(m_random());
                break;
            case 2:  // random bytes in the header and program headers
                for (u64 i = 0, n = 1 + below(6); i < n && b.size() > 300; ++i)
                    b[6 + below(250)] = static_cast<u8>(m_random());
                break;
            case 3:  // flipped bits in the section headers
                damageSections(b);
                break;
            case 4:  // interesting numbers
                for (u64 i = 0, n = 1 + below(8); i < n && b.size() > 8; ++i) interesting(b, below(b.size() - 8));
                break;
            default:  // interesting numbers in the section headers
                for (u64 i = 0, n = 1 + below(4); i < n; ++i)
                    if (const u64 at = inSections(b)) interesting(b, at & ~u64{7});
                break;
        }
    }

 private:
    u64 inSections(const std::vector<u8>& b) {
        if (b.size() < 64) return 0;
        const u64 begin = readNumber(b, 40, 8), count = readNumber(b, 60, 2) * 64;
        if (count == 0 || !fits(begin, count + 8, b.size() + 8)) return 0;
        return begin + below(count);
    }
    void damageSections(std::vector<u8>& b) {
        for (u64 i = 0, n = 1 + below(10); i < n; ++i)
            if (const u64 at = inSections(b); at && at < b.size()) b[at] ^= static_cast<u8>(1u << below(8));
    }
    void interesting(std::vector<u8>& b, u64 at) {
        static constexpr u64 kNumbers[] = {0,          1,          0x7f,       0xff,      0xffff,    0x7fffffff,
                                           0x80000000, 0xffffffff, 1ull << 63, ~0ull,     ~0ull - 7, 0xfffffffffffff000,
                                           64,         0x1000,     0x401000,   0x6ffffffe};
        const u64 value = kNumbers[below(std::size(kNumbers))];
        const u64 size = u64{1} << below(4);
        for (u64 i = 0; i < size && at + i < b.size(); ++i) b[at + i] = static_cast<u8>(value >> (8 * i));
    }
    std::mt19937_64 m_random;
};

}  // namespace

class TestElfFuzz : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void brokenFiles() {
        std::vector<std::vector<u8>> seeds{smallElf(), elfWithLines()};
        // A real static and a real dynamic program, where they were built; the numbers of rounds do not depend on it.
        for (const char* name : {"samples/hello-asm", "samples/hello-musl", "samples/dynamic"})
            if (auto bytes = readHostFile(std::string(RINGSIDE_BINARY_DIR) + "/" + name);
                bytes && bytes->size() < 200'000)
                seeds.push_back(std::move(*bytes));

        const bool forLong = std::getenv("RINGSIDE_LONG") != nullptr;
        const int rounds = forLong ? 1'000'000 : 10'000;
        Mutator mutator(20240607);
        u64 sum = 0, turnedAway = 0;
        for (int i = 0; i < rounds; ++i) {
            std::vector<u8> bytes = seeds[static_cast<std::size_t>(i) % seeds.size()];
            for (u64 k = 0, n = 1 + mutator.below(3); k < n; ++k) mutator.mutate(bytes);
            turnedAway += !readHeader(bytes);
            sum += useAll(bytes);
        }
        QVERIFY(sum > 0);
        // Some are turned away at the door, most get in: otherwise the mutations test nothing.
        QVERIFY(turnedAway > 0 && turnedAway < static_cast<u64>(rounds) / 2);
    }

    void everyTruncation() {
        const std::vector<u8> whole = elfWithLines();
        u64 sum = 0;
        for (std::size_t size = 0; size < whole.size(); size += size < 512 ? 1 : 13)
            sum += useAll({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
        QVERIFY(sum > 0);
    }

    // The whole file is sections, each of which claims to be the whole file.
    void tablesThatAreTheWholeFile_data() {
        QTest::addColumn<uint>("type");
        for (const uint type : {2u, 4u, 6u, 7u, 9u, 11u, 19u, 0x6ffffffeu, 0x6ffffffdu})
            QTest::newRow(sectionTypeName(type).c_str()) << type;
    }
    void tablesThatAreTheWholeFile() {
        QFETCH(uint, type);
        std::vector<u8> head = smallElf();
        ByteWriter w;
        w.bytes.assign(head.begin(), head.begin() + 64 + 3 * 56);
        const u64 count = 3000, total = 256 + count * 64;
        w.padTo(256);
        const u64 entry = type == 9 ? 16 : 24;
        for (u64 i = 0; i < count; ++i) {
            w.number(1, 4).number(type, 4).number(~u64{0}, 8).number(0x401000, 8).number(0, 8).number(total, 8);
            w.number(1, 4).number(1, 4).number(4, 8).number(entry, 8);
        }
        w.patch(40, 256, 8);
        w.patch(60, count, 2);
        w.patch(62, 1, 2);
        QVERIFY(useAll(w.bytes) > 0);
    }

    void randomCode() {
        std::mt19937_64 random(7);
        const Disassembler disassembler;
        std::vector<u8> bytes(4096);
        u64 covered = 0;
        for (int round = 0; round < 50; ++round) {
            for (u8& b : bytes) b = static_cast<u8>(random());
            for (const Line& line : disassembler.lines(0x1000, bytes, 10'000)) {
                QVERIFY(line.length >= 1 && line.length <= 15);
                covered += line.length;
            }
        }
        QCOMPARE(covered, u64{50 * 4096});
    }
};

QTEST_APPLESS_MAIN(TestElfFuzz)
#include "tst_elf_fuzz.moc"
