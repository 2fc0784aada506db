#include "tests/differential/native.h"

#ifdef __x86_64__

#include <algorithm>
#include <asm/prctl.h>
#include <cpuid.h>
#include <cstdlib>
#include <cstring>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

namespace ringside::sandbox {

namespace {

constexpr std::size_t kBatch = 2048;
// FP_XSTATE_MAGIC1 in the software-reserved bytes of the frame's FXSAVE image: an XSAVE header follows.
constexpr u32 kXstateMagic = 0x46505853;
constexpr unsigned kSoftwareReserved = 464, kXsaveHeader = 512;

constexpr std::array<int, 16> kGregs{REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                     REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

struct Batch {
    std::size_t first = 0, count = 0, next = 0;  // `next`: the case that runs, or will
    std::array<Case, kBatch> cases;
    std::array<Result, kBatch> results;
};

// What the handler works with. Globals, because FS does not point at thread-local storage while cases run.
Batch* g_batch;
u8* g_code;  // writable alias of kCode
const u8* g_pristine;
bool g_running;
greg_t g_selectors;  // CS and SS of 64-bit user mode, which a far jump may have left

[[noreturn]] void leave(int status) {
    for (;;) asm volatile("syscall" ::"a"(SYS_exit_group), "D"(status) : "rcx", "r11", "memory");
}

void clearCode(const Case& c) { memset(g_code + (c.in.rip - kCode), 0xcc, c.codeLength); }

void loadCase(ucontext_t* context) {
    if (g_batch->next == g_batch->count) leave(0);
    const Case& c = g_batch->cases[g_batch->next];
    memcpy(g_code + (c.in.rip - kCode), c.code.data(), c.codeLength);
    u8* data = reinterpret_cast<u8*>(kData);
    memcpy(data, g_pristine, kDataSize);
    for (const Patch& p : c.patches)
        if (p.length != 0) memcpy(data + p.offset, p.bytes.data(), p.length);
    auto& gregs = context->uc_mcontext.gregs;
    for (unsigned i = 0; i < 16; ++i) gregs[kGregs[i]] = static_cast<greg_t>(c.in.gpr[i]);
    gregs[REG_RIP] = static_cast<greg_t>(c.in.rip);
    gregs[REG_CSGSFS] = g_selectors;
    gregs[REG_EFL] = static_cast<greg_t>(c.in.rflags | (c.mode == Mode::Step ? 0x100 : 0));
    u8* fpstate = reinterpret_cast<u8*>(context->uc_mcontext.fpregs);
    memcpy(fpstate, c.in.fx.data(), fx::kUsed);
    u32 magic;
    memcpy(&magic, fpstate + kSoftwareReserved, sizeof magic);
    if (magic == kXstateMagic) {
        const u64 legacy = 3;
        memcpy(fpstate + kXsaveHeader, &legacy, sizeof legacy);
    }
    g_running = true;
}

void onSignal(int number, siginfo_t*, void* raw) {
    // The case may have left AC, NT or ID set: the kernel clears none of them for a handler.
    asm volatile(
        "lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq %0, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::"i"(~0x244000)
        : "cc", "memory");
    auto* context = static_cast<ucontext_t*>(raw);
    if (!g_running) {
        g_selectors = context->uc_mcontext.gregs[REG_CSGSFS];
        loadCase(context);
        return;
    }
    auto& gregs = context->uc_mcontext.gregs;
    const std::size_t index = g_batch->next;
    const Case& c = g_batch->cases[index];
    const u64 rip = static_cast<u64>(gregs[REG_RIP]);
    if (number == SIGTRAP && c.mode == Mode::Step && gregs[REG_TRAPNO] == 1 && rip == c.in.rip &&
        gregs[REG_RCX] != static_cast<greg_t>(c.in.gpr[1]) && isRepeating(c)) {
        gregs[REG_EFL] |= 0x100;
        return;  // the next round of the REP
    }
    Result& r = g_batch->results[index];
    for (unsigned i = 0; i < 16; ++i) r.out.gpr[i] = static_cast<u64>(gregs[kGregs[i]]);
    r.out.rip = rip;
    r.out.rflags = static_cast<u64>(gregs[REG_EFL]);
    memcpy(r.out.fx.data(), context->uc_mcontext.fpregs, fx::kUsed);
    r.vector = static_cast<u32>(gregs[REG_TRAPNO]);
    r.error = static_cast<u64>(gregs[REG_ERR]);
    r.address = static_cast<u64>(gregs[REG_CR2]);
    makeBlind(c, reinterpret_cast<u8*>(kData));
    r.memory = hashOf(reinterpret_cast<const u8*>(kData));
    r.signal = number;
    r.status = 1;
    clearCode(c);
    g_batch->next = index + 1;
    loadCase(context);
}

bool forbidEverythingElse() {
    constexpr u32 kArchitecture = offsetof(seccomp_data, arch), kNumber = offsetof(seccomp_data, nr);
    std::array<sock_filter, 7> filter{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArchitecture),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool mapAt(u64 address, std::size_t size, int protection, int fd, off_t offset) {
    return mmap(reinterpret_cast<void*>(address), size, protection, MAP_SHARED | MAP_POPULATE | MAP_FIXED_NOREPLACE, fd,
                offset) == reinterpret_cast<void*>(address);
}

constexpr off_t kCodeAt = 0, kDataAt = kCodeSize, kReadOnlyAt = kDataAt + kDataSize;
constexpr off_t kFileSize = kReadOnlyAt + kReadOnlySize;

enum ChildExit { kDone = 0, kNoMapping = 81, kNoSignals, kNoSegments, kNoSeccomp };

long setBase(int which, u64 base) {
    long result;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(SYS_arch_prctl), "D"(static_cast<long>(which)), "S"(base)
                 : "rcx", "r11", "memory");
    return result;
}

[[noreturn]] void child(int fd, u8* stack, std::size_t stackSize) {
    const rlimit processor{20, 20};
    const rlimit core{0, 0};
    setrlimit(RLIMIT_CPU, &processor);
    setrlimit(RLIMIT_CORE, &core);
    if (!mapAt(kCode, kCodeSize, PROT_READ | PROT_EXEC, fd, kCodeAt) ||
        !mapAt(kData, kDataSize, PROT_READ | PROT_WRITE, fd, kDataAt) ||
        !mapAt(kReadOnly, kReadOnlySize, PROT_READ, fd, kReadOnlyAt))
        _exit(kNoMapping);
    stack_t alternate{};
    alternate.ss_sp = stack;
    alternate.ss_size = stackSize;
    struct sigaction action {};
    action.sa_sigaction = onSignal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    bool ok = sigaltstack(&alternate, nullptr) == 0;
    for (int number : {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGSYS})
        ok = ok && sigaction(number, &action, nullptr) == 0;
    if (!ok) _exit(kNoSignals);
    if (setBase(ARCH_SET_GS, kGsBase) != 0) _exit(kNoSegments);
    // From here on nothing may touch thread-local storage.
    if (setBase(ARCH_SET_FS, kFsBase) != 0) _exit(kNoSegments);
    if (!forbidEverythingElse()) leave(kNoSeccomp);
    asm volatile("ud2");
    leave(kNoSignals);
}

}  // namespace

struct Native::Shared {
    int fd = -1;
    u8* code = nullptr;
    u8* file = nullptr;
    Batch* batch = nullptr;
    u8* stack = nullptr;
    static constexpr std::size_t kStackSize = 256 * 1024;
    alignas(64) std::array<u8, kDataSize> pristine{};

    ~Shared() {
        if (file != nullptr) munmap(file, kFileSize);
        if (batch != nullptr) munmap(batch, sizeof(Batch));
        if (stack != nullptr) munmap(stack, kStackSize);
        if (fd >= 0) close(fd);
    }

    // One child; it ends at the end of the batch or at a case that kills it.
    Expected<void> runChild() {
        g_batch = batch;
        g_code = file + kCodeAt;
        g_pristine = pristine.data();
        g_running = false;
        memset(file + kCodeAt, 0xcc, kCodeSize);
        const pid_t pid = fork();
        if (pid < 0) return fail("The host does not let this process fork.");
        if (pid == 0) {
            child(fd, stack, kStackSize);
        }
        int status = 0;
        while (waitpid(pid, &status, 0) < 0)
            if (errno != EINTR) return fail("The child that runs cases on the host CPU was lost.");
        if (WIFEXITED(status)) switch (WEXITSTATUS(status)) {
                case kDone:
                    return {};
                case kNoMapping:
                    return fail("The host does not map pages at fixed addresses.");
                case kNoSignals:
                    return fail("The host does not deliver signals for CPU exceptions.");
                case kNoSegments:
                    return fail("The host does not let a process set its FS and GS bases.");
                case kNoSeccomp:
                    return fail("The host does not let a process give up its system calls (seccomp).");
                default:
                    break;
            }
        if (batch->next >= batch->count) return {};
        batch->results[batch->next].status = 2;
        batch->results[batch->next].signal = WIFSIGNALED(status) ? WTERMSIG(status) : -1;
        ++batch->next;
        return {};
    }
};

Native::Native(std::unique_ptr<Shared> shared) : m_shared(std::move(shared)) {}
Native::Native(Native&&) noexcept = default;
Native& Native::operator=(Native&&) noexcept = default;
Native::~Native() = default;

Expected<Native> Native::create() {
    auto shared = std::make_unique<Shared>();
    shared->fd = static_cast<int>(syscall(SYS_memfd_create, "sandbox", 0));
    if (shared->fd < 0 || ftruncate(shared->fd, kFileSize) != 0)
        return fail("The host gives no shared memory (memfd_create).");
    const auto map = [](std::size_t size, int flags, int fd) -> u8* {
        void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
        return at == MAP_FAILED ? nullptr : static_cast<u8*>(at);
    };
    shared->file = map(kFileSize, MAP_SHARED, shared->fd);
    shared->stack = map(Shared::kStackSize, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    u8* batch = map(sizeof(Batch), MAP_SHARED | MAP_ANONYMOUS, -1);
    if (shared->file == nullptr || shared->stack == nullptr || batch == nullptr)
        return fail("The host gives no shared memory (mmap).");
    shared->batch = new (batch) Batch;
    fillData(shared->pristine);
    fillReadOnly({shared->file + kReadOnlyAt, kReadOnlySize});

    // INC EAX, and a look at what comes back: a host that lets all this pass but does something else is no oracle.
    Native native(std::move(shared));
    std::vector<Case> probes(2);
    for (Case& c : probes) {
        c.in.rip = kCode + 64;
        c.in.gpr[0] = 41;
        c.in.set<u16>(fx::kControl, 0x37f);
        c.in.set<u32>(fx::kMxcsr, 0x1f80);
        c.code = {0xff, 0xc0};
        c.codeLength = 2;
    }
    probes[1].mode = Mode::Step;
    native.m_shared->batch->count = 1;
    native.m_shared->batch->cases[0] = probes[0];
    if (auto ran = native.m_shared->runChild(); !ran) return std::unexpected(ran.error());
    const std::vector<Result> results = native.run(probes);
    if (results[0].status != 1 || results[0].out.gpr[0] != 42 || results[0].vector != 3 ||
        results[0].out.rip != kCode + 67)
        return fail("The host does not report traps the way Linux on x86-64 does.");
    if (results[1].status != 1 || results[1].out.gpr[0] != 42 || results[1].vector != 1 ||
        results[1].out.rip != kCode + 66)
        return fail("The host does not single-step the way Linux on x86-64 does.");
    return native;
}

std::vector<Result> Native::run(std::span<const Case> cases) {
    std::vector<Result> results(cases.size());
    Batch& batch = *m_shared->batch;
    for (std::size_t first = 0; first < cases.size(); first += kBatch) {
        const std::size_t count = std::min(kBatch, cases.size() - first);
        std::copy_n(cases.begin() + static_cast<std::ptrdiff_t>(first), count, batch.cases.begin());
        for (std::size_t i = 0; i < count; ++i) batch.results[i].status = 0;
        batch.count = count;
        batch.next = 0;
        while (batch.next < batch.count)
            if (!m_shared->runChild()) break;
        std::copy_n(batch.results.begin(), count, results.begin() + static_cast<std::ptrdiff_t>(first));
    }
    return results;
}

bool Native::isKnownKind() {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    const auto name = [](unsigned a, unsigned b, unsigned c) {
        std::string text(12, ' ');
        memcpy(text.data(), &a, 4);
        memcpy(text.data() + 4, &b, 4);
        memcpy(text.data() + 8, &c, 4);
        return text;
    };
    __cpuid(0, eax, ebx, ecx, edx);
    if (name(ebx, edx, ecx) != "AuthenticAMD") return false;
    __cpuid(1, eax, ebx, ecx, edx);
    if ((ecx >> 31) == 0) return true;
    __cpuid(0x40000000, eax, ebx, ecx, edx);
    return name(ebx, ecx, edx) != "TCGTCGTCGTCG";
}

std::span<const u8> Native::data() const { return {m_shared->file + kDataAt, kDataSize}; }

}  // namespace ringside::sandbox

#else

namespace ringside::sandbox {

struct Native::Shared {};
Native::Native(std::unique_ptr<Shared> shared) : m_shared(std::move(shared)) {}
Native::Native(Native&&) noexcept = default;
Native& Native::operator=(Native&&) noexcept = default;
Native::~Native() = default;
Expected<Native> Native::create() { return fail("The host is not x86-64."); }
bool Native::isKnownKind() { return false; }
std::vector<Result> Native::run(std::span<const Case> cases) { return std::vector<Result>(cases.size()); }
std::span<const u8> Native::data() const { return {}; }

}  // namespace ringside::sandbox

#endif
