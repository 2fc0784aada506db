#include "core/kernel/exec/auxv.h"

#include <cstring>

#include "core/elf/elf_header.h"
#include "core/kernel/errno.h"
#include "core/kernel/proc/nsproxy.h"
#include "core/kernel/random.h"

namespace ringside {
namespace {

// Linux include/uapi/linux/auxvec.h
enum AuxType : u64 {
    kNull = 0,
    kPhdr = 3,
    kPhent = 4,
    kPhnum = 5,
    kPagesz = 6,
    kBase = 7,
    kFlags = 8,
    kEntry = 9,
    kUid = 11,
    kEuid = 12,
    kGid = 13,
    kEgid = 14,
    kPlatform = 15,
    kHwcap = 16,
    kClktck = 17,
    kSecure = 23,
    kRandom = 25,
    kHwcap2 = 26,
    kExecfn = 31,
    kSysinfoEhdr = 33,
    kMinsigstksz = 51
};

constexpr u64 kMinSignalStack = 1232;  // a frame with FXSAVE state and nothing else
constexpr u64 kHwcapV1 = 0x0783fbff;   // CPUID.1:EDX without a local APIC's extras: FPU … SSE2
constexpr u64 kUserHz = 100;

}  // namespace

u64 argumentStackLimit(const Os& os) {
    const SignalStruct* signal = os.kernel.signals.find(os.kernel.currentTask().signal);
    return signal && signal->rlimits[3][0] ? signal->rlimits[3][0] : u64{8} << 20;
}

i64 createElfTables(Os& os, ExecState& exec, const AuxvInput& input, u64& stack) {
    KernelCall call(os, "create_elf_tables");
    const Cred& cred = os.kernel.currentTask().cred;
    const u64 strings = exec.p;
    u64 p = exec.p & ~u64{15};  // arch_align_stack
    const auto push = [&](const void* bytes, u64 size) {
        p -= size;
        return writeTo(os, exec.mm, p, {static_cast<const u8*>(bytes), size});
    };
    constexpr char kPlatformName[] = "x86_64";
    if (!push(kPlatformName, sizeof kPlatformName)) return -error::kFault;
    const u64 platform = p;
    const std::array<u64, 2> random{nextRandom(os.kernel), nextRandom(os.kernel)};
    if (!push(random.data(), sizeof random)) return -error::kFault;
    const u64 randomAt = p;

    const std::vector<std::array<u64, 2>> auxv = {
        {kSysinfoEhdr, input.vdso},
        {kMinsigstksz, kMinSignalStack},
        {kHwcap, kHwcapV1},
        {kPagesz, kPageSize},
        {kClktck, kUserHz},
        {kPhdr, input.programHeaders},
        {kPhent, elf::kProgramHeaderSize},
        {kPhnum, input.programHeaderCount},
        {kBase, input.interpreterBase},
        {kFlags, 0},
        {kEntry, input.entry},
        {kUid, idToUser(os, IdKind::User, cred.uid)},
        {kEuid, idToUser(os, IdKind::User, cred.euid)},
        {kGid, idToUser(os, IdKind::Group, cred.gid)},
        {kEgid, idToUser(os, IdKind::Group, cred.egid)},
        {kSecure, 0},
        {kRandom, randomAt},
        {kHwcap2, 0},
        {kExecfn, exec.execAddress},
        {kPlatform, platform},
        {kNull, 0},
    };
    const Bprm& bprm = exec.bprm;
    std::vector<u64> words;
    words.push_back(bprm.argc);
    u64 at = strings;
    const u64 argStart = at;
    for (const std::string& text : bprm.argv) {
        words.push_back(at);
        at += text.size() + 1;
    }
    words.push_back(0);
    const u64 envStart = at;
    for (const std::string& text : bprm.envp) {
        words.push_back(at);
        at += text.size() + 1;
    }
    words.push_back(0);
    for (const auto& pair : auxv) words.insert(words.end(), pair.begin(), pair.end());
    p = (p - words.size() * 8) & ~u64{15};
    if (!writeTo(os, exec.mm, p, {reinterpret_cast<const u8*>(words.data()), words.size() * 8})) return -error::kFault;

    Mm& mm = os.kernel.mms.edit(exec.mm);
    mm.argStart = argStart;
    mm.argEnd = mm.envStart = envStart;
    mm.envEnd = at;
    mm.startStack = p;
    mm.auxv.assign(reinterpret_cast<const char*>(auxv.data()), auxv.size() * 16);
    stack = p;
    return 0;
}

}  // namespace ringside
