// load_elf_binary (Linux 6.1 fs/binfmt_elf.c): the file's segments become areas of memory, the stack gets its tables,
// and pt_regs the entry point. Nothing in the file is believed before it is checked.
#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "core/elf/elf_header.h"
#include "core/kernel/entry/fpu_state.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/errno.h"
#include "core/kernel/exec/auxv.h"
#include "core/kernel/exec/exec.h"
#include "core/kernel/exec/internal.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_cache.h"
#include "core/kernel/mm/special_mapping.h"

namespace ringside {
namespace {

constexpr u64 kDynBase = 0x555555554000;  // ELF_ET_DYN_BASE without randomization
constexpr u64 kStackExpand = 131072;
constexpr u64 kMaxHeaders = 65536 / elf::kProgramHeaderSize;

struct ElfFile {
    InodeId inode;
    std::string path;
    elf::ElfHeader header;
    std::vector<elf::ProgramHeader> segments;
};

u16 half(const u8* p) { return static_cast<u16>(p[0] | p[1] << 8); }
u32 word(const u8* p) { return half(p) | static_cast<u32>(half(p + 2)) << 16; }
u64 giant(const u8* p) { return word(p) | static_cast<u64>(word(p + 4)) << 32; }

std::string hexText(u64 value) { return fmt::format("{:#x}", value); }

// What the kernel itself looks at of the header; it checks neither class nor version nor byte order of e_ident.
bool readElfHeader(const std::string& buffer, elf::ElfHeader& h, Sentence& reason) {
    const u8* b = reinterpret_cast<const u8*>(buffer.data());
    if (std::memcmp(b, "\177ELF", 4) != 0) {
        reason = "does not begin with the ELF magic number";
        return false;
    }
    h.type = half(b + 16);
    h.machine = half(b + 18);
    h.entry = giant(b + 24);
    h.phoff = giant(b + 32);
    h.phentsize = half(b + 54);
    h.phnum = half(b + 56);
    if (h.type != elf::kTypeExecutable && h.type != elf::kTypeShared) {
        reason = {"its type is %1, not EXEC or DYN", {elf::typeName(h.type)}};
        return false;
    }
    if (h.machine != elf::kMachineX86_64) {
        reason = {"it is for the machine %1, not x86-64", {elf::machineName(h.machine)}};
        return false;
    }
    return true;
}

// load_elf_phdrs
bool readSegments(Os& os, ElfFile& file, Sentence& reason) {
    KernelCall call(os, "load_elf_phdrs");
    const elf::ElfHeader& h = file.header;
    if (h.phentsize != elf::kProgramHeaderSize || h.phnum < 1 || h.phnum > kMaxHeaders) {
        reason = {"%1 program headers of %2 bytes are not possible",
                  {fmt::to_string(h.phnum), fmt::to_string(h.phentsize)}};
        return false;
    }
    std::vector<u8> bytes(h.phnum * elf::kProgramHeaderSize);
    if (h.phoff > u64{1} << 62 || readFilePages(os, file.inode, h.phoff, bytes) != static_cast<i64>(bytes.size())) {
        reason = {"its program headers at offset %1 lie outside the file", {hexText(h.phoff)}};
        return false;
    }
    for (u64 i = 0; i < h.phnum; ++i) {
        const u8* p = bytes.data() + i * elf::kProgramHeaderSize;
        elf::ProgramHeader s;
        s.type = word(p);
        s.flags = word(p + 4);
        s.offset = giant(p + 8);
        s.vaddr = giant(p + 16);
        s.filesz = giant(p + 32);
        s.memsz = giant(p + 40);
        s.align = giant(p + 48);
        file.segments.push_back(s);
    }
    return true;
}

u32 protectionOf(const elf::ProgramHeader& s) {
    return (s.flags & elf::kRead ? prot::Read : 0) | (s.flags & elf::kWrite ? prot::Write : 0) |
           (s.flags & elf::kExecute ? prot::Exec : 0);
}

bool badAddress(u64 address) { return address >= kTaskSize; }

i64 mapAnonymous(Os& os, MmId mm, u64 start, u64 end, u32 protection) {
    start = pageUp(start);
    end = pageUp(end);
    if (end <= start) return 0;
    return mapArea(os, mm,
                   {.address = start,
                    .length = end - start,
                    .prot = protection,
                    .flags = map::Private | map::Anonymous | map::Fixed});
}

// elf_load: one segment at `address`; `total` maps (and reserves) the whole image first.
i64 mapSegment(Os& os, MmId mm, const ElfFile& file, const elf::ProgramHeader& s, u64 address, u32 flags, u64 total) {
    KernelCall call(os, "elf_load");
    const u64 inPage = pageOffset(s.vaddr);
    u64 start = pageDown(address);
    const u64 fileBytes = s.filesz + inPage;
    const u32 protection = protectionOf(s);
    i64 mapped = static_cast<i64>(start);
    if (s.filesz == 0) {
        // Nothing of the file: only zeroes.
        if (s.memsz == 0) return mapped;
        const u64 length = pageUp(s.memsz + inPage);
        return mapArea(os, mm,
                       {.address = start,
                        .length = length,
                        .prot = protection,
                        .flags = map::Private | map::Anonymous | (flags & (map::Fixed | map::FixedNoReplace))});
    }
    if (inPage != pageOffset(s.offset)) return -error::kInval;
    MapRequest request{.address = start,
                       .length = total ? pageUp(total) : pageUp(fileBytes),
                       .prot = protection,
                       .flags = flags,
                       .file = file.inode,
                       .pageOffset = (s.offset - inPage) >> kPageShift,
                       .name = file.path};
    KernelCall elfMap(os, "elf_map");
    mapped = mapArea(os, mm, request);
    if (mapped < 0) return mapped;
    if (total && pageUp(total) > pageUp(fileBytes)) {
        const u64 behind = static_cast<u64>(mapped) + pageUp(fileBytes);
        unmapArea(os, mm, behind, pageUp(total) - pageUp(fileBytes));
    }
    if (s.memsz <= s.filesz) return mapped;
    const u64 zeroStart = static_cast<u64>(mapped) + inPage + s.filesz;
    const u64 zeroEnd = static_cast<u64>(mapped) + inPage + s.memsz;
    if (pageOffset(zeroStart)) {
        KernelCall pad(os, "padzero");
        // To the end of the page, even behind the segment: the dynamic loader counts on it.
        const std::vector<u8> zeroes(kPageSize - pageOffset(zeroStart));
        // A segment without write permission keeps what the file has there.
        if (!writeTo(os, mm, zeroStart, zeroes) && (protection & prot::Write)) return -error::kFault;
    }
    if (i64 r = mapAnonymous(os, mm, zeroStart, zeroEnd, protection); r < 0) return r;
    return mapped;
}

u64 totalMappingSize(const std::vector<elf::ProgramHeader>& segments) {
    u64 low = ~u64{0}, high = 0;
    for (const auto& s : segments) {
        if (s.type != elf::kLoad) continue;
        low = std::min(low, pageDown(s.vaddr));
        high = std::max(high, s.vaddr + s.memsz);
    }
    return high > low ? high - low : 0;
}

bool sane(const elf::ProgramHeader& s, u64 bias, Sentence& reason) {
    const u64 at = s.vaddr + bias;
    if (badAddress(at) || s.filesz > s.memsz || s.memsz > kTaskSize || kTaskSize - s.memsz < at) {
        reason = {"its segment at %1 (%2 bytes of the file, %3 in memory) does not fit the address space",
                  {hexText(s.vaddr), fmt::to_string(s.filesz), fmt::to_string(s.memsz)}};
        return false;
    }
    return true;
}

u64 maximumAlignment(const std::vector<elf::ProgramHeader>& segments) {
    u64 alignment = 0;
    for (const auto& s : segments)
        if (s.type == elf::kLoad && s.align && (s.align & (s.align - 1)) == 0) alignment = std::max(alignment, s.align);
    return pageUp(alignment);
}

// load_elf_interp: the dynamic loader, wherever there is room. Its load bias or -errno.
i64 loadInterpreter(Os& os, MmId mm, const ElfFile& file, Sentence& reason) {
    KernelCall call(os, "load_elf_interp");
    const u64 total = totalMappingSize(file.segments);
    if (total == 0) {
        reason = {"%1 has no segment to load", {file.path}};
        return -error::kInval;
    }
    bool first = true;
    u64 bias = 0;
    for (const auto& s : file.segments) {
        if (s.type != elf::kLoad) continue;
        u32 flags = map::Private;
        if (file.header.type == elf::kTypeExecutable || !first) flags |= map::Fixed;
        const i64 at = mapSegment(os, mm, file, s, bias + s.vaddr, flags, first ? total : 0);
        if (at < 0) {
            reason = {"a segment of %1 could not be mapped", {file.path}};
            return at;
        }
        if (first && file.header.type == elf::kTypeShared) bias = static_cast<u64>(at) - pageDown(s.vaddr);
        first = false;
        if (!sane(s, bias, reason)) return -error::kNoMem;
    }
    return static_cast<i64>(bias);
}

// setup_arg_pages
i64 setupStack(Os& os, ExecState& exec, bool executable) {
    KernelCall call(os, "setup_arg_pages");
    Mm& mm = os.kernel.mms.edit(exec.mm);
    auto stack = mm.vmas.find(std::prev(mm.vmas.end())->first);
    if (executable) {
        stack->second.flags |= vm::Exec;
        protectArea(os, exec.mm, stack->second.start, stack->second.end - stack->second.start,
                    prot::Read | prot::Write | prot::Exec);
    }
    const u64 limit = argumentStackLimit(os);
    const u64 size = stack->second.end - stack->second.start;
    const u64 low =
        size + kStackExpand > limit ? stack->second.end - std::max(limit, size) : stack->second.start - kStackExpand;
    mm.startStack = exec.p;
    return expandStack(os, exec.mm, pageDown(low)) == FaultResult::Handled ? 0 : -error::kFault;
}

struct Loaded {
    u64 bias = 0, entry = 0, headers = 0, interpreterBase = 0;
};

// The program's own segments.
i64 mapProgram(Os& os, ExecState& exec, const ElfFile& file, bool hasInterpreter, Loaded& out, Sentence& reason) {
    u64 startCode = ~u64{0}, endCode = 0, startData = 0, endData = 0, brk = 0;
    bool first = true;
    for (const auto& s : file.segments) {
        if (s.type != elf::kLoad) continue;
        u32 flags = map::Private;
        u64 total = 0;
        if (!first) {
            flags |= map::Fixed;
        } else if (file.header.type == elf::kTypeExecutable) {
            flags |= map::FixedNoReplace;
        } else {
            if (hasInterpreter) {
                out.bias = kDynBase;
                if (const u64 alignment = maximumAlignment(file.segments)) out.bias &= ~(alignment - 1);
                flags |= map::FixedNoReplace;
            }
            out.bias = pageDown(out.bias - s.vaddr);
            total = totalMappingSize(file.segments);
            if (total == 0) {
                reason = "it has nothing to load";
                return -error::kInval;
            }
        }
        const i64 at = mapSegment(os, exec.mm, file, s, out.bias + s.vaddr, flags, total);
        if (at < 0) {
            reason = {"its segment at %1 could not be mapped", {hexText(s.vaddr)}};
            return at;
        }
        if (first) {
            first = false;
            if (file.header.type == elf::kTypeShared) out.bias += static_cast<u64>(at) - pageDown(out.bias + s.vaddr);
        }
        if (s.offset <= file.header.phoff && file.header.phoff < s.offset + s.filesz)
            out.headers = file.header.phoff - s.offset + s.vaddr + out.bias;
        if (!sane(s, out.bias, reason)) return -error::kInval;
        if (s.flags & elf::kExecute) {
            startCode = std::min(startCode, s.vaddr + out.bias);
            endCode = std::max(endCode, s.vaddr + out.bias + s.filesz);
        }
        startData = std::max(startData, s.vaddr + out.bias);
        endData = std::max(endData, s.vaddr + out.bias + s.filesz);
        brk = std::max(brk, s.vaddr + out.bias + s.memsz);
    }
    if (first) {
        reason = "it has no segment to load";
        return -error::kNoExec;
    }
    Mm& mm = os.kernel.mms.edit(exec.mm);
    mm.startCode = startCode == ~u64{0} ? 0 : startCode;
    mm.endCode = endCode;
    mm.startData = startData;
    mm.endData = endData;
    mm.startBrk = mm.brk = pageUp(brk);
    out.entry = file.header.entry + out.bias;
    return 0;
}

void startThread(Os& os, u64 entry, u64 stack) {
    KernelCall call(os, "start_thread");
    PtRegs regs;
    regs.rip = entry;
    regs.rsp = stack;
    regs.cs = kUserCs;
    regs.ss = kUserDs;
    regs.eflags = flag::IF | flag::kAlwaysOne;
    regs.origRax = ~u64{0};
    writePtRegs(os, os.kernel.current, regs);
    Registers& cpu = os.cpu.regs;
    fxrstor(cpu, {});
    for (SegmentName s : {DS, ES, FS}) cpu.segment[s] = {};
    cpu.kernelGsBase = 0;
    Task& task = os.current();
    task.fsBase = task.gsBase = 0;
    task.fpu.clear();
}

}  // namespace

i64 loadElf(Os& os, ExecState& exec, Sentence& reason) {
    KernelCall call(os, "load_elf_binary");
    ElfFile program{.inode = exec.inode, .path = canonicalPath(os, exec.bprm.interp)};
    if (!readElfHeader(exec.bprm.buffer, program.header, reason) || !readSegments(os, program, reason)) return kNotMine;

    std::optional<ElfFile> loader;
    bool executableStack = false;  // without PT_GNU_STACK too: Linux 5.8 and later on x86-64
    for (const auto& s : program.segments) {
        if (s.type == elf::kGnuStack) executableStack = s.flags & elf::kExecute;
        if (s.type != elf::kInterp || loader) continue;
        if (s.filesz > 4096 || s.filesz < 2) {
            reason = "its PT_INTERP has an impossible length";
            return kNotMine;
        }
        std::vector<u8> name(s.filesz);
        if (readFilePages(os, program.inode, s.offset, name) != static_cast<i64>(name.size())) {
            reason = "its PT_INTERP lies outside the file";
            return -error::kIo;
        }
        if (name.back() != 0) {
            reason = "its PT_INTERP does not end in a zero byte";
            return kNotMine;
        }
        const std::string path(reinterpret_cast<const char*>(name.data()));
        exec.bprm.elfInterpreter = path;
        KernelCall open(os, "open_exec");
        const auto inode = openExecutable(os, path);
        if (!inode) {
            reason = {"its interpreter %1 can not be opened", {path}};
            return inode.error();
        }
        loader = ElfFile{.inode = *inode, .path = canonicalPath(os, path)};
        std::array<u8, 256> head{};
        if (readFilePages(os, *inode, 0, head) < static_cast<i64>(elf::kHeaderSize)) {
            reason = {"its interpreter %1 is too short", {path}};
            return -error::kIo;
        }
        Sentence why;
        const std::string buffer(reinterpret_cast<const char*>(head.data()), head.size());
        if (!readElfHeader(buffer, loader->header, why) || !readSegments(os, *loader, why)) {
            reason = {"of its interpreter %1: %2", {path, toText(why)}};
            return -kElfBadLibrary;
        }
    }

    commitExec(os, exec);
    exec.inode = program.inode;
    if (i64 r = setupStack(os, exec, executableStack); r < 0) return r;
    Loaded loaded;
    if (i64 r = mapProgram(os, exec, program, loader.has_value(), loaded, reason); r < 0) return r;
    u64 entry = loaded.entry;
    if (loader) {
        const i64 base = loadInterpreter(os, exec.mm, *loader, reason);
        if (base < 0) return base;
        loaded.interpreterBase = static_cast<u64>(base);
        entry = loaded.interpreterBase + loader->header.entry;
    }
    if (badAddress(entry)) {
        reason = {"its entry point %1 is not an address of user space", {hexText(entry)}};
        return -error::kInval;
    }
    const i64 vdso = mapVdso(os, exec.mm);  // arch_setup_additional_pages
    if (vdso < 0) {
        reason = "there is no room for the vDSO";
        return vdso;
    }
    const AuxvInput input{.programHeaders = loaded.headers,
                          .programHeaderCount = program.header.phnum,
                          .interpreterBase = loader ? loaded.interpreterBase : 0,
                          .entry = loaded.entry,
                          .vdso = static_cast<u64>(vdso)};
    u64 stack = 0;
    if (i64 r = createElfTables(os, exec, input, stack); r < 0) {
        reason = "the stack could not be written";
        return r;
    }
    exec.bprm.entry = entry;
    exec.bprm.loadBias = loaded.bias;
    exec.bprm.interpreterBase = input.interpreterBase;
    startThread(os, entry, stack);
    reason = loader ? Sentence("loaded; %1 begins at %2 and will start the program at %3",
                               {loader->path, hexText(entry), hexText(loaded.entry)})
                    : Sentence("loaded; the program begins at %1", {hexText(entry)});
    return 0;
}

}  // namespace ringside
