#include "widgets/syscalls/arguments.h"

#include <algorithm>
#include <cstring>

#include "core/kernel/syscalls/table.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/tasks/task_text.h"

namespace ringside {
namespace {

// Name of the call, then its arguments as in section 2 of the manual; after a colon what a pointer points at: s a
// string, bN bytes of which argument N tells the number, else the name of a struct (struct*N: argument N of them).
constexpr const char* kCalls[] = {
    "read fd buf:b2 count",
    "write fd buf:b2 count",
    "open pathname:s flags mode",
    "close fd",
    "stat pathname:s statbuf:stat",
    "fstat fd statbuf:stat",
    "lstat pathname:s statbuf:stat",
    "poll fds:pollfd*1 nfds timeout",
    "lseek fd offset whence",
    "mmap addr length prot flags fd offset",
    "mprotect addr len prot",
    "munmap addr length",
    "brk addr",
    "rt_sigaction signum act:sigaction oldact:sigaction sigsetsize",
    "rt_sigprocmask how set:sigset oldset:sigset sigsetsize",
    "rt_sigsuspend mask:sigset sigsetsize",
    "rt_sigtimedwait set:sigset info timeout:timespec sigsetsize",
    "ioctl fd op argp",
    "pread64 fd buf:b2 count offset",
    "pwrite64 fd buf:b2 count offset",
    "readv fd iov:iovec*2 iovcnt",
    "writev fd iov:iovec*2 iovcnt",
    "access pathname:s mode",
    "pipe pipefd:int2",
    "pipe2 pipefd:int2 flags",
    "select nfds readfds writefds exceptfds timeout:timeval",
    "sched_yield",
    "mremap old_address old_size new_size flags new_address",
    "madvise addr length advice",
    "dup oldfd",
    "dup2 oldfd newfd",
    "dup3 oldfd newfd flags",
    "pause",
    "nanosleep duration:timespec rem:timespec",
    "clock_nanosleep clockid flags t:timespec remain:timespec",
    "clock_gettime clockid tp:timespec",
    "gettimeofday tv:timeval tz",
    "getitimer which curr_value:itimerval",
    "setitimer which new_value:itimerval old_value:itimerval",
    "alarm seconds",
    "getpid",
    "fork",
    "vfork",
    "clone flags stack parent_tid:int child_tid:int tls",
    "clone3 cl_args:clone_args size",
    "execve pathname:s argv:argv envp:argv",
    "exit status",
    "exit_group status",
    "wait4 pid wstatus:int options rusage",
    "waitid idtype id infop options rusage",
    "kill pid sig",
    "tkill tid sig",
    "tgkill tgid tid sig",
    "uname buf:utsname",
    "fcntl fd op arg",
    "fsync fd",
    "ftruncate fd length",
    "getdents64 fd dirp count",
    "getcwd buf:s size",
    "chdir path:s",
    "fchdir fd",
    "rename oldpath:s newpath:s",
    "mkdir pathname:s mode",
    "rmdir pathname:s",
    "link oldpath:s newpath:s",
    "unlink pathname:s",
    "symlink target:s linkpath:s",
    "readlink pathname:s buf bufsiz",
    "chmod pathname:s mode",
    "umask mask",
    "getrlimit resource rlim:rlimit",
    "setrlimit resource rlim:rlimit",
    "prlimit64 pid resource new_limit:rlimit old_limit:rlimit",
    "getuid",
    "getppid",
    "setpgid pid pgid",
    "setsid",
    "sigaltstack ss old_ss",
    "arch_prctl op addr",
    "prctl op arg2 arg3 arg4 arg5",
    "gettid",
    "futex uaddr:int futex_op val timeout uaddr2 val3",
    "set_tid_address tidptr:int",
    "set_robust_list head len",
    "sched_setaffinity pid cpusetsize mask",
    "sched_getaffinity pid cpusetsize mask",
    "sched_setscheduler pid policy param:int",
    "setpriority which who prio",
    "getpriority which who",
    "openat dirfd pathname:s flags mode",
    "newfstatat dirfd pathname:s statbuf:stat flags",
    "faccessat dirfd pathname:s mode",
    "faccessat2 dirfd pathname:s mode flags",
    "readlinkat dirfd pathname:s buf bufsiz",
    "unlinkat dirfd pathname:s flags",
    "mkdirat dirfd pathname:s mode",
    "getrandom buf buflen flags",
    "unshare flags",
    "rseq rseq rseq_len flags sig",
    "sendfile out_fd in_fd offset count",
    "socketpair domain type protocol sv:int2",
    "sendto sockfd buf:b2 size flags dest_addr addrlen",
    "recvfrom sockfd buf size flags src_addr addrlen",
    "eventfd2 initval flags",
    "timer_create clockid sevp timerid:int",
    "timer_settime timerid flags new_value old_value",
    "timerfd_create clockid flags",
    "epoll_create1 flags",
    "epoll_ctl epfd op fd event",
    "epoll_wait epfd events maxevents timeout",
    "statx dirfd pathname:s flags mask statxbuf",
    "sysinfo info",
    "times buf",
    "getrusage who usage",
};

struct FieldRow {
    const char* type;
    const char* name;
    u32 offset, size;
    char how;  // d signed, x hexadecimal, o octal, s signal set, t characters
};
// The structs as they lie in memory on x86-64.
constexpr FieldRow kFields[] = {
    {"timespec", "tv_sec", 0, 8, 'd'},
    {"timespec", "tv_nsec", 8, 8, 'd'},
    {"timeval", "tv_sec", 0, 8, 'd'},
    {"timeval", "tv_usec", 8, 8, 'd'},
    {"itimerval", "it_interval.tv_sec", 0, 8, 'd'},
    {"itimerval", "it_interval.tv_usec", 8, 8, 'd'},
    {"itimerval", "it_value.tv_sec", 16, 8, 'd'},
    {"itimerval", "it_value.tv_usec", 24, 8, 'd'},
    {"stat", "st_dev", 0, 8, 'x'},
    {"stat", "st_ino", 8, 8, 'd'},
    {"stat", "st_nlink", 16, 8, 'd'},
    {"stat", "st_mode", 24, 4, 'o'},
    {"stat", "st_uid", 28, 4, 'd'},
    {"stat", "st_gid", 32, 4, 'd'},
    {"stat", "st_size", 48, 8, 'd'},
    {"stat", "st_mtime", 88, 8, 'd'},
    {"pollfd", "fd", 0, 4, 'd'},
    {"pollfd", "events", 4, 2, 'x'},
    {"pollfd", "revents", 6, 2, 'x'},
    {"iovec", "iov_base", 0, 8, 'x'},
    {"iovec", "iov_len", 8, 8, 'd'},
    {"sigaction", "sa_handler", 0, 8, 'x'},
    {"sigaction", "sa_flags", 8, 8, 'x'},
    {"sigaction", "sa_restorer", 16, 8, 'x'},
    {"sigaction", "sa_mask", 24, 8, 's'},
    {"sigset", "bits", 0, 8, 's'},
    {"rlimit", "rlim_cur", 0, 8, 'x'},
    {"rlimit", "rlim_max", 8, 8, 'x'},
    {"int", "value", 0, 4, 'd'},
    {"int2", "[0]", 0, 4, 'd'},
    {"int2", "[1]", 4, 4, 'd'},
    {"utsname", "sysname", 0, 65, 't'},
    {"utsname", "nodename", 65, 65, 't'},
    {"utsname", "release", 130, 65, 't'},
    {"utsname", "machine", 260, 65, 't'},
    {"clone_args", "flags", 0, 8, 'x'},
    {"clone_args", "pidfd", 8, 8, 'x'},
    {"clone_args", "child_tid", 16, 8, 'x'},
    {"clone_args", "parent_tid", 24, 8, 'x'},
    {"clone_args", "exit_signal", 32, 8, 'd'},
    {"clone_args", "stack", 40, 8, 'x'},
    {"clone_args", "stack_size", 48, 8, 'x'},
    {"clone_args", "tls", 56, 8, 'x'},
};
u32 sizeOf(const QString& type) {
    u32 size = 0;
    for (const FieldRow& f : kFields)
        if (type == QLatin1String(f.type)) size = std::max(size, f.offset + f.size);
    return type == QLatin1String("sigaction") ? 32 : size;
}

QString printable(const std::vector<u8>& bytes, std::size_t most) {
    QString text;
    for (std::size_t i = 0; i < std::min(bytes.size(), most); ++i) {
        const u8 c = bytes[i];
        if (c == '\n')
            text += QStringLiteral("\\n");
        else if (c == '\t')
            text += QStringLiteral("\\t");
        else
            text += c >= 32 && c < 127 ? QChar(QLatin1Char(static_cast<char>(c))) : QChar(0xb7);
    }
    return text + (bytes.size() > most ? QStringLiteral("…") : QString());
}

struct Reader {
    const Machine& machine;
    const Task& task;

    std::vector<u8> bytes(u64 address, u64 length) const { return peek(machine, address, length, task.mm); }

    std::optional<QString> string(u64 address) const {
        std::vector<u8> raw = bytes(address, 256);
        const auto end = std::find(raw.begin(), raw.end(), 0);
        if (raw.empty()) return {};
        raw.erase(end, raw.end());
        return QLatin1Char('"') + printable(raw, 200) + QLatin1Char('"');
    }

    void fields(SyscallArgument& out, const QString& type, u64 address, u64 count) const {
        const u32 size = sizeOf(type);
        for (u64 i = 0; i < std::min<u64>(count, 8); ++i) {
            const std::vector<u8> raw = bytes(address + i * size, size);
            if (raw.size() < size) break;
            for (const FieldRow& f : kFields) {
                if (type != QLatin1String(f.type)) continue;
                u64 v = 0;
                std::memcpy(&v, raw.data() + f.offset, std::min<u32>(f.size, 8));
                QString value;
                switch (f.how) {
                    case 'd':
                        value = QString::number(f.size == 4 ? i64{static_cast<i32>(v)} : static_cast<i64>(v));
                        break;
                    case 'o':
                        value = QLatin1Char('0') + QString::number(v, 8);
                        break;
                    case 's':
                        value = signalSetText(v);
                        break;
                    case 't': {
                        const auto* text = reinterpret_cast<const char*>(raw.data() + f.offset);
                        value = QString::fromLatin1(text, static_cast<qsizetype>(strnlen(text, f.size)));
                        break;
                    }
                    default:
                        value = hex(v);
                }
                const QString name = count > 1 ? QStringLiteral("[%1].%2").arg(i).arg(QLatin1String(f.name))
                                               : QString::fromLatin1(f.name);
                out.pointed.push_back({address + i * size + f.offset, name, value});
            }
        }
    }

    void strings(SyscallArgument& out, u64 address) const {
        for (u64 i = 0; i < 12; ++i) {
            const std::vector<u8> raw = bytes(address + i * 8, 8);
            if (raw.size() < 8) return;
            u64 pointer = 0;
            std::memcpy(&pointer, raw.data(), 8);
            if (pointer == 0) return;
            out.pointed.push_back(
                {address + i * 8, QStringLiteral("[%1]").arg(i), string(pointer).value_or(hex(pointer))});
        }
    }
};

QStringList signatureOf(u64 number) {
    const QString name = systemCallName(number);
    for (const char* call : kCalls) {
        const QStringList words = QString::fromLatin1(call).split(QLatin1Char(' '));
        if (words.front() == name) return words.mid(1);
    }
    return {};
}

}  // namespace

std::vector<SyscallArgument> syscallArguments(const Machine& machine, const Task& task, u64 number,
                                              const std::array<u64, 6>& values, bool ia32) {
    static constexpr const char* kRegisters[] = {"RDI", "RSI", "RDX", "R10", "R8", "R9"};
    static constexpr const char* kIa32[] = {"EBX", "ECX", "EDX", "ESI", "EDI", "EBP"};
    std::vector<SyscallArgument> out;
    const SyscallRow* row = findSyscall(number);
    const QStringList signature = signatureOf(number);
    const Reader reader{machine, task};
    for (std::size_t i = 0; i < 6; ++i) {
        const auto at = static_cast<qsizetype>(i);
        if (at >= signature.size() && (!signature.isEmpty() || !row || row->args[i] == Arg::None)) break;
        SyscallArgument a;
        const QString word = at < signature.size() ? signature[at] : QStringLiteral("arg%1").arg(i);
        a.name = word.section(QLatin1Char(':'), 0, 0);
        a.reg = QLatin1String(ia32 ? kIa32[i] : kRegisters[i]);
        const u64 v = values[i];
        const QString target = word.section(QLatin1Char(':'), 1, 1);
        const bool small =
            target.isEmpty() && (v < 65536 || static_cast<i64>(v) > -65536 || static_cast<i32>(v) > -65536);
        a.value = small && static_cast<i64>(v) < 0 && static_cast<i64>(v) > -65536
                      ? QString::number(static_cast<i64>(v))
                  : v < 65536 ? QString::number(v)
                              : hex(v);
        if (!target.isEmpty() && v == 0) a.value = QStringLiteral("NULL");
        if (!target.isEmpty() && v != 0) {
            a.value = hex(v);
            a.link = Subject::address(v, task.pid());
            if (target == QLatin1String("s")) {
                a.type = QStringLiteral("char[]");
                a.text = reader.string(v).value_or(QString());
            } else if (target == QLatin1String("argv")) {
                a.type = QStringLiteral("char *[]");
                reader.strings(a, v);
            } else if (target[0] == QLatin1Char('b') && target.size() == 2) {
                const u64 length = values[static_cast<std::size_t>(target[1].digitValue())];
                a.type = QStringLiteral("char[%1]").arg(length);
                const std::vector<u8> raw = reader.bytes(v, std::min<u64>(length, 256));
                if (!raw.empty()) a.text = QLatin1Char('"') + printable(raw, 96) + QLatin1Char('"');
            } else {
                const QString type = target.section(QLatin1Char('*'), 0, 0),
                              count = target.section(QLatin1Char('*'), 1, 1);
                a.type =
                    type.startsWith(QLatin1String("int")) ? QStringLiteral("int") : QStringLiteral("struct ") + type;
                reader.fields(a, type, v, count.isEmpty() ? 1 : values[static_cast<std::size_t>(count.toInt())]);
            }
        }
        out.push_back(std::move(a));
    }
    return out;
}

}  // namespace ringside
