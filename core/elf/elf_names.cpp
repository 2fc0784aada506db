// The names behind the numbers of an ELF file, as readelf(1) prints them.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/elf/elf_file.h"

namespace ringside::elf {

namespace {

struct Name {
    u64 value;
    std::string_view name;
};

std::string nameOf(std::span<const Name> names, u64 value) {
    const auto it = std::ranges::find(names, value, &Name::value);
    return it == names.end() ? fmt::format("{:#x}", value) : std::string(it->name);
}

constexpr Name kSectionTypes[] = {{0, "NULL"},
                                  {1, "PROGBITS"},
                                  {2, "SYMTAB"},
                                  {3, "STRTAB"},
                                  {4, "RELA"},
                                  {5, "HASH"},
                                  {6, "DYNAMIC"},
                                  {7, "NOTE"},
                                  {8, "NOBITS"},
                                  {9, "REL"},
                                  {10, "SHLIB"},
                                  {11, "DYNSYM"},
                                  {14, "INIT_ARRAY"},
                                  {15, "FINI_ARRAY"},
                                  {16, "PREINIT_ARRAY"},
                                  {17, "GROUP"},
                                  {18, "SYMTAB_SHNDX"},
                                  {19, "RELR"},
                                  {kGnuHash, "GNU_HASH"},
                                  {0x6ffffff5, "GNU_ATTRIBUTES"},
                                  {kVerdef, "VERDEF"},
                                  {kVerneed, "VERNEED"},
                                  {kVersym, "VERSYM"},
                                  {0x70000001, "X86_64_UNWIND"}};

constexpr Name kDynamicTags[] = {{0, "NULL"},
                                 {1, "NEEDED"},
                                 {2, "PLTRELSZ"},
                                 {3, "PLTGOT"},
                                 {4, "HASH"},
                                 {5, "STRTAB"},
                                 {6, "SYMTAB"},
                                 {7, "RELA"},
                                 {8, "RELASZ"},
                                 {9, "RELAENT"},
                                 {10, "STRSZ"},
                                 {11, "SYMENT"},
                                 {12, "INIT"},
                                 {13, "FINI"},
                                 {14, "SONAME"},
                                 {15, "RPATH"},
                                 {16, "SYMBOLIC"},
                                 {17, "REL"},
                                 {18, "RELSZ"},
                                 {19, "RELENT"},
                                 {20, "PLTREL"},
                                 {21, "DEBUG"},
                                 {22, "TEXTREL"},
                                 {23, "JMPREL"},
                                 {24, "BIND_NOW"},
                                 {25, "INIT_ARRAY"},
                                 {26, "FINI_ARRAY"},
                                 {27, "INIT_ARRAYSZ"},
                                 {28, "FINI_ARRAYSZ"},
                                 {29, "RUNPATH"},
                                 {30, "FLAGS"},
                                 {32, "PREINIT_ARRAY"},
                                 {33, "PREINIT_ARRAYSZ"},
                                 {34, "SYMTAB_SHNDX"},
                                 {35, "RELRSZ"},
                                 {36, "RELR"},
                                 {37, "RELRENT"},
                                 {0x6ffffef5, "GNU_HASH"},
                                 {0x6ffffff0, "VERSYM"},
                                 {0x6ffffff9, "RELACOUNT"},
                                 {0x6ffffffa, "RELCOUNT"},
                                 {0x6ffffffb, "FLAGS_1"},
                                 {0x6ffffffc, "VERDEF"},
                                 {0x6ffffffd, "VERDEFNUM"},
                                 {0x6ffffffe, "VERNEED"},
                                 {0x6fffffff, "VERNEEDNUM"}};

constexpr std::array<std::string_view, 43> kRelocations = {"NONE",
                                                           "64",
                                                           "PC32",
                                                           "GOT32",
                                                           "PLT32",
                                                           "COPY",
                                                           "GLOB_DAT",
                                                           "JUMP_SLOT",
                                                           "RELATIVE",
                                                           "GOTPCREL",
                                                           "32",
                                                           "32S",
                                                           "16",
                                                           "PC16",
                                                           "8",
                                                           "PC8",
                                                           "DTPMOD64",
                                                           "DTPOFF64",
                                                           "TPOFF64",
                                                           "TLSGD",
                                                           "TLSLD",
                                                           "DTPOFF32",
                                                           "GOTTPOFF",
                                                           "TPOFF32",
                                                           "PC64",
                                                           "GOTOFF64",
                                                           "GOTPC32",
                                                           "GOT64",
                                                           "GOTPCREL64",
                                                           "GOTPC64",
                                                           "GOTPLT64",
                                                           "PLTOFF64",
                                                           "SIZE32",
                                                           "SIZE64",
                                                           "GOTPC32_TLSDESC",
                                                           "TLSDESC_CALL",
                                                           "TLSDESC",
                                                           "IRELATIVE",
                                                           "RELATIVE64",
                                                           "",
                                                           "",
                                                           "GOTPCRELX",
                                                           "REX_GOTPCRELX"};

}  // namespace

std::string sectionTypeName(u32 type) { return nameOf(kSectionTypes, type); }

std::string sectionFlags(u64 flags) {
    static constexpr Name kFlags[] = {{0x1, "W"},   {0x2, "A"},      {0x4, "X"},       {0x10, "M"},  {0x20, "S"},
                                      {0x40, "I"},  {0x80, "L"},     {0x100, "O"},     {0x200, "G"}, {0x400, "T"},
                                      {0x800, "C"}, {0x200000, "R"}, {0x80000000, "E"}};
    std::string text;
    for (const Name& row : kFlags)
        if (flags & row.value) text += row.name;
    return text;
}

std::string symbolTypeName(u8 type) {
    static constexpr Name kNames[] = {{0, "NOTYPE"}, {1, "OBJECT"}, {2, "FUNC"}, {3, "SECTION"},
                                      {4, "FILE"},   {5, "COMMON"}, {6, "TLS"},  {10, "IFUNC"}};
    return nameOf(kNames, type);
}

std::string symbolBindingName(u8 binding) {
    static constexpr Name kNames[] = {{0, "LOCAL"}, {1, "GLOBAL"}, {2, "WEAK"}, {10, "UNIQUE"}};
    return nameOf(kNames, binding);
}

std::string symbolVisibilityName(u8 visibility) {
    static constexpr Name kNames[] = {{0, "DEFAULT"}, {1, "INTERNAL"}, {2, "HIDDEN"}, {3, "PROTECTED"}};
    return nameOf(kNames, visibility);
}

std::string symbolSectionName(const ElfFile& file, u16 section) {
    if (section == 0) return "UND";
    if (section == 0xfff1) return "ABS";
    if (section == 0xfff2) return "COM";
    return section < file.sections.size() ? file.sections[section].name : fmt::format("{:#x}", section);
}

std::string dynamicTagName(u64 tag) { return nameOf(kDynamicTags, tag); }

std::string relocationTypeName(u32 type) {
    if (type < kRelocations.size() && !kRelocations[type].empty())
        return fmt::format("R_X86_64_{}", kRelocations[type]);
    return fmt::format("{:#x}", type);
}

}  // namespace ringside::elf
