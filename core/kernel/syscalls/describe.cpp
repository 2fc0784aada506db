#include "core/kernel/syscalls/describe.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "core/kernel/names.h"
#include "core/memory/paging.h"

namespace ringside {

namespace {

constexpr u64 kMostText = 32;  // bytes of a buffer shown, as strace does

struct Bit {
    u64 bit;
    const char* name;
};

std::string flagText(u64 value, std::initializer_list<Bit> bits, std::string none) {
    std::string text;
    for (const Bit& b : bits) {
        if ((value & b.bit) != b.bit) continue;
        text += (text.empty() ? "" : "|") + std::string(b.name);
        value &= ~b.bit;
    }
    if (value) text += fmt::format("{}{:#x}", text.empty() ? "" : "|", value);
    return text.empty() ? none : text;
}

class Describer {
 public:
    Describer(const Os& os, const SyscallArgs& args) : m_os(os), m_mode(os.cpu.pagingMode()), m_args(args) {}

    std::string argument(Arg kind, unsigned index, std::optional<u64> filled) const;

 private:
    // How many of `out`'s bytes are mapped in at `address`; nothing is faulted in.
    u64 peek(u64 address, std::span<u8> out) const {
        u64 done = 0;
        while (done < out.size()) {
            const Walk w = walk(m_os.ram, m_mode, VirtAddr(address + done));
            const u64 n = std::min<u64>(out.size() - done, kPageSize - pageOffset(address + done));
            if (w.end != WalkEnd::Mapped) {
                if (!fromFile(address + done, out.subspan(done, n))) break;
            } else {
                if (!w.user || !m_os.ram.contains(w.phys, n)) break;
                m_os.ram.read(w.phys, out.subspan(done, n));
            }
            done += n;
        }
        return done;
    }

    // What the page that is not mapped in yet would hold: bytes of the file behind it.
    bool fromFile(u64 address, std::span<u8> out) const {
        const Mm* mm = m_os.kernel.mms.find(m_os.kernel.currentTask().mm);
        const Vma* area = mm ? mm->find(address) : nullptr;
        const Inode* inode = area && area->file.value ? m_os.kernel.vfs.inodes.find(area->file) : nullptr;
        if (!inode) return false;
        const u64 page = area->pageOffset + ((address - area->start) >> kPageShift);
        if (const auto cached = inode->pages.find(page); cached != inode->pages.end()) {
            m_os.ram.read(addressOf(FrameNo(cached->second)) + pageOffset(address), out);
            return true;
        }
        const u64 offset = (page << kPageShift) + pageOffset(address);
        if (!inode->backing || offset > inode->backing->size() || out.size() > inode->backing->size() - offset)
            return false;
        std::copy_n(inode->backing->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return true;
    }

    std::string bytes(u64 address, u64 length) const {
        if (address == 0) return "NULL";
        std::string raw(std::min(length, kMostText), '\0');
        const u64 got = peek(address, {reinterpret_cast<u8*>(raw.data()), raw.size()});
        if (got < raw.size()) return fmt::format("{:#x}", address);
        return quoted(raw, length > kMostText);
    }

    std::string path(u64 address) const {
        if (address == 0) return "NULL";
        std::string raw(512, '\0');
        raw.resize(peek(address, {reinterpret_cast<u8*>(raw.data()), raw.size()}));
        const auto end = raw.find('\0');
        if (end == std::string::npos && raw.size() < 512) return fmt::format("{:#x}", address);
        return quoted(raw.substr(0, end), end == std::string::npos);
    }

    std::string strings(u64 address, bool onlyCount) const {
        if (address == 0) return "NULL";
        std::string text;
        u64 count = 0;
        for (;; ++count) {
            u64 pointer = 0;
            if (peek(address + 8 * count, {reinterpret_cast<u8*>(&pointer), 8}) < 8)
                return fmt::format("{:#x}", address);
            if (pointer == 0 || count == 100) break;
            if (!onlyCount && count < kMostText) text += (count ? ", " : "") + path(pointer);
        }
        if (onlyCount) return fmt::format("{:#x} /* {} var{} */", address, count, count == 1 ? "" : "s");
        return "[" + text + (count > kMostText ? ", ..." : "") + "]";
    }

    static std::string quoted(std::string_view raw, bool cut) {
        std::string text = "\"";
        for (const char c : raw) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\')
                (text += '\\') += c;
            else if (c == '\n')
                text += "\\n";
            else if (c == '\t')
                text += "\\t";
            else if (c == '\r')
                text += "\\r";
            else if (byte < 0x20 || byte >= 0x7f)
                text += fmt::format("\\x{:02x}", byte);
            else
                text += c;
        }
        return text + (cut ? "\"..." : "\"");
    }

    // How long the buffer in argument `index` is: the size argument that follows it.
    u64 lengthOf(unsigned index) const { return index + 1 < 6 ? m_args.a[index + 1] : 0; }

    const Os& m_os;
    PagingMode m_mode;
    const SyscallArgs& m_args;
};

// Calls whose buffer the kernel fills: read, pread64, recvfrom, getcwd, readlink, readlinkat, getrandom.
bool fillsBuffer(u64 number) {
    static constexpr u64 kNumbers[] = {0, 17, 45, 79, 89, 267, 318};
    return std::ranges::find(kNumbers, number) != std::end(kNumbers);
}

std::string openFlags(u64 value) {
    static constexpr const char* kAccess[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    const std::string rest = flagText(value & ~u64{3},
                                      {{020200000, "O_TMPFILE"},
                                       {04010000, "O_SYNC"},
                                       {0100, "O_CREAT"},
                                       {0200, "O_EXCL"},
                                       {0400, "O_NOCTTY"},
                                       {01000, "O_TRUNC"},
                                       {02000, "O_APPEND"},
                                       {04000, "O_NONBLOCK"},
                                       {0100000, "O_LARGEFILE"},
                                       {0200000, "O_DIRECTORY"},
                                       {0400000, "O_NOFOLLOW"},
                                       {02000000, "O_CLOEXEC"},
                                       {010000000, "O_PATH"}},
                                      "");
    return kAccess[value & 3] + (rest.empty() ? "" : "|" + rest);
}

std::string Describer::argument(Arg kind, unsigned index, std::optional<u64> filled) const {
    const u64 value = m_args.a[index];
    const i32 small = static_cast<i32>(value);
    switch (kind) {
        case Arg::None:
            return {};
        case Arg::Int:
        case Arg::Pid:
            return fmt::format("{}", small);
        case Arg::Fd:
            return small == -100 ? "AT_FDCWD" : fmt::format("{}", small);
        case Arg::Unsigned:
        case Arg::Size:
            return fmt::format("{}", value);
        case Arg::Path:
            return path(value);
        case Arg::Buffer:
            if (filled) return bytes(value, *filled);
            return fillsBuffer(m_args.number) ? fmt::format("{:#x}", value) : bytes(value, lengthOf(index));
        case Arg::Hex:
        case Arg::Address:
        case Arg::Status:
        case Arg::Whatever:
            return value ? fmt::format("{:#x}", value) : kind == Arg::Hex || kind == Arg::Whatever ? "0" : "NULL";
        case Arg::Flags:
            return value ? fmt::format("{:#x}", value) : "0";
        case Arg::Mode:
            return fmt::format("0{:o}", value);
        case Arg::Signal:
            return small == 0 ? "0" : signalName(small);
        case Arg::Argv:
            return strings(value, index >= 2 && m_args.number == 59);
        case Arg::OpenFlags:
            return openFlags(value);
        case Arg::MmapProt:
            return flagText(value, {{1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}}, "PROT_NONE");
        case Arg::MmapFlags:
            return flagText(value,
                            {{3, "MAP_SHARED_VALIDATE"},
                             {1, "MAP_SHARED"},
                             {2, "MAP_PRIVATE"},
                             {0x100000, "MAP_FIXED_NOREPLACE"},
                             {0x10, "MAP_FIXED"},
                             {0x20, "MAP_ANONYMOUS"},
                             {0x100, "MAP_GROWSDOWN"},
                             {0x800, "MAP_DENYWRITE"},
                             {0x4000, "MAP_NORESERVE"},
                             {0x8000, "MAP_POPULATE"},
                             {0x20000, "MAP_STACK"},
                             {0x40000, "MAP_HUGETLB"}},
                            "0");
        case Arg::CloneFlags:
            return describeCloneFlags(value);
        case Arg::SeekWhence: {
            static constexpr const char* kNames[] = {"SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"};
            return value < 5 ? kNames[value] : fmt::format("{}", small);
        }
    }
    return {};
}

std::string describe(const Os& os, const SyscallArgs& args, std::optional<u64> filled) {
    const SyscallRow* row = findSyscall(args.number);
    const std::string_view name = syscallName(args.number);
    std::string text = name.empty() ? fmt::format("syscall_{:#x}", args.number) : std::string(name);
    text += '(';
    const Describer describer(os, args);
    for (unsigned i = 0; i < 6; ++i) {
        const Arg kind = row ? row->args[i] : Arg::Hex;
        if (kind == Arg::None) break;
        if (i) text += ", ";
        text += describer.argument(kind, i, filled);
    }
    return text + ')';
}

}  // namespace

std::string describeCall(const Os& os, const SyscallArgs& args) { return describe(os, args, std::nullopt); }

std::string describeFilled(const Os& os, const SyscallArgs& args, i64 result) {
    if (result < 0 || !fillsBuffer(args.number)) return {};
    return describe(os, args, static_cast<u64>(result));
}

std::string describeCloneFlags(u64 flags) {
    const int signal = static_cast<int>(flags & 0xff);
    // include/uapi/linux/sched.h
    std::string text = flagText(flags & ~u64{0xff},
                                {{0x100, "CLONE_VM"},
                                 {0x200, "CLONE_FS"},
                                 {0x400, "CLONE_FILES"},
                                 {0x800, "CLONE_SIGHAND"},
                                 {0x1000, "CLONE_PIDFD"},
                                 {0x2000, "CLONE_PTRACE"},
                                 {0x4000, "CLONE_VFORK"},
                                 {0x8000, "CLONE_PARENT"},
                                 {0x10000, "CLONE_THREAD"},
                                 {0x20000, "CLONE_NEWNS"},
                                 {0x40000, "CLONE_SYSVSEM"},
                                 {0x80000, "CLONE_SETTLS"},
                                 {0x100000, "CLONE_PARENT_SETTID"},
                                 {0x200000, "CLONE_CHILD_CLEARTID"},
                                 {0x400000, "CLONE_DETACHED"},
                                 {0x800000, "CLONE_UNTRACED"},
                                 {0x1000000, "CLONE_CHILD_SETTID"},
                                 {0x2000000, "CLONE_NEWCGROUP"},
                                 {0x4000000, "CLONE_NEWUTS"},
                                 {0x8000000, "CLONE_NEWIPC"},
                                 {0x10000000, "CLONE_NEWUSER"},
                                 {0x20000000, "CLONE_NEWPID"},
                                 {0x40000000, "CLONE_NEWNET"},
                                 {0x80000000, "CLONE_IO"}},
                                "");
    if (signal) text += (text.empty() ? "" : "|") + signalName(signal);
    return text.empty() ? "0" : text;
}

std::string describeResult(u64 number, i64 result) {
    if (result < 0 && result > -4096) {
        const int error = static_cast<int>(-result);
        // The restart codes never reach the program: strace shows them as "?".
        return fmt::format("{} {} ({})", error >= 512 ? "?" : "-1", errnoName(error), errnoText(error));
    }
    const SyscallRow* row = findSyscall(number);
    const Arg kind = row ? row->result : Arg::Int;
    if (kind == Arg::Hex || kind == Arg::Address) return fmt::format("{:#x}", static_cast<u64>(result));
    return fmt::format("{}", result);
}

}  // namespace ringside
