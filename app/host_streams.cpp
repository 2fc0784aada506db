#include "app/host_streams.h"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace ringside {

namespace {

// What the handlers below put back; there is one terminal, so there is one of these.
termios g_before;
bool g_raw = false;

void restore() {
    if (g_raw) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &g_before);
    g_raw = false;
}

void onSignal(int signal) {
    restore();
    std::signal(signal, SIG_DFL);
    ::raise(signal);
}

// True when all of it was written; false when the other end is gone.
bool writeAll(int fd, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
        if (n > 0) {
            done += static_cast<std::size_t>(n);
        } else if (n < 0 && errno == EAGAIN) {
            pollfd ready{fd, POLLOUT, 0};
            ::poll(&ready, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool writeNew(int fd, const CowBytes& all, u64& done) {
    constexpr u64 kPiece = 65536;
    while (done < all.size()) {
        const std::string piece = all.text(done, kPiece);
        done += piece.size();
        if (!writeAll(fd, piece)) return false;
    }
    return true;
}

}  // namespace

HostStreams::HostStreams() {
    // A reader that went away is found out by write(); the guest gets no signal of ours.
    std::signal(SIGPIPE, SIG_IGN);
    if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO) || ::tcgetattr(STDIN_FILENO, &g_before) != 0) return;
    m_terminal = true;
    termios raw = g_before;
    raw.c_iflag &= ~static_cast<tcflag_t>(ICRNL | IXON);
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
    // Ctrl-C and Ctrl-Z are the guest's; Ctrl-\\ stays ours, to end a guest that listens to nothing.
    raw.c_cc[VINTR] = raw.c_cc[VSUSP] = _POSIX_VDISABLE;
    raw.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    g_raw = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
    for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) std::signal(signal, onSignal);
}

HostStreams::~HostStreams() { restore(); }

HostStreams::Arrival HostStreams::take(const Machine& machine, int waitMilliseconds) {
    // A guest that does not read shall not make us swallow an endless stream.
    constexpr std::size_t kMost = 65536;
    if (!machine.devices.console.script.empty()) return {};  // --type comes first
    if (m_inputOver || (waitMilliseconds == 0 && machine.devices.console.input.size() >= kMost)) return {};
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    const int answered = ::poll(&ready, 1, waitMilliseconds);
    if (answered < 0 && errno == EINTR) return {};
    if (answered == 0) return {};
    std::string bytes(kMost, '\0');
    const ssize_t n = answered > 0 ? ::read(STDIN_FILENO, bytes.data(), bytes.size()) : -1;
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (n <= 0) {
        m_inputOver = true;
        return [](Machine& m) { m.closeInput(); };
    }
    bytes.resize(static_cast<std::size_t>(n));
    m_typed = true;
    return [typed = std::move(bytes)](Machine& m) { m.type(typed); };
}

bool HostStreams::flush(const Machine& machine) {
    const Console& console = machine.devices.console;
    const bool out = writeNew(STDOUT_FILENO, console.output, m_outputDone);
    const bool err = writeNew(STDERR_FILENO, console.errorOutput, m_errorDone);
    return out && err;
}

}  // namespace ringside
