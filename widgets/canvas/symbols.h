// From an address of a running machine to words: the function, the object it comes from, the source line. Looks through
// the areas of the address space to the ELF file behind them, so position-independent programs and shared libraries
// work. A cache of what was read from those files; what it answers depends on the machine alone. Used by the GUI
// thread.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/elf/source_lines.h"
#include "core/elf/symbols.h"
#include "core/machine/machine.h"

namespace ringside {

class Symbols {
 public:
    struct Program {
        std::shared_ptr<const std::vector<u8>> bytes;
        elf::ElfFile elf;
        elf::SymbolTable table;
        elf::SourceLines lines;
    };
    struct Place {
        std::string name;  // "main"
        u64 offset = 0;    // into it
        u64 size = 0;
        std::string object;  // path of the file, "kernel" for kernel code
        std::string text() const;
    };

    std::optional<Place> at(const Machine& machine, u64 address, MmId mm = {});
    std::string text(const Machine& machine, u64 address, MmId mm = {});  // "main+0x1f", or empty
    std::optional<elf::SourcePlace> line(const Machine& machine, u64 address, MmId mm = {});
    std::optional<u64> addressOf(const Machine& machine, std::string_view name, MmId mm = {});
    // Where statements of this file begin, as guest addresses; line 0: of all lines.
    std::vector<u64> statements(const Machine& machine, const elf::SourcePlace& place, MmId mm = {});
    // Where sources of a program that was handed in may lie on the host: beside it, and only there.
    void setSourceDirectory(std::string directory) { m_sourceDirectory = std::move(directory); }
    // The text of a source file, from the guest's own file system or the directory above; null when it is not there.
    std::shared_ptr<const std::vector<std::string>> source(const Machine& machine, const std::string& path);

    // The file mapped at `address` and what to add to its own addresses to get the guest's.
    struct Loaded {
        std::shared_ptr<const Program> program;
        u64 bias = 0;
        std::string path;
    };
    std::optional<Loaded> loadedAt(const Machine& machine, u64 address, MmId mm = {});

    // The address space of a process that has ended. Of the program that was named first its file is still there, and
    // what that says holds if it was linked to fixed addresses.
    static constexpr MmId kGone{~u32{0}};

 private:
    std::shared_ptr<const Program> read(const std::shared_ptr<const std::vector<u8>>& bytes);
    struct Cached {
        std::weak_ptr<const std::vector<u8>> bytes;
        std::shared_ptr<const Program> program;  // null: not an ELF file
    };
    std::string m_sourceDirectory;
    std::vector<Cached> m_programs;
    std::vector<std::pair<std::string, std::shared_ptr<const std::vector<std::string>>>> m_sources;
};

// The file of the program that was named first, also before anybody maps it and after the last process has ended. The
// machine is a value: looking a path up may load directories, so it is done in a copy.
struct ProgramFile {
    InodeId inode;
    std::string path;
    std::shared_ptr<const std::vector<u8>> bytes;
};
std::optional<ProgramFile> programFile(Machine machine);

// The address space the CPU is in now: that of the current task, or the one a kernel thread borrows.
MmId currentMm(const Machine& machine);

// Reads guest memory the way a debugger does: through the tables of `mm`, leaving no trace. Bytes read from the start
// until the first page that is not there.
std::vector<u8> peek(const Machine& machine, u64 address, u64 length, MmId mm = {});
// A value of which all bytes are there.
template <class T>
std::optional<T> peekAs(const Machine& machine, u64 address, MmId mm) {
    const auto bytes = peek(machine, address, sizeof(T), mm);
    if (bytes.size() < sizeof(T)) return {};
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

}  // namespace ringside
