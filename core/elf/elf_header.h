// The ELF header and the program headers, read from the bytes of a file: what execve needs and what the ELF views show
// first. Only what Linux on x86-64 runs is accepted (64-bit, little-endian, x86-64); everything else is turned away
// with a sentence that names the offset and the rule. Reads nothing outside the span, whatever the bytes say.
//
// Source: System V gABI chapters 4 and 5, elf(5), Linux 6.1 fs/binfmt_elf.c.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/types.h"

namespace ringside::elf {

using Bytes = std::span<const u8>;

inline constexpr u64 kHeaderSize = 64;
inline constexpr u64 kProgramHeaderSize = 56;
inline constexpr u64 kSectionHeaderSize = 64;

// e_type
inline constexpr u16 kTypeRelocatable = 1;
inline constexpr u16 kTypeExecutable = 2;
inline constexpr u16 kTypeShared = 3;  // a shared object, and every position-independent executable
inline constexpr u16 kTypeCore = 4;
inline constexpr u16 kMachineX86_64 = 62;

// p_type
inline constexpr u32 kLoad = 1;
inline constexpr u32 kDynamic = 2;
inline constexpr u32 kInterp = 3;
inline constexpr u32 kNote = 4;
inline constexpr u32 kPhdr = 6;
inline constexpr u32 kTls = 7;
inline constexpr u32 kGnuEhFrame = 0x6474e550;
inline constexpr u32 kGnuStack = 0x6474e551;
inline constexpr u32 kGnuRelro = 0x6474e552;
inline constexpr u32 kGnuProperty = 0x6474e553;

// p_flags
inline constexpr u32 kExecute = 1;
inline constexpr u32 kWrite = 2;
inline constexpr u32 kRead = 4;

struct ElfHeader {
    u8 osAbi = 0, abiVersion = 0;
    u16 type = 0, machine = 0;
    u32 version = 0;
    u64 entry = 0, phoff = 0, shoff = 0;
    u32 flags = 0;
    u16 ehsize = 0, phentsize = 0, phnum = 0, shentsize = 0, shnum = 0, shstrndx = 0;
    bool operator==(const ElfHeader&) const = default;
};

struct ProgramHeader {
    u32 type = 0, flags = 0;
    u64 offset = 0, vaddr = 0, paddr = 0, filesz = 0, memsz = 0, align = 0;
    bool operator==(const ProgramHeader&) const = default;
};

// True when the file begins with the four magic bytes: binfmt_elf takes it, be it broken or not.
bool hasMagic(Bytes file);

// The header of a 64-bit little-endian x86-64 file of type REL, EXEC, DYN or CORE.
Expected<ElfHeader> readHeader(Bytes file);

// All program headers. Checks that the table lies in the file and that each LOAD segment's bytes do.
Expected<std::vector<ProgramHeader>> readProgramHeaders(Bytes file, const ElfHeader& header);

// What of a readable header keeps Linux from starting it ("it is a relocatable object file …"); for a file that it
// would start, the path that PT_INTERP names, empty when it names none.
Expected<std::string> readInterpreter(Bytes file, const ElfHeader& header, std::span<const ProgramHeader> segments);
// The same of a file of which nothing has been read yet.
Expected<std::string> readInterpreter(Bytes file);

// How a structure lies in the file: one row per field, for the views that colour bytes.
struct Field {
    std::string_view name;  // as in elf(5)
    u32 offset, size;       // bytes, from the start of the structure
    std::string_view meaning;
};
std::span<const Field> headerFields();
std::span<const Field> programHeaderFields();
std::span<const Field> sectionHeaderFields();

// Names as readelf(1) prints them: "EXEC", "LOAD", "R E"; numbers we do not know come back in hexadecimal.
std::string typeName(u16 type);
std::string machineName(u16 machine);
std::string osAbiName(u8 osAbi);
std::string segmentTypeName(u32 type);
std::string segmentFlags(u32 flags);

// Little-endian number of `size` (1…8) bytes at `offset`; the caller has made sure that it lies in the span.
u64 readNumber(Bytes file, u64 offset, u32 size);

// offset + size lies in a file of this many bytes; no sum overflows.
constexpr bool fits(u64 offset, u64 size, u64 total) { return offset <= total && size <= total - offset; }

}  // namespace ringside::elf
