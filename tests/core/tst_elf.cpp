// ELF files from bytes: what is read from good ones, which sentence a bad one gets, and names for addresses.
#include <QtTest>

#include "core/elf/disassembler.h"
#include "core/elf/elf_file.h"
#include "core/elf/source_lines.h"
#include "core/elf/symbols.h"
#include "tests/core/small_elf.h"

using namespace ringside;
using namespace ringside::elf;

class TestElf : public QObject {
    Q_OBJECT

 private:
    static QString sentenceOf(const std::vector<u8>& bytes) {
        const auto interpreter = readInterpreter(bytes);
        return interpreter ? QString() : QString::fromStdString(interpreter.error().sentence);
    }

 private Q_SLOTS:
    void readsWhatWasWritten() {
        const std::vector<u8> bytes = smallElf();
        const auto header = readHeader(bytes);
        QVERIFY(header);
        QCOMPARE(header->type, kTypeExecutable);
        QCOMPARE(header->entry, u64{0x401000});
        const auto file = readElf(bytes);
        QVERIFY(file);
        QVERIFY2(file->problems.empty(), file->problems.empty() ? "" : file->problems[0].c_str());
        QCOMPARE(file->segments.size(), std::size_t{3});
        QCOMPARE(file->segments[0].type, kLoad);
        QCOMPARE(file->segments[0].flags, kRead | kExecute);
        QCOMPARE(file->sections.size(), std::size_t{6});
        QCOMPARE(QString::fromStdString(file->sections[1].name), QStringLiteral(".text"));
        QCOMPARE(file->symbols.size(), std::size_t{3});
        QCOMPARE(QString::fromStdString(file->symbols[0].name), QStringLiteral("_start"));
        QCOMPARE(file->notes.size(), std::size_t{1});
        QCOMPARE(QString::fromStdString(toText(file->notes[0].text)),
                 QStringLiteral("build ID 000102030405060708090a0b0c0d0e0f"));
        QCOMPARE(file->fileOffsetOf(0x401002).value(), file->sections[1].offset + 2);
        QCOMPARE(file->addressOf(file->sections[1].offset + 2).value(), u64{0x401002});
        QVERIFY(!file->fileOffsetOf(0x500000));
        QCOMPARE(file->sectionAt(0x401002), &file->sections[1]);
        QCOMPARE(file->sectionsIn(file->segments[0]), std::vector<u32>{1});
    }

    void turnsAwayWithASentence_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("part");
        const auto row = [](const char* name, auto change, const char* part) {
            std::vector<u8> bytes = smallElf();
            change(bytes);
            QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                              static_cast<int>(bytes.size()))
                                << QString::fromUtf8(part);
        };
        using Bytes = std::vector<u8>&;
        row(
            "empty", [](Bytes b) { b.clear(); }, "the file is empty");
        row(
            "one byte", [](Bytes b) { b.resize(1); }, "not an ELF file: it begins with 7f,");
        row(
            "script", [](Bytes b) { b = {'#', '!', '/', 'b', 'i', 'n', '/', 's', 'h', '\n'}; }, "it is a script");
        row(
            "text", [](Bytes b) { b = {'h', 'e', 'l', 'l', 'o', '\n'}; }, "it looks like a text");
        row(
            "32-bit", [](Bytes b) { b[4] = 1; }, "32-bit ELF file (EI_CLASS at offset 4 is 1)");
        row(
            "class 7", [](Bytes b) { b[4] = 7; }, "EI_CLASS at offset 4 is 7");
        row(
            "big-endian", [](Bytes b) { b[5] = 2; }, "big-endian ELF file (EI_DATA at offset 5 is 2)");
        row(
            "half a header", [](Bytes b) { b.resize(32); }, "cut off: it has 32 bytes");
        row(
            "version", [](Bytes b) { b[6] = 9; }, "EI_VERSION at offset 6 is 9");
        row(
            "ARM", [](Bytes b) { b[18] = 40; }, "for ARM (e_machine at offset 18 is 40)");
        row(
            "AArch64", [](Bytes b) { b[18] = 183; }, "for AArch64");
        row(
            "type", [](Bytes b) { b[16] = 77; }, "e_type at offset 16 is 77");
        row(
            "object file", [](Bytes b) { b[16] = 1; }, "relocatable object file");
        row(
            "core dump", [](Bytes b) { b[16] = 4; }, "core dump");
        row(
            "library", [](Bytes b) { b[16] = 3, std::fill(b.begin() + 24, b.begin() + 32, u8{0}); }, "shared library");
        row(
            "header size", [](Bytes b) { b[54] = 32; }, "e_phentsize at offset 54 is 32");
        row(
            "headers outside", [](Bytes b) { b[34] = 0xff; }, "(e_phoff) reach past the end of the file");
        row(
            "headers wrap around", [](Bytes b) { std::fill(b.begin() + 32, b.begin() + 40, u8{0xff}); },
            "reach past the end");
        row(
            "segment cut off", [](Bytes b) { b.resize(0x1008); }, "the file is cut off");
        row(
            "more in file", [](Bytes b) { b[64 + 40] = 1, b[64 + 41] = 0; }, "p_filesz may not exceed p_memsz");
        row(
            "nothing to load", [](Bytes b) { b[64] = 0, b[64 + 56] = 0; }, "no LOAD segment");
    }
    void turnsAwayWithASentence() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, part);
        const QString sentence = sentenceOf({bytes.begin(), bytes.end()});
        QVERIFY2(sentence.contains(part), qPrintable(sentence));
    }

    void aBrokenTableLeavesTheOthers() {
        std::vector<u8> bytes = smallElf();
        const auto good = readElf(bytes);
        // The symbol table claims a megabyte.
        const u64 at = good->header.shoff + 2 * kSectionHeaderSize;
        bytes[at + 34] = 0x10;
        const auto file = readElf(bytes);
        QVERIFY(file);
        QCOMPARE(file->sections.size(), good->sections.size());
        QCOMPARE(file->notes.size(), good->notes.size());
        QVERIFY(!file->problems.empty());
        QVERIFY2(file->problems[0].find(".symtab") != std::string::npos, file->problems[0].c_str());

        // No section headers at all: segments and notes are still there.
        bytes = smallElf();
        std::fill(bytes.begin() + 40, bytes.begin() + 48, u8{0xee});
        const auto without = readElf(bytes);
        QVERIFY(without);
        QCOMPARE(without->segments.size(), std::size_t{3});
        QCOMPARE(without->notes.size(), std::size_t{1});
        QVERIFY(without->sections.empty());
        QCOMPARE(without->problems.size(), std::size_t{1});
    }

    void namesAddresses() {
        const auto file = readElf(smallElf());
        const SymbolTable table(*file);
        QCOMPARE(table.addressOf("_start").value(), u64{0x401000});
        QCOMPARE(table.addressOf("work(int)").value(), u64{0x401008});
        QCOMPARE(table.addressOf("_Z4worki").value(), u64{0x401008});
        QVERIFY(!table.addressOf("nothing"));
        QCOMPARE(toText(*table.at(0x401000)), std::string("_start"));
        // _start has no size: it reaches to the next symbol.
        QCOMPARE(toText(*table.at(0x401007)), std::string("_start+0x7"));
        QCOMPARE(toText(*table.at(0x401009)), std::string("work(int)+0x1"));
        QCOMPARE(table.at(0x401008)->size, u64{4});
        QVERIFY(!table.at(0x40100c));
        QVERIFY(!table.at(0x400fff));
        QCOMPARE(toText(*table.at(0x402000)), std::string("data"));
    }

    void demanglesWithinReason() {
        QCOMPARE(demangle("_ZN3foo3barEi"), std::string("foo::bar(int)"));
        QCOMPARE(demangle("main"), std::string("main"));
        QCOMPARE(demangle("_Z"), std::string("_Z"));
        QCOMPARE(demangle(""), std::string(""));
        // Each parameter is a function of the one before, twice: 2^50 characters if it were printed.
        std::string bomb = "_Z1fPFvvE";
        for (int i = 0; i < 50; ++i) bomb += "PFS_S_E";
        QCOMPARE(demangle(bomb), bomb);
        QCOMPARE(demangle("_Z" + std::string(5000, 'P') + "i"), "_Z" + std::string(5000, 'P') + "i");
    }

    void disassembles() {
        const Disassembler d;
        const std::vector<u8> code{0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0xe8, 0x00,
                                   0x00, 0x00, 0x00, 0x0f, 0x05, 0x0f, 0x01, 0xc1, 0x06, 0x48};
        const std::vector<Line> lines = d.lines(0x401000, code, 100);
        QStringList text;
        for (const Line& l : lines)
            text +=
                QStringLiteral("%1 %2 %3").arg(l.address, 0, 16).arg(l.mnemonic.c_str(), l.operands.c_str()).trimmed();
        QCOMPARE(text, (QStringList{"401000 endbr64", "401004 push rbp", "401005 mov rbp, rsp", "401008 call 0x40100d",
                                    "40100d syscall", "40100f vmcall", "401012 (bad)", "401013 (bad)"}));
        QCOMPARE(d.one(0, {}).mnemonic, std::string("(bad)"));
        QCOMPARE(Disassembler(Syntax::Att).one(0, std::span(code).subspan(5)).operands, std::string("%rsp, %rbp"));
        QCOMPARE(d.lines(0, code, 2).size(), std::size_t{2});
    }

    void findsSourceLines() {
        const auto bytes = elfWithLines();
        const auto file = readElf(bytes);
        QVERIFY(file);
        const SourceLines lines(bytes, *file);
        QCOMPARE(QString::fromStdString(lines.problem()), QString());
        QCOMPARE(lines.files(), (std::vector<std::string>{"/src/a.c", "/src/inc/b.h"}));
        QCOMPARE(lines.at(0x401000).value(), (SourcePlace{"/src/a.c", 1, 0}));
        QCOMPARE(lines.at(0x401003).value(), (SourcePlace{"/src/a.c", 1, 0}));
        QCOMPARE(lines.at(0x401004).value(), (SourcePlace{"/src/a.c", 3, 7}));
        QCOMPARE(lines.at(0x401006).value(), (SourcePlace{"/src/inc/b.h", 20, 7}));
        QVERIFY(!lines.at(0x401008));
        QVERIFY(!lines.at(0x400fff));
        QCOMPARE(lines.addressesOf("a.c", 3), (std::vector<u64>{0x401004}));
        QCOMPARE(lines.addressesOf("/src/a.c", 3), (std::vector<u64>{0x401004}));
        QCOMPARE(lines.addressesOf("inc/b.h", 20), (std::vector<u64>{0x401006}));
        QVERIFY(lines.addressesOf("b.c", 3).empty());
        QVERIFY(lines.addressesOf("a.c", 4).empty());

        const auto plain = smallElf();
        const SourceLines none(plain, *readElf(plain));
        QVERIFY(none.empty());
        QVERIFY(none.problem().find("-g") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestElf)
#include "tst_elf.moc"
