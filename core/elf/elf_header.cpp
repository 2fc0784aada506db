#include "core/elf/elf_header.h"

#include <array>
#include <cctype>
#include <fmt/format.h>

namespace ringside::elf {

namespace {

constexpr std::array<Field, 20> kHeaderFields{{
    {"EI_MAG", 0, 4, "magic number: 0x7f 'E' 'L' 'F'"},
    {"EI_CLASS", 4, 1, "1: 32-bit, 2: 64-bit"},
    {"EI_DATA", 5, 1, "1: little-endian, 2: big-endian"},
    {"EI_VERSION", 6, 1, "version of the format, always 1"},
    {"EI_OSABI", 7, 1, "operating system whose extensions the file uses (0: System V, 3: GNU/Linux)"},
    {"EI_ABIVERSION", 8, 1, "version of that ABI"},
    {"EI_PAD", 9, 7, "unused, zero"},
    {"e_type", 16, 2, "1: relocatable, 2: executable at fixed addresses, 3: shared object or PIE, 4: core dump"},
    {"e_machine", 18, 2, "processor the code is for (62: x86-64)"},
    {"e_version", 20, 4, "version of the format, always 1"},
    {"e_entry", 24, 8, "virtual address of the first instruction"},
    {"e_phoff", 32, 8, "where in the file the program headers begin"},
    {"e_shoff", 40, 8, "where in the file the section headers begin"},
    {"e_flags", 48, 4, "processor's flags, zero on x86-64"},
    {"e_ehsize", 52, 2, "bytes of this header: 64"},
    {"e_phentsize", 54, 2, "bytes of one program header: 56"},
    {"e_phnum", 56, 2, "how many program headers"},
    {"e_shentsize", 58, 2, "bytes of one section header: 64"},
    {"e_shnum", 60, 2, "how many section headers"},
    {"e_shstrndx", 62, 2, "which section holds the names of the sections"},
}};

constexpr std::array<Field, 8> kProgramHeaderFields{{
    {"p_type", 0, 4, "what the segment is: LOAD is mapped, INTERP names the dynamic linker, …"},
    {"p_flags", 4, 4, "rights of the mapping: 4 read, 2 write, 1 execute"},
    {"p_offset", 8, 8, "where in the file its bytes begin"},
    {"p_vaddr", 16, 8, "virtual address of its first byte"},
    {"p_paddr", 24, 8, "physical address; unused by Linux"},
    {"p_filesz", 32, 8, "bytes taken from the file"},
    {"p_memsz", 40, 8, "bytes in memory; what exceeds p_filesz is zeroed (.bss)"},
    {"p_align", 48, 8, "alignment; p_vaddr and p_offset are equal modulo this"},
}};

constexpr std::array<Field, 10> kSectionHeaderFields{{
    {"sh_name", 0, 4, "its name: an offset into the section name table"},
    {"sh_type", 4, 4, "what it holds: PROGBITS, SYMTAB, STRTAB, NOBITS, …"},
    {"sh_flags", 8, 8, "W write, A takes memory, X executable, …"},
    {"sh_addr", 16, 8, "virtual address, zero when it is not in memory"},
    {"sh_offset", 24, 8, "where in the file its bytes begin"},
    {"sh_size", 32, 8, "bytes; a NOBITS section takes none in the file"},
    {"sh_link", 40, 4, "another section it belongs with: a symbol table's string table"},
    {"sh_info", 44, 4, "more, by type: a relocation section's target"},
    {"sh_addralign", 48, 8, "alignment of its address"},
    {"sh_entsize", 56, 8, "bytes of one entry when it is a table"},
}};

struct Name {
    u32 value;
    std::string_view name;
};

template <std::size_t n>
std::string nameOf(const Name (&names)[n], u32 value) {
    for (const Name& row : names)
        if (row.value == value) return std::string(row.name);
    return fmt::format("{:#x}", value);
}

// What a file that is no ELF file looks like, as far as its first bytes tell.
std::string guess(Bytes file) {
    const auto starts = [&](std::string_view text) {
        if (file.size() < text.size()) return false;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (file[i] != static_cast<u8>(text[i])) return false;
        return true;
    };
    if (starts("#!")) return "; it is a script, which its interpreter runs";
    if (starts("MZ")) return "; it looks like a Windows program";
    if (starts("!<arch>")) return "; it is a static library (ar archive) and holds object files";
    if (starts("\xcf\xfa\xed\xfe") || starts("\xca\xfe\xba\xbe")) return "; it looks like a macOS program";
    if (starts("\x1f\x8b") || starts("PK\x03\x04") ||
        starts("\xfd"
               "7zXZ"))
        return "; it is compressed";
    for (std::size_t i = 0; i < file.size() && i < 64; ++i)
        if (!std::isprint(file[i]) && !std::isspace(file[i])) return "";
    return "; it looks like a text";
}

}  // namespace

u64 readNumber(Bytes file, u64 offset, u32 size) {
    u64 value = 0;
    for (u32 i = 0; i < size; ++i) value |= u64{file[offset + i]} << (8 * i);
    return value;
}

std::span<const Field> headerFields() { return kHeaderFields; }
std::span<const Field> programHeaderFields() { return kProgramHeaderFields; }
std::span<const Field> sectionHeaderFields() { return kSectionHeaderFields; }

bool hasMagic(Bytes file) {
    return file.size() >= 4 && file[0] == 0x7f && file[1] == 'E' && file[2] == 'L' && file[3] == 'F';
}

Expected<ElfHeader> readHeader(Bytes file) {
    if (file.empty()) return fail("the file is empty; an ELF file begins with a header of 64 bytes");
    if (!hasMagic(file)) {
        std::string begin;
        for (std::size_t i = 0; i < file.size() && i < 4; ++i) begin += fmt::format(" {:02x}", file[i]);
        return fail(
            fmt::format("this is not an ELF file: it begins with{}, an ELF file with 7f 45 4c 46 ('\\x7fELF') at "
                        "offset 0{}",
                        begin, guess(file)));
    }
    if (file.size() >= 5 && file[4] == 1)
        return fail("this is a 32-bit ELF file (EI_CLASS at offset 4 is 1); the machine runs 64-bit programs (2)");
    if (file.size() >= 5 && file[4] != 2)
        return fail(fmt::format("EI_CLASS at offset 4 is {}; it must be 2 (64-bit)", file[4]));
    if (file.size() >= 6 && file[5] == 2)
        return fail("this is a big-endian ELF file (EI_DATA at offset 5 is 2); x86-64 is little-endian (1)");
    if (file.size() >= 6 && file[5] != 1)
        return fail(fmt::format("EI_DATA at offset 5 is {}; it must be 1 (little-endian)", file[5]));
    if (file.size() < kHeaderSize)
        return fail(fmt::format("the file is cut off: it has {} bytes, the ELF header alone takes 64", file.size()));
    if (file[6] != 1) return fail(fmt::format("EI_VERSION at offset 6 is {}; it must be 1", file[6]));

    ElfHeader h;
    h.osAbi = file[7];
    h.abiVersion = file[8];
    h.type = static_cast<u16>(readNumber(file, 16, 2));
    h.machine = static_cast<u16>(readNumber(file, 18, 2));
    h.version = static_cast<u32>(readNumber(file, 20, 4));
    h.entry = readNumber(file, 24, 8);
    h.phoff = readNumber(file, 32, 8);
    h.shoff = readNumber(file, 40, 8);
    h.flags = static_cast<u32>(readNumber(file, 48, 4));
    h.ehsize = static_cast<u16>(readNumber(file, 52, 2));
    h.phentsize = static_cast<u16>(readNumber(file, 54, 2));
    h.phnum = static_cast<u16>(readNumber(file, 56, 2));
    h.shentsize = static_cast<u16>(readNumber(file, 58, 2));
    h.shnum = static_cast<u16>(readNumber(file, 60, 2));
    h.shstrndx = static_cast<u16>(readNumber(file, 62, 2));

    if (h.machine != kMachineX86_64)
        return fail(fmt::format("this file is for {} (e_machine at offset 18 is {}); the machine is an x86-64 (62)",
                                machineName(h.machine), h.machine));
    if (h.type < kTypeRelocatable || h.type > kTypeCore)
        return fail(
            fmt::format("e_type at offset 16 is {}; it must be 1 (REL), 2 (EXEC), 3 (DYN) or 4 (CORE)", h.type));
    return h;
}

Expected<std::vector<ProgramHeader>> readProgramHeaders(Bytes file, const ElfHeader& header) {
    std::vector<ProgramHeader> result;
    if (header.phnum == 0) return result;
    if (header.phentsize != kProgramHeaderSize)
        return fail(fmt::format("e_phentsize at offset 54 is {}; a program header has 56 bytes", header.phentsize));
    const u64 bytes = u64{header.phnum} * kProgramHeaderSize;
    if (!fits(header.phoff, bytes, file.size()))
        return fail(
            fmt::format("the {} program headers at offset {:#x} (e_phoff) reach past the end of the file, which "
                        "has {:#x} bytes",
                        header.phnum, header.phoff, file.size()));
    for (u64 i = 0; i < header.phnum; ++i) {
        const u64 at = header.phoff + i * kProgramHeaderSize;
        ProgramHeader p;
        p.type = static_cast<u32>(readNumber(file, at, 4));
        p.flags = static_cast<u32>(readNumber(file, at + 4, 4));
        p.offset = readNumber(file, at + 8, 8);
        p.vaddr = readNumber(file, at + 16, 8);
        p.paddr = readNumber(file, at + 24, 8);
        p.filesz = readNumber(file, at + 32, 8);
        p.memsz = readNumber(file, at + 40, 8);
        p.align = readNumber(file, at + 48, 8);
        if (p.type == kLoad && !fits(p.offset, p.filesz, file.size()))
            return fail(
                fmt::format("segment {} (program header at offset {:#x}) wants bytes {:#x} to {:#x} of the file, "
                            "which has only {:#x}: the file is cut off",
                            i, at, p.offset, p.offset + p.filesz, file.size()));
        if (p.type == kLoad && p.filesz > p.memsz)
            return fail(
                fmt::format("segment {} (program header at offset {:#x}) takes {:#x} bytes from the file but only "
                            "{:#x} in memory; p_filesz may not exceed p_memsz",
                            i, at, p.filesz, p.memsz));
        result.push_back(p);
    }
    return result;
}

Expected<std::string> readInterpreter(Bytes file, const ElfHeader& header, std::span<const ProgramHeader> segments) {
    if (header.type == kTypeRelocatable)
        return fail("this is a relocatable object file (e_type at offset 16 is 1, REL); link it to make a program");
    if (header.type == kTypeCore)
        return fail(
            "this is a core dump (e_type at offset 16 is 4, CORE), the memory of a dead process, not a program");
    bool loads = false;
    std::string interpreter;
    for (const ProgramHeader& p : segments) {
        loads |= p.type == kLoad;
        if (p.type != kInterp || !interpreter.empty()) continue;
        if (p.filesz < 2 || p.filesz > 4096 || !fits(p.offset, p.filesz, file.size()))
            return fail(
                fmt::format("the interpreter's path (PT_INTERP) at offset {:#x} has {} bytes; it must lie in the "
                            "file and have 2 to 4096",
                            p.offset, p.filesz));
        if (file[p.offset + p.filesz - 1] != 0)
            return fail(fmt::format("the interpreter's path (PT_INTERP) at offset {:#x} does not end with a zero byte",
                                    p.offset));
        for (u64 i = p.offset; file[i] != 0; ++i) interpreter += static_cast<char>(file[i]);
    }
    if (!loads) return fail("the file has no LOAD segment: nothing of it would be in memory");
    if (header.type == kTypeShared && interpreter.empty() && header.entry == 0)
        return fail(
            "this is a shared library (e_type is 3, DYN, without interpreter and entry point): programs load it, "
            "it can not be started");
    return interpreter;
}

Expected<std::string> readInterpreter(Bytes file) {
    const auto header = readHeader(file);
    if (!header) return std::unexpected(header.error());
    const auto segments = readProgramHeaders(file, *header);
    if (!segments) return std::unexpected(segments.error());
    return readInterpreter(file, *header, *segments);
}

std::string typeName(u16 type) {
    static constexpr Name kNames[] = {{0, "NONE"}, {1, "REL"}, {2, "EXEC"}, {3, "DYN"}, {4, "CORE"}};
    return nameOf(kNames, type);
}

std::string machineName(u16 machine) {
    static constexpr Name kNames[] = {{2, "SPARC"},      {3, "Intel 80386"}, {8, "MIPS"},    {20, "PowerPC"},
                                      {21, "PowerPC64"}, {22, "IBM S/390"},  {40, "ARM"},    {42, "SuperH"},
                                      {43, "SPARC V9"},  {50, "IA-64"},      {62, "x86-64"}, {83, "AVR"},
                                      {183, "AArch64"},  {243, "RISC-V"},    {247, "BPF"},   {258, "LoongArch"}};
    return nameOf(kNames, machine);
}

std::string osAbiName(u8 osAbi) {
    static constexpr Name kNames[] = {{0, "UNIX - System V"}, {1, "HP-UX"},   {2, "NetBSD"},  {3, "UNIX - GNU"},
                                      {6, "Solaris"},         {9, "FreeBSD"}, {12, "OpenBSD"}};
    return nameOf(kNames, osAbi);
}

std::string segmentTypeName(u32 type) {
    static constexpr Name kNames[] = {{0, "NULL"},
                                      {kLoad, "LOAD"},
                                      {kDynamic, "DYNAMIC"},
                                      {kInterp, "INTERP"},
                                      {kNote, "NOTE"},
                                      {5, "SHLIB"},
                                      {kPhdr, "PHDR"},
                                      {kTls, "TLS"},
                                      {kGnuEhFrame, "GNU_EH_FRAME"},
                                      {kGnuStack, "GNU_STACK"},
                                      {kGnuRelro, "GNU_RELRO"},
                                      {kGnuProperty, "GNU_PROPERTY"}};
    return nameOf(kNames, type);
}

std::string segmentFlags(u32 flags) {
    return std::string{flags & kRead ? 'R' : ' ', flags & kWrite ? 'W' : ' ', flags & kExecute ? 'E' : ' '};
}

}  // namespace ringside::elf
