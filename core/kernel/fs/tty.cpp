#include "core/kernel/fs/tty.h"

#include <algorithm>

#include "core/kernel/entry/border.h"
#include "core/kernel/errno.h"
#include "core/kernel/fs/raise.h"
#include "core/kernel/fs/wait.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/user_memory.h"

namespace ringside {
namespace {

// Linux include/uapi/asm-generic/termbits.h
constexpr u32 kInlcr = 0100, kIgncr = 0200, kIcrnl = 0400, kIxon = 02000;
constexpr u32 kOpost = 1, kOnlcr = 4, kOcrnl = 010;
constexpr u32 kIsig = 1, kIcanon = 2, kEcho = 010, kEchoe = 020, kEchok = 040, kEchonl = 0100, kNoflsh = 0200,
              kTostop = 0400, kEchoctl = 01000, kIexten = 0100000;
enum : std::size_t {
    kVintr = 0,
    kVquit,
    kVerase,
    kVkill,
    kVeof,
    kVtime,
    kVmin,
    kVstart = 8,
    kVstop = 9,
    kVsusp = 10,
    kVeol = 11,
    kVwerase = 14,
    kVeol2 = 16
};

constexpr WaitQueueId kReaders = waitQueue(WaitKind::Console, 0);

void emitBytes(Os& os, std::string_view bytes, bool errorStream) {
    const std::span<const u8> raw(reinterpret_cast<const u8*>(bytes.data()), bytes.size());
    auto& console = os.devices.console;
    CowBytes& stream = errorStream && !console.terminal ? console.errorOutput : console.output;
    stream.append(raw);
    if (stream.size() > limit::Console) stream.forget(stream.size() - limit::Console);
    os.emit(EventKind::Console, {bytes.size()}, std::string(bytes));
}

std::string processed(const Tty& tty, std::string_view text) {
    if ((tty.oflag & kOpost) == 0) return std::string(text);
    std::string out;
    out.reserve(text.size() + 8);
    for (const char c : text) {
        if (c == '\n' && (tty.oflag & kOnlcr) != 0)
            out += "\r\n";
        else if (c == '\r' && (tty.oflag & kOcrnl) != 0)
            out += '\n';
        else
            out += c;
    }
    return out;
}

bool isControl(u8 c) { return c < 0x20 || c == 0x7f; }

std::string echoed(const Tty& tty, u8 c) {
    if (isControl(c) && c != '\n' && c != '\t' && (tty.lflag & kEchoctl) != 0)
        return {'^', static_cast<char>(c ^ 0x40)};
    return processed(tty, {reinterpret_cast<const char*>(&c), 1});
}

// What rubs out the last character of the line, which then is dropped.
std::string eraseOne(Tty& tty) {
    std::string out;
    // A multi-byte character goes as a whole.
    while (tty.line.size() > 1 && (static_cast<u8>(tty.line.back()) & 0xc0) == 0x80) tty.line.pop_back();
    const u8 c = static_cast<u8>(tty.line.back());
    tty.line.pop_back();
    if ((tty.lflag & kEcho) == 0) return out;
    if ((tty.lflag & kEchoe) == 0) return echoed(tty, tty.cc[kVerase]);
    const int width = isControl(c) && (tty.lflag & kEchoctl) != 0 ? 2 : 1;
    for (int i = 0; i < width; ++i) out += "\b \b";
    return out;
}

// What a read would get now.
bool isReadable(const Tty& tty) {
    return tty.eof || ((tty.lflag & kIcanon) != 0 ? !tty.ends.empty() : !tty.cooked.empty());
}

void pushLine(Tty& tty) {
    tty.cooked += tty.line;
    tty.ends.push_back(tty.line.size());
    tty.line.clear();
}

// One typed byte; appends to `echo` what the screen gets.
void receive(Os& os, Tty& tty, u8 c, std::string& echo) {
    const bool extended = (tty.lflag & kIexten) != 0;
    if ((tty.iflag & kIxon) != 0 && (c == tty.cc[kVstart] || c == tty.cc[kVstop])) return;
    if ((tty.lflag & kIsig) != 0 && c != 0) {
        const i32 signal = c == tty.cc[kVintr]   ? kSigInt
                           : c == tty.cc[kVquit] ? kSigQuit
                           : c == tty.cc[kVsusp] ? kSigTstp
                                                 : 0;
        if (signal != 0) {
            KernelCall call{os, "n_tty_receive_signal_char"};
            if ((tty.lflag & kNoflsh) == 0) {
                tty.line.clear();
                tty.cooked.clear();
                tty.ends.clear();
            }
            if ((tty.lflag & kEcho) != 0) echo += echoed(tty, c);
            KernelCall send{os, "isig"};
            if (tty.pgrp != 0) raiseForGroup(os, tty.pgrp, signal);
            return;
        }
    }
    if (c == '\r') {
        if ((tty.iflag & kIgncr) != 0) return;
        if ((tty.iflag & kIcrnl) != 0) c = '\n';
    } else if (c == '\n' && (tty.iflag & kInlcr) != 0) {
        c = '\r';
    }
    KernelCall call{os, "n_tty_receive_char"};
    if ((tty.lflag & kIcanon) == 0) {
        tty.cooked += static_cast<char>(c);
        if ((tty.lflag & kEcho) != 0) echo += echoed(tty, c);
        return;
    }
    if (c == tty.cc[kVerase] && c != 0) {
        if (!tty.line.empty()) echo += eraseOne(tty);
        return;
    }
    if (c == tty.cc[kVkill] && c != 0) {
        while (!tty.line.empty()) echo += eraseOne(tty);
        return;
    }
    if (extended && c == tty.cc[kVwerase] && c != 0) {
        while (!tty.line.empty() && tty.line.back() == ' ') echo += eraseOne(tty);
        while (!tty.line.empty() && tty.line.back() != ' ') echo += eraseOne(tty);
        return;
    }
    if (c == tty.cc[kVeof] && c != 0) {
        pushLine(tty);
        return;
    }
    if (c == '\n' || (c != 0 && (c == tty.cc[kVeol] || (extended && c == tty.cc[kVeol2])))) {
        if ((tty.lflag & kEcho) != 0 || (c == '\n' && (tty.lflag & kEchonl) != 0)) echo += echoed(tty, c);
        tty.line += static_cast<char>(c);
        pushLine(tty);
        return;
    }
    if (tty.line.size() >= 4095) {  // N_TTY_BUF_SIZE: the bell, and the byte is lost
        echo += '\a';
        return;
    }
    tty.line += static_cast<char>(c);
    if ((tty.lflag & kEcho) != 0) echo += echoed(tty, c);
}

const SignalStruct* signalOf(const Os& os) { return os.kernel.signals.find(os.kernel.currentTask().signal); }

// A background process that touches its terminal is stopped: 0 or what the system call returns.
i64 backgroundCheck(Os& os, i32 signal) {
    const Tty& tty = os.kernel.vfs.tty;
    const SignalStruct* mine = signalOf(os);
    if (!mine || tty.pgrp == 0 || mine->session != tty.session || mine->pgrp == tty.pgrp) return 0;
    const Task& task = os.kernel.currentTask();
    const Sighand& handlers = os.kernel.sighands.at(task.sighand);
    const bool ignored = (task.blocked & sigBit(signal)) != 0 || handlers.action[static_cast<u32>(signal)].handler == 1;
    if (ignored) return signal == kSigTtin ? -error::kIo : 0;
    raiseForGroup(os, mine->pgrp, signal);
    return kERestartSys;
}

}  // namespace

void writeConsole(Os& os, std::span<const u8> in, bool errorStream) {
    emitBytes(os, {reinterpret_cast<const char*>(in.data()), in.size()}, errorStream);
}

void consoleInterrupt(Os& os) {
    auto& console = os.devices.console;
    if (console.terminal) {
        const std::string typed = std::exchange(console.input, {});
        Tty& tty = os.kernel.vfs.tty;
        std::string echo;
        {
            // The work queue between the interrupt and the line discipline is left out.
            KernelCall flush{os, "flush_to_ldisc"};
            KernelCall call{os, "n_tty_receive_buf_common"};
            for (const char c : typed) {
                receive(os, tty, static_cast<u8>(c), echo);
                os.emit(EventKind::Key, {static_cast<u8>(c), tty.line.size(), tty.cooked.size()});
            }
            if (!echo.empty()) emitBytes(os, echo, false);
        }
        if (console.inputClosed) tty.eof = true;
        if (!isReadable(tty)) return;  // of a line that is still being edited nobody is told
    }
    wakeWaiters(os, kReaders);
}

i64 readTty(Os& os, std::span<u8> out, bool nonBlocking) {
    KernelCall call{os, "n_tty_read"};
    if (const i64 stopped = backgroundCheck(os, kSigTtin)) return stopped;
    Tty& tty = os.kernel.vfs.tty;
    if (out.empty()) return 0;
    u64 n = 0;
    if ((tty.lflag & kIcanon) != 0) {
        if (tty.ends.empty()) {
            if (tty.eof) return 0;
            if (nonBlocking) return -error::kAgainNow;
            return waitFor(os, kReaders);
        }
        n = std::min<u64>(out.size(), tty.ends.front());
        tty.ends.front() -= n;
        if (tty.ends.front() == 0) tty.ends.pop_front();
    } else {
        const u64 least = std::min<u64>(tty.cc[kVmin], out.size());
        Task& task = os.current();
        if (tty.cooked.size() < std::max<u64>(least, 1) && !tty.eof) {
            if (tty.cc[kVmin] == 0 && tty.cc[kVtime] == 0) {
                if (tty.cooked.empty()) return 0;
            } else if (nonBlocking) {
                if (tty.cooked.empty()) return -error::kAgainNow;
            } else if (tty.cc[kVmin] == 0) {
                // VTIME tenths of a second from the beginning of the call.
                if (task.restartState == 0) {
                    task.restartState = 1;
                    task.restartDeadline = os.nowNs() + u64{tty.cc[kVtime]} * 100'000'000;
                }
                if (os.nowNs() >= task.restartDeadline) return 0;
                return waitFor(os, kReaders, task.restartDeadline);
            } else {
                return waitFor(os, kReaders);
            }
        }
        n = std::min<u64>(out.size(), tty.cooked.size());
    }
    KernelCall copy{os, (tty.lflag & kIcanon) != 0 ? "canon_copy_from_read_buf" : "copy_from_read_buf"};
    std::copy_n(tty.cooked.begin(), n, out.begin());
    tty.cooked.erase(0, n);
    return static_cast<i64>(n);
}

i64 writeTty(Os& os, std::span<const u8> in) {
    KernelCall call{os, "n_tty_write"};
    const Tty& tty = os.kernel.vfs.tty;
    if ((tty.lflag & kTostop) != 0)
        if (const i64 stopped = backgroundCheck(os, kSigTtou)) return stopped;
    emitBytes(os, processed(tty, {reinterpret_cast<const char*>(in.data()), in.size()}), false);
    return static_cast<i64>(in.size());
}

u32 pollTty(const Os& os) {
    const Tty& tty = os.kernel.vfs.tty;
    u32 events = pollbit::Out | pollbit::WrNorm;
    if (isReadable(tty)) events |= pollbit::In | pollbit::RdNorm;
    if (tty.eof) events |= pollbit::Hup;
    return events;
}

void leaveTty(Os& os, i32 session) {
    Tty& tty = os.kernel.vfs.tty;
    if (tty.session != session || session == 0) return;
    if (tty.pgrp != 0) {
        raiseForGroup(os, tty.pgrp, kSigHup);
        raiseForGroup(os, tty.pgrp, kSigCont);
    }
    tty.session = 0;
    tty.pgrp = 0;
}

i64 ioctlTty(Os& os, u64 request, u64 argument) {
    Tty& tty = os.kernel.vfs.tty;
    struct Termios {
        u32 iflag, oflag, cflag, lflag;
        u8 line;
        std::array<u8, 19> cc;
    };
    static_assert(sizeof(Termios) == 36);
    struct WinSize {
        u16 rows, columns, x, y;
    };
    switch (request) {
        case 0x5401: {  // TCGETS
            const Termios t{tty.iflag, tty.oflag, tty.cflag, tty.lflag, 0, tty.cc};
            return putUser(os, argument, t) ? 0 : -error::kFault;
        }
        case 0x5402:    // TCSETS
        case 0x5403:    // TCSETSW
        case 0x5404: {  // TCSETSF
            Termios t;
            if (!getUser(os, t, argument)) return -error::kFault;
            if (const i64 stopped = backgroundCheck(os, kSigTtou)) return stopped;
            const bool wasCanonical = (tty.lflag & kIcanon) != 0;
            tty.iflag = t.iflag;
            tty.oflag = t.oflag;
            tty.cflag = t.cflag;
            tty.lflag = t.lflag;
            tty.cc = t.cc;
            if (request == 0x5404) {
                tty.line.clear();
                tty.cooked.clear();
                tty.ends.clear();
            }
            const bool canonical = (tty.lflag & kIcanon) != 0;
            if (wasCanonical && !canonical) {
                tty.cooked += std::exchange(tty.line, {});
                tty.ends.clear();
            } else if (!wasCanonical && canonical && !tty.cooked.empty()) {
                tty.ends.assign(1, tty.cooked.size());
            }
            wakeWaiters(os, kReaders);
            return 0;
        }
        case 0x5409:  // TCSBRK
        case 0x540a:  // TCXONC
        case 0x540c:  // TIOCEXCL
        case 0x540d:  // TIOCNXCL
            return 0;
        case 0x540b:  // TCFLSH
            if (argument > 2) return -error::kInval;
            if (argument != 1) {
                tty.line.clear();
                tty.cooked.clear();
                tty.ends.clear();
            }
            return 0;
        case 0x540e: {  // TIOCSCTTY
            const Task& task = os.kernel.currentTask();
            SignalStruct& mine = os.kernel.signals.edit(task.signal);
            if (mine.leader && mine.session == tty.session && tty.session != 0) return 0;
            if (!mine.leader || mine.hasTty || tty.session != 0) return -error::kPerm;
            tty.session = mine.session;
            tty.pgrp = mine.pgrp;
            mine.hasTty = true;
            return 0;
        }
        case 0x5422: {  // TIOCNOTTY
            SignalStruct& mine = os.kernel.signals.edit(os.kernel.currentTask().signal);
            if (mine.session != tty.session) return -error::kNotTty;
            mine.hasTty = false;
            if (mine.leader) leaveTty(os, mine.session);
            return 0;
        }
        case 0x540f:    // TIOCGPGRP
        case 0x5429: {  // TIOCGSID
            const SignalStruct* mine = signalOf(os);
            if (!mine || mine->session != tty.session || tty.session == 0) return -error::kNotTty;
            return putUser(os, argument, request == 0x540f ? tty.pgrp : tty.session) ? 0 : -error::kFault;
        }
        case 0x5410: {  // TIOCSPGRP
            const SignalStruct* mine = signalOf(os);
            if (!mine || mine->session != tty.session || tty.session == 0) return -error::kNotTty;
            if (const i64 stopped = backgroundCheck(os, kSigTtou)) return stopped;
            i32 pgrp = 0;
            if (!getUser(os, pgrp, argument)) return -error::kFault;
            if (pgrp < 0) return -error::kInval;
            const SignalStruct* group = nullptr;
            for (const auto& [id, other] : os.kernel.signals)
                if (other.pgrp == pgrp && !other.threads.empty()) {
                    group = &other;
                    break;
                }
            if (!group) return -error::kSrch;
            if (group->session != mine->session) return -error::kPerm;
            tty.pgrp = pgrp;
            return 0;
        }
        case 0x5411: {  // TIOCOUTQ
            return putUser(os, argument, i32{0}) ? 0 : -error::kFault;
        }
        case 0x5413: {  // TIOCGWINSZ
            return putUser(os, argument, WinSize{tty.rows, tty.columns, 0, 0}) ? 0 : -error::kFault;
        }
        case 0x5414: {  // TIOCSWINSZ
            WinSize size;
            if (!getUser(os, size, argument)) return -error::kFault;
            const bool changed = size.rows != tty.rows || size.columns != tty.columns;
            tty.rows = size.rows;
            tty.columns = size.columns;
            if (changed && tty.pgrp != 0) raiseForGroup(os, tty.pgrp, kSigWinch);
            return 0;
        }
        case 0x541b: {  // FIONREAD
            u64 n = tty.cooked.size();
            if ((tty.lflag & kIcanon) != 0) n = tty.ends.empty() ? 0 : tty.ends.front();
            return putUser(os, argument, static_cast<i32>(n)) ? 0 : -error::kFault;
        }
        default:
            return -error::kNotTty;
    }
}

}  // namespace ringside
