// Random system calls by guest code: many processes and threads stand in a loop of one SYSCALL instruction; each time
// one of them is about to execute it, its registers and the memory they point at are drawn anew. Arguments fit their
// kind most of the time, so that calls get far; the rest are garbage. Whatever they do, no CHECK fails, the machine
// comes back within its tick limit and its invariants hold. Always the same calls for the same numbers.
//
//     ringside_fuzz_syscalls [--calls N] [--first MACHINE] [--progress]
#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

#include "core/kernel/errno.h"
#include "core/kernel/mm/user_memory.h"
#include "core/kernel/proc/process.h"
#include "core/kernel/proc/signal.h"
#include "core/kernel/syscalls/table.h"
#include "tests/core/guest_program.h"
#include "tests/differential/random.h"

using namespace ringside;
using namespace ringside::test;
using sandbox::Random;

namespace {

constexpr u64 kCallsPerMachine = 3000, kCallsPerCheck = 250, kScratchSize = 0x8000;
constexpr std::size_t kMostTasks = 24;

struct Code {
    std::string file;
    u64 loop = 0, handler = 0, restorer = 0, scratch = 0;
};

Code makeCode() {
    Program p;
    Code code;
    code.loop = p.here();
    p.syscall().bytes({0xeb, 0xfc});  // JMP loop
    code.handler = p.here();
    p.bytes({0xc3});
    code.restorer = p.here();
    p.move(RAX, 15).syscall();
    code.scratch = (p.here() + 0xfff) & ~u64{0xfff};
    code.file = p.file(code.scratch + kScratchSize - p.here());
    return code;
}

const char* const kPaths[] = {"/program",
                              "/",
                              "/tmp/a",
                              "/tmp/b",
                              "/tmp/dir",
                              "/tmp/dir/c",
                              "/tmp/link",
                              "a",
                              "..",
                              ".",
                              "",
                              "/dev/null",
                              "/dev/zero",
                              "/dev/console",
                              "/dev/tty",
                              "/dev/full",
                              "/script",
                              "/proc",
                              "/proc/self/maps",
                              "/proc/1/status",
                              "/proc/self/fd/3",
                              "/tmp",
                              "/proc/self",
                              "/proc/self/root",
                              "/proc/self/fd",
                              "/tmp/fifo",
                              "/proc/self/exe",
                              "/proc/self/mem",
                              "/proc/sys/kernel/pid_max",
                              "/dev/urandom",
                              "/proc/self/task",
                              "/tmp/dir/..",
                              "/nothing/there",
                              "/dev/shm/s",
                              "/proc/self/oom_score_adj",
                              "/proc/self/oom_score"};

// The calls a PID 1 that must live makes: it starts others, reaps them and ends them.
constexpr u64 kWait4 = 61, kFork = 57, kKill = 62, kNanosleep = 35, kExit = 60, kExitGroup = 231;

class Fuzzer {
 public:
    explicit Fuzzer(u64 number) : m_random(number * 2654435761u + 1), m_machine(boot()) {}

    // "" or what went wrong.
    std::string run(u64 calls) {
        unsigned idleRounds = 0;
        while (m_calls < calls) {
            const u64 loop[] = {m_code.loop};
            const MachineStop stop = m_machine.run({.tick = m_machine.cpu.tick + 200'000, .breakpoints = loop});
            if (stop == MachineStop::Breakpoint) {
                idleRounds = 0;
                nextCall();
            } else if (stop == MachineStop::NeedsInput) {
                m_machine.type(m_random.percent(50) ? "x\n" : "\x03\x1a\x1c");
            } else if (stop != MachineStop::TickLimit || ++idleRounds > 20) {
                break;  // ended, panicked, or nobody will call again
            }
            if (m_calls % kCallsPerCheck == 0 || stop != MachineStop::Breakpoint)
                if (const auto broken = m_machine.brokenInvariants(); !broken.empty()) return broken.front();
        }
        const auto broken = m_machine.brokenInvariants();
        return broken.empty() ? "" : broken.front();
    }

    u64 calls() const { return m_calls; }
    const std::string& last() const { return m_last; }

 private:
    Machine boot() {
        m_code = makeCode();
        MachineOptions options = classroomProfile();
        options.kernel.init = "/program";
        options.kernel.terminal = m_random.percent(50);
        options.kernel.hugePages = m_random.percent(20);
        options.kernel.fiveLevel = m_random.percent(10);
        options.kernel.sched = static_cast<SchedKind>(m_random.below(5));
        if (m_random.percent(30)) options.kernel.usableFrames = static_cast<u32>(200 + m_random.below(400));
        if (m_random.percent(50)) options.swapBytes = 256 * kPageSize;
        Machine m = *Machine::boot(options);
        install(m, "/program", m_code.file);
        install(m, "/script", "#!/program with arguments\n");
        install(m, "/tmp/a", std::string(10'000, 'a'), 0666);
        return m;
    }

    u64 pick(std::initializer_list<u64> values) { return values.begin()[m_random.below(values.size())]; }
    u64 someBits(unsigned bits) { return m_random.next() & m_random.next() & ((u64{1} << bits) - 1); }
    u64 number() {
        switch (m_random.below(6)) {
            case 0:
                return m_random.below(16);
            case 1:
                return u64{1} << m_random.below(64);
            case 2:
                return pick({0, 1, ~u64{0}, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 63, ~0ull >> 1, 4096, 4095});
            case 3:
                return someBits(16);
            default:
                return m_random.below(4096);
        }
    }
    u64 somePid() {
        const auto& tasks = m_machine.kernel.tasks;
        u64 index = m_random.below(tasks.size() + 4);
        for (const auto& [id, task] : tasks)
            if (index-- == 0) return static_cast<u64>(task.pid());
        return pick({0, 1, ~u64{0}, 99999});
    }

    void poke(u64 address, std::span<const u8> bytes) {
        Os os = osOf(m_machine);
        copyToUser(os, address, bytes);
    }
    template <class T>
    void pokeValue(u64 address, T value) {
        poke(address, {reinterpret_cast<const u8*>(&value), sizeof value});
    }

    // Memory a call may point at: mostly filled with what could be a structure.
    u64 buffer() {
        if (m_random.percent(6)) return pick({0, 1, ~u64{0}, 0xffff800000000000, 0x7ffffffff000, 0x123456789000});
        // Near the end of a page, or of all there is, now and then.
        u64 at = m_code.scratch + m_random.below(kScratchSize / 16) * 8;
        if (m_random.percent(5)) at = m_code.scratch + kScratchSize - m_random.below(64);
        for (u64 i = 0, n = m_random.below(12); i < n; ++i) pokeValue(at + 8 * i, word());
        return at;
    }
    u64 word() {
        switch (m_random.below(5)) {
            case 0:
                return m_code.scratch + m_random.below(kScratchSize);
            case 1:
                return m_random.percent(50) ? m_code.handler : m_code.restorer;
            case 2:
                return 0;
            default:
                return number();
        }
    }
    u64 path() {
        if (m_random.percent(4)) return buffer();
        const u64 at = m_code.scratch + 0x6000 + m_random.below(16) * 0x100;
        std::string text = kPaths[m_random.below(std::size(kPaths))];
        if (m_random.percent(3)) text = std::string(m_random.below(5000), m_random.percent(50) ? 'n' : '/');
        poke(at, {reinterpret_cast<const u8*>(text.c_str()), text.size() + 1});
        return at;
    }
    u64 strings() {
        if (m_random.percent(20)) return pick({0, 1, m_code.scratch});
        const u64 at = m_code.scratch + 0x5000 + m_random.below(64) * 0x20;
        const u64 n = m_random.below(3);
        for (u64 i = 0; i < n; ++i) pokeValue(at + 8 * i, path());
        pokeValue(at + 8 * n, u64{0});
        return at;
    }

    u64 argument(Arg kind) {
        if (m_random.percent(4)) return m_random.next();
        switch (kind) {
            case Arg::Fd:
                return m_random.percent(85) ? m_random.below(14)
                                            : pick({~u64{0}, static_cast<u64>(-100), 1023, 1 << 20});
            case Arg::Path:
                return path();
            case Arg::Buffer:
            case Arg::Address:
            case Arg::Status:
                return buffer();
            case Arg::Argv:
                return strings();
            case Arg::Size:
                return m_random.percent(80) ? pick({0, 1, 2, 3, 8, 16, 24, 100, 4096, 8192, 10000}) : number();
            case Arg::Pid:
                return m_random.percent(70) ? somePid() : -somePid();
            case Arg::Signal:
                return m_random.below(66);
            case Arg::Mode:
                return m_random.below(010000);
            case Arg::OpenFlags:
                return m_random.below(4) | (m_random.percent(50) ? 0100 : 0) | (someBits(22) & ~3u);
            case Arg::MmapProt:
                return m_random.below(8);
            case Arg::MmapFlags:
                return m_random.percent(80) ? m_random.below(4) | 0x20 | someBits(20) : someBits(26);
            case Arg::CloneFlags:
                return someBits(32) | (m_random.percent(50) ? u64{17} : 0) | (m_random.percent(30) ? 0x10f00u : 0);
            case Arg::SeekWhence:
                return m_random.below(6);
            default:
                return number();
        }
    }

    void set(u64 call, std::initializer_list<u64> args = {}) {
        constexpr Gpr kOrder[] = {RDI, RSI, RDX, R10, R8, R9};
        auto& gpr = m_machine.cpu.regs.gpr;
        gpr[RAX] = call;
        std::size_t i = 0;
        for (u64 a : args) gpr[kOrder[i++]] = a;
    }

    void parentsCall() {
        const std::size_t tasks = m_machine.kernel.tasks.size();
        if (tasks < kMostTasks / 2 || (tasks < kMostTasks && m_random.percent(30))) return set(kFork);
        if (m_random.percent(tasks < kMostTasks ? 10 : 60)) {
            const u64 victim = somePid();
            if (victim > 2 && static_cast<i64>(victim) > 0) return set(kKill, {victim, 9});
        }
        if (m_random.percent(60)) return set(kWait4, {~u64{0}, 0, 1 /* WNOHANG */, 0});
        pokeValue(m_code.scratch, u64{0});
        pokeValue(m_code.scratch + 8, u64{500'000});
        set(kNanosleep, {m_code.scratch, 0});
    }

    void nextCall() {
        ++m_calls;
        auto& regs = m_machine.cpu.regs;
        regs.gpr[RSP] = m_code.scratch + 0x4000 + m_random.below(64) * 16;
        if (m_machine.kernel.currentTask().tgid == 1) {
            parentsCall();
        } else {
            const SyscallRow* row = nullptr;
            u64 call = 0;
            do {
                call = m_random.below(460);
                row = findSyscall(call);
            } while (m_random.percent(95) && (!row || ((call == kExit || call == kExitGroup) && m_random.percent(80))));
            set(call);
            constexpr Gpr kOrder[] = {RDI, RSI, RDX, R10, R8, R9};
            for (std::size_t i = 0; i < 6; ++i) regs.gpr[kOrder[i]] = argument(row ? row->args[i] : Arg::Hex);
        }
        m_last = fmt::format("call {} of PID {}: {}({:#x}, {:#x}, {:#x}, {:#x}, {:#x}, {:#x})", m_calls,
                             m_machine.kernel.currentTask().pid(), syscallName(regs.gpr[RAX]), regs.gpr[RDI],
                             regs.gpr[RSI], regs.gpr[RDX], regs.gpr[R10], regs.gpr[R8], regs.gpr[R9]);
    }

    Random m_random;
    Code m_code;
    Machine m_machine;
    u64 m_calls = 0;
    std::string m_last;
};

}  // namespace

int main(int argc, char** argv) {
    u64 calls = 20'000, first = 0;
    bool progress = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--progress") {
            progress = true;
            continue;
        }
        u64* value = option == "--calls" ? &calls : option == "--first" ? &first : nullptr;
        const std::string_view text = i + 1 < argc ? argv[++i] : "";
        if (!value || std::from_chars(text.data(), text.data() + text.size(), *value).ec != std::errc{}) {
            fmt::print(stderr, "usage: {} [--calls N] [--first MACHINE] [--progress]\n", argv[0]);
            return 2;
        }
    }
    u64 done = 0, machine = first;
    int failures = 0;
    for (; done < calls && failures < 10; ++machine) {
        if (progress) fmt::print(stderr, "machine {}, {} calls done\n", machine, done);
        Fuzzer fuzzer(machine);
        std::string wrong;
        try {
            wrong = fuzzer.run(std::min(kCallsPerMachine, calls - done));
        } catch (const std::exception& e) {
            wrong = e.what();
        }
        done += std::max<u64>(fuzzer.calls(), 1);
        if (wrong.empty()) continue;
        ++failures;
        fmt::print("machine {}: {}\n  after {}\n", machine, wrong, fuzzer.last());
    }
    fmt::print("{} calls on {} machines, {} failures\n", done, machine - first, failures);
    return failures == 0 ? 0 : 1;
}
