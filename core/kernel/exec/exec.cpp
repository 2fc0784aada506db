#include "core/kernel/exec/exec.h"

#include <cstring>
#include <fmt/format.h>

#include "core/kernel/costs.h"
#include "core/kernel/entry/border.h"
#include "core/kernel/entry/pt_regs.h"
#include "core/kernel/errno.h"
#include "core/kernel/exec/internal.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_cache.h"
#include "core/kernel/mm/page_lists.h"
#include "core/kernel/names.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/sched/sched.h"

namespace ringside {
namespace {

constexpr u64 kBufferSize = 256;            // BINPRM_BUF_SIZE
constexpr u64 kMaxString = 32 * kPageSize;  // MAX_ARG_STRLEN
constexpr u64 kStackLimit = u64{8} << 20;   // _STK_LIM
constexpr u64 kArgMax = 131072;             // ARG_MAX: always granted
constexpr int kMaxDepth = 5;

// bprm_stack_limits: how many bytes strings and pointers may take.
u64 argumentLimit(const Os& os) {
    const SignalStruct* signal = os.kernel.signals.find(os.kernel.currentTask().signal);
    u64 stack = signal && signal->rlimits[3][0] ? signal->rlimits[3][0] : kStackLimit;
    return std::max(std::min(kStackLimit / 4 * 3, stack / 4), kArgMax);
}

// bprm_mm_init: an area for the stack at the very top.
i64 makeStack(Os& os, ExecState& exec) {
    KernelCall call(os, "alloc_bprm");
    exec.mm = newMm(os);
    if (exec.mm.value == 0) return -error::kNoMem;
    Vma stack;
    stack.start = kTaskSize - kPageSize;
    stack.end = kTaskSize;
    stack.flags = vm::Read | vm::Write | vm::MayRead | vm::MayWrite | vm::MayExec | vm::GrowsDown;
    stack.pageOffset = stack.start >> kPageShift;
    stack.name = "[stack]";
    Mm& mm = os.kernel.mms.edit(exec.mm);
    mm.vmas.emplace(stack.start, stack);
    mm.countPages(1);
    exec.p = kTaskSize - 8;
    return 0;
}

i64 prepareBinprm(Os& os, ExecState& exec) {
    std::array<u8, kBufferSize> buffer{};
    const i64 n = readFilePages(os, exec.inode, 0, buffer);
    if (n < 0) return n;
    exec.bprm.buffer.assign(reinterpret_cast<const char*>(buffer.data()), buffer.size());
    return 0;
}

i64 copyStrings(Os& os, ExecState& exec) {
    Bprm& bprm = exec.bprm;
    const u64 limit = argumentLimit(os);
    const u64 pointers = (std::max<u64>(bprm.argc, 1) + bprm.envc) * 8;
    if (limit <= pointers) return -error::k2Big;
    u64 size = bprm.filename.size() + 1;
    for (const auto* list : {&bprm.argv, &bprm.envp})
        for (const std::string& text : *list) {
            if (text.size() >= kMaxString) return -error::k2Big;
            size += text.size() + 1;
        }
    if (size > limit - pointers) return -error::k2Big;
    KernelCall call(os, "copy_strings");
    if (i64 r = copyString(os, exec, bprm.filename); r < 0) return r;
    exec.execAddress = exec.p;
    for (const auto* list : {&bprm.envp, &bprm.argv})
        for (auto text = list->rbegin(); text != list->rend(); ++text)
            if (i64 r = copyString(os, exec, *text); r < 0) return r;
    return 0;
}

i64 tryFile(Os& os, ExecState& exec, const std::string& path) {
    KernelCall open(os, "do_open_execat");
    const auto inode = openExecutable(os, path);
    if (!inode) return inode.error();
    exec.inode = *inode;
    return 0;
}

// As much of the arguments as anybody looks at: every task keeps them.
std::vector<std::string> beginningOf(const std::vector<std::string>& argv) {
    constexpr std::size_t kArguments = 12, kLength = 256;
    std::vector<std::string> some(argv.begin(),
                                  argv.begin() + static_cast<std::ptrdiff_t>(std::min(argv.size(), kArguments)));
    for (std::string& text : some) text = text.substr(0, kLength);
    return some;
}

OldProgram programOf(const Kernel& kernel, const Task& task) {
    OldProgram old;
    old.comm = task.comm;
    if (const Mm* mm = kernel.mms.find(task.mm)) {
        old.path = mm->exePath;
        old.areas = static_cast<u32>(mm->vmas.size());
        old.pages = mm->rss();
    }
    if (const FilesStruct* files = kernel.files.find(task.files))
        for (const FilesStruct::Slot& slot : files->slots) old.closed += slot.file.value != 0 && slot.closeOnExec;
    if (const Sighand* sighand = kernel.sighands.find(task.sighand))
        for (const SigAction& action : sighand->action)
            old.handlers += action.handler != kSigDfl && action.handler != kSigIgn;
    return old;
}

}  // namespace

bool writeTo(Os& os, MmId id, u64 address, std::span<const u8> in) {
    for (u64 done = 0; done < in.size();) {
        const u64 at = address + done, k = std::min(in.size() - done, kPageSize - pageOffset(at));
        if (at >= kTaskSize) return false;
        const Vma* area = os.kernel.mms.at(id).find(at);
        if (!area && expandStack(os, id, at) != FaultResult::Handled) return false;
        auto slot = makePte(os, id, at);
        if (!slot || !(slot->entry & pte::P) || !(slot->entry & pte::RW)) {
            area = os.kernel.mms.at(id).find(at);
            // padzero writes into areas that the program itself may only read: then it fails, as on Linux.
            if (!area || !(area->flags & vm::Write)) return false;
            if (handleMmFault(os, id, at, true) != FaultResult::Handled) return false;
            slot = makePte(os, id, at);
        }
        os.ram.store(slot->at, slot->entry | pte::A | pte::D);
        FrameNo frame = pteFrame(slot->entry);
        if (slot->huge) frame += static_cast<u32>(at >> kPageShift & 511);
        std::memcpy(kernelWritable(os, frame, pageOffset(at), k), in.data() + done, k);
        done += k;
    }
    return true;
}

i64 copyString(Os& os, ExecState& exec, std::string_view text) {
    const std::string bytes = std::string(text) + '\0';
    if (exec.p < bytes.size()) return -error::k2Big;
    exec.p -= bytes.size();
    return writeTo(os, exec.mm, exec.p, {reinterpret_cast<const u8*>(bytes.data()), bytes.size()}) ? 0 : -error::k2Big;
}

i64 openInterpreter(Os& os, ExecState& exec, const std::string& path) {
    if (i64 r = tryFile(os, exec, path); r < 0) return r;
    exec.bprm.interp = path;
    return 0;
}

i64 searchHandler(Os& os, ExecState& exec) {
    while (true) {
        KernelCall call(os, "search_binary_handler");
        if (exec.depth > kMaxDepth) return -error::kLoop;
        if (i64 r = prepareBinprm(os, exec); r < 0) return r;
        const InodeId before = exec.inode;
        const BprmRound round{exec.bprm.interp, exec.bprm.buffer, beginningOf(exec.bprm.argv)};
        struct Format {
            const char* name;
            i64 (*load)(Os&, ExecState&, Sentence&);
        };
        i64 result = kNotMine;
        bool again = false;
        for (const Format& format : {Format{"misc", loadMisc}, Format{"script", loadScript}, Format{"elf", loadElf}}) {
            Sentence reason;
            result = format.load(os, exec, reason);
            exec.bprm.formats.push_back({static_cast<u32>(exec.bprm.earlier.size()), format.name, result, reason});
            os.emit(EventKind::Binfmt, {static_cast<u64>(result)},
                    fmt::format("binfmt_{}: {}", format.name, toText(reason)));
            if (result == 0 && !exec.committed) again = true;  // goes on with the interpreter's file
            if (result != kNotMine || exec.committed) break;
        }
        if (!again) return result;
        if (exec.inode == before && exec.bprm.interp == round.file) return -error::kLoop;
        exec.bprm.earlier.push_back(round);
        ++exec.depth;
    }
}

void commitExec(Os& os, ExecState& exec) {
    KernelCall call(os, "begin_new_exec");
    exec.committed = true;
    exec.bprm.old = programOf(os.kernel, os.current());
    const std::string& name = exec.bprm.filename;
    const auto slash = name.rfind('/');
    beginNewExec(os, (slash == std::string::npos ? name : name.substr(slash + 1)).substr(0, 15));
    closeOnExec(os);
    {
        KernelCall mmap(os, "exec_mmap");
        Task& task = os.current();
        const MmId old = task.mm;
        task.mm = task.activeMm = exec.mm;
        os.cpu.loadCr3(os.kernel.mms.at(exec.mm).cr3);
        if (old.value) putMm(os, old);
    }
    Mm& mm = os.kernel.mms.edit(exec.mm);
    mm.exe = exec.inode;
    holdInode(os, exec.inode);
    mm.exePath = canonicalPath(os, exec.bprm.interp);
}

i64 execve(Os& os, const std::string& path, std::vector<std::string> argv, std::vector<std::string> envp) {
    KernelCall call(os, "do_execveat_common", cost::kExec);
    if (path.empty()) return -error::kNoEnt;
    ExecState exec;
    Bprm& bprm = exec.bprm;
    bprm.filename = bprm.interp = path;
    if (argv.empty()) argv.emplace_back();  // Linux 5.18 and later: argv[0] is "" when there is none
    bprm.argv = std::move(argv);
    bprm.envp = std::move(envp);
    bprm.argc = static_cast<u32>(bprm.argv.size());
    bprm.envc = static_cast<u32>(bprm.envp.size());
    const auto abandon = [&](i64 result) {
        if (exec.mm.value && !exec.committed) putMm(os, exec.mm);
        return result;
    };
    if (i64 r = tryFile(os, exec, path); r < 0) return r;
    if (i64 r = makeStack(os, exec); r < 0) return r;
    if (i64 r = copyStrings(os, exec); r < 0) return abandon(r);
    os.emit(EventKind::Bprm, {bprm.argc, bprm.envc}, path);
    KernelCall run(os, "bprm_execve");
    KernelCall binprm(os, "exec_binprm");
    bprm.result = searchHandler(os, exec);
    if (bprm.result < 0) {
        if (!exec.committed) return abandon(bprm.result);
        // The old program is gone and the new one can not start (force_fatal_sig).
        forceSignal(os, kSigSegv, 0x80, 0);
        return bprm.result;
    }
    ++os.kernel.counters.execs;
    // The views show argv and envp from here; what is too long for anybody to read is cut off.
    std::size_t room = limit::Strings;
    for (auto* strings : {&bprm.argv, &bprm.envp})
        for (auto it = strings->begin(); it != strings->end(); ++it) {
            if (it->size() + sizeof(std::string) > room) {
                strings->erase(it, strings->end());
                strings->shrink_to_fit();
                break;
            }
            room -= it->size() + sizeof(std::string);
        }
    os.current().exec = bprm;
    os.emit(EventKind::Exec, {bprm.entry}, bprm.interp);
    sample(os, os.current(), SampleKind::Exec, TaskPhase::Running);
    return 0;
}

}  // namespace ringside
