// Everything of an ELF file that people look at: sections, symbols with versions, dynamic entries, relocations, notes.
// Plain tables, read from bytes by our own bounded reader: it touches nothing outside the span, does a bounded amount
// of work whatever the bytes say, and when a table is broken the others are still there, with a sentence about the one
// that is not. What is left out: other machines than x86-64, compressed sections, extended program header counts.
//
// Source: System V gABI chapter 4 and 5, the x86-64 psABI, LSB (GNU versions), elf(5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/sentence.h"
#include "core/elf/elf_header.h"

namespace ringside::elf {

// sh_type
inline constexpr u32 kProgbits = 1, kSymtab = 2, kStrtab = 3, kRela = 4, kHash = 5, kDynamicSection = 6,
                     kNoteSection = 7, kNobits = 8, kRel = 9, kDynsym = 11, kRelr = 19;
inline constexpr u32 kGnuHash = 0x6ffffff6, kVerdef = 0x6ffffffd, kVerneed = 0x6ffffffe, kVersym = 0x6fffffff;
// sh_flags
inline constexpr u64 kSectionWrite = 1, kSectionAlloc = 2, kSectionExecute = 4, kSectionTls = 0x400,
                     kSectionCompressed = 0x800;
// symbol types
inline constexpr u8 kNoType = 0, kObject = 1, kFunction = 2, kSectionSymbol = 3, kFileSymbol = 4, kTlsSymbol = 6,
                    kIndirectFunction = 10;

struct Section {
    std::string name;
    u32 type = 0;
    u64 flags = 0, addr = 0, offset = 0, size = 0;
    u32 link = 0, info = 0;
    u64 align = 0, entsize = 0;
    bool operator==(const Section&) const = default;
};

struct Symbol {
    std::string name;     // as in the file; demangle() makes C++ names readable
    std::string version;  // "@GLIBC_2.34" wanted or "@@V1" offered; empty: none
    u64 value = 0, size = 0;
    u8 type = 0, binding = 0, visibility = 0;
    u16 section = 0;       // index, or 0 undefined, 0xfff1 absolute, 0xfff2 common
    bool dynamic = false;  // from .dynsym: what the dynamic linker sees; otherwise from .symtab
    bool operator==(const Symbol&) const = default;
};

struct DynamicEntry {
    u64 tag = 0, value = 0;
    std::string text;  // what the value means: a library's name, a path, flags in words; may be empty
    bool operator==(const DynamicEntry&) const = default;
};

struct Relocation {
    u64 offset = 0;  // virtual address, in object files an offset into the section
    u32 type = 0;
    u32 symbol = 0;    // index into its symbol table, zero: none
    std::string name;  // that symbol's name and version
    i64 addend = 0;
    u32 section = 0;  // index of the section it stands in; zero: found through the dynamic entries
    bool operator==(const Relocation&) const = default;
};

struct Note {
    std::string owner;  // "GNU"
    u32 type = 0;
    u64 offset = 0;  // of its descriptor in the file
    std::vector<u8> descriptor;
    std::vector<Sentence> text;  // in words: "build ID 0123…"
    bool operator==(const Note&) const = default;
};

// A version of symbols that the file wants from a library or offers to others.
struct Version {
    u16 index = 0;        // what .gnu.version holds for a symbol of this version
    std::string library;  // that must have it; empty: this file offers it
    std::string name;     // "GLIBC_2.34"
    bool base = false;    // the entry that names the file itself
    bool operator==(const Version&) const = default;
};

struct ElfFile {
    ElfHeader header;
    std::vector<ProgramHeader> segments;
    std::string interpreter;
    std::vector<Section> sections;
    std::vector<Symbol> symbols;  // .symtab, then .dynsym, in file order, without the null symbols
    std::vector<DynamicEntry> dynamic;
    std::vector<Relocation> relocations;
    std::vector<Note> notes;
    std::vector<Version> versions;
    std::vector<std::string> problems;  // a sentence for each table that could not be read, wholly or in part

    const Section* sectionNamed(std::string_view name) const;
    const Section* sectionAt(u64 address) const;         // the allocated one that holds this virtual address
    std::optional<u64> fileOffsetOf(u64 address) const;  // through the LOAD segments; none for .bss and outside
    std::optional<u64> addressOf(u64 fileOffset) const;  // the other way
    std::vector<u32> sectionsIn(const ProgramHeader& segment) const;  // indices, as readelf maps them
};

// Fails only when there is no readable header; a broken table becomes a problem.
Expected<ElfFile> readElf(Bytes file);

// Bytes of a section; empty for NOBITS and for one that does not lie in the file.
Bytes bytesOf(Bytes file, const Section& section);

// Names as readelf(1) prints them; numbers we do not know come back in hexadecimal.
std::string sectionTypeName(u32 type);
std::string sectionFlags(u64 flags);  // "WAX"
std::string symbolTypeName(u8 type);
std::string symbolBindingName(u8 binding);
std::string symbolVisibilityName(u8 visibility);
std::string symbolSectionName(const ElfFile& file, u16 section);  // "UND", "ABS", "COM", ".text"
std::string dynamicTagName(u64 tag);
std::string relocationTypeName(u32 type);  // "R_X86_64_RELATIVE"

}  // namespace ringside::elf
