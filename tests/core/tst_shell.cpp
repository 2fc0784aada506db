// A person at the terminal: an interactive shell with line editing, ^C, ^Z, jobs and pipelines. What is typed arrives
// when everybody waits for it and is an input of the timeline, so the session is the same every time, forwards and
// backwards.
#include <QtTest>
#include <filesystem>

#include "core/timeline/timeline.h"
#include "tests/core/guest_program.h"

using namespace ringside;
using namespace ringside::test;

namespace {

struct Step {
    std::string typed, expected;  // what then appears, somewhere
};

std::string visible(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c >= 0 && c < ' ')
            out += std::string("^") + static_cast<char>(c + '@');
        else
            out += c;
    }
    return out;
}

class Terminal {
    static constexpr u64 kPatience = 50'000'000;  // cycles until the person presses the next key

 public:
    explicit Terminal(const MachineOptions& options) : m_timeline(*Machine::boot(options)) {}

    // Everything that appears until somebody waits for input, or it is over.
    std::string runOn() {
        const u64 from = screen().size();
        for (int i = 0; i < 200; ++i) {
            stop = m_timeline.run({.tick = m_timeline.tick() + 5'000'000, .longestSleep = kPatience});
            if (stop != MachineStop::TickLimit) break;
        }
        return screen().text(from);
    }
    std::string type(const std::string& bytes) {
        m_timeline.input("typed", [bytes](Machine& m) { m.type(bytes); });
        typedAt.push_back(machine());
        return runOn();
    }
    const Machine& machine() const { return m_timeline.now(); }
    Timeline& timeline() { return m_timeline; }

    MachineStop stop = MachineStop::TickLimit;
    std::vector<Machine> typedAt;  // just after each of them

 private:
    const CowBytes& screen() const { return machine().devices.console.output; }

    Timeline m_timeline;
};

MachineOptions terminalOptions() {
    MachineOptions options;
    options.ramBytes = u64{64} << 20;
    options.kernel.terminal = true;
    options.kernel.environment = {"PATH=/usr/bin:/bin", "PS1=% ", "HOME=/", "TERM=linux", "LC_ALL=C"};
    return options;
}

// A FIFO that nobody writes keeps a job waiting without a timer, which the machine would go on to at once.
std::vector<Step> session() {
    return {
        {"", "% "},
        {"echo $((6*7))\r", "42\r\n"},
        {"echo helpo\x7f\x7flo\r", "hello\r\n"},                        // backspace
        {"eho one\033[D\033[D\033[D\033[D\033[D\033[Dc\r", "one\r\n"},  // six to the left, and insert
        {"\033[A\r", "one\r\n"},                                        // the line before
        {"echo two\x01\x0b"
         "echo three\r",
         "three\r\n"},  // ^A ^K: away with the line
        {"seq 5 | sed s/3/x/ | tr '\\n' ' '\r", "1 2 x 4 5 "},
        {"cat\r", "cat\r\n"},
        {"line\r", "line\r\nline\r\n"},
        {"\x03", "^C"},
        {"echo status $?\r", "status 130\r\n"},
        {"cat\r", "cat\r\n"},
        {"\x1a", "Stopped"},
        {"jobs\r", "Stopped"},
        {"fg\r", "cat\r\n"},
        {"again\r", "again\r\nagain\r\n"},
        {"\x04", "% "},
        {"mkfifo /ringside-fifo; cat /ringside-fifo\r", ""},
        {"\x1a", "Stopped"},
        {"bg\r", "cat /ringside-fifo"},
        {"echo through > /ringside-fifo\r", "through\r\n"},
        {"cat /ringside-fifo &\r", "% "},
        {"kill $!; wait $!; echo ended $?\r", "ended 143\r\n"},
        {"sleep 100\r", "sleep 100"},  // nobody waits for its end
        {"\x1a", "Stopped"},
        {"bg\r", "sleep 100"},
        {"jobs\r", "Running"},
        {"fg\r", "sleep 100"},
        {"\x03", "^C"},
        {"echo status $?\r", "status 130\r\n"},
        {"for i in 1 2; do\r", "> "},
        {"echo $i; done\r", "1\r\n2\r\n"},
    };
}

}  // namespace

class TestShell : public QObject {
    Q_OBJECT

    static void play(Terminal& terminal) {
        for (const Step& step : session()) {
            const std::string shown = step.typed.empty() ? terminal.runOn() : terminal.type(step.typed);
            QVERIFY2((terminal.stop == MachineStop::NeedsInput || terminal.stop == MachineStop::Asleep) &&
                         shown.contains(step.expected),
                     ("typed " + visible(step.typed) + "\nthere was " + visible(shown)).c_str());
        }
        terminal.type("exit 5\r");
        QCOMPARE(terminal.stop, MachineStop::Finished);
        QCOMPARE(terminal.machine().kernel.exitStatus.value_or(-1), 5 << 8);
        QCOMPARE(terminal.machine().brokenInvariants(), std::vector<std::string>());
        QVERIFY(terminal.machine().nanoseconds() < 50'000'000'000);  // the 100 seconds were not slept
        // Back through all of it, prompt by prompt, and forwards again.
        const Machine last = terminal.machine();
        for (auto moment = terminal.typedAt.rbegin(); moment != terminal.typedAt.rend(); ++moment) {
            terminal.timeline().seek(moment->cpu.tick);
            QVERIFY(terminal.machine() == *moment);
        }
        terminal.timeline().seek(last.cpu.tick);
        QVERIFY(terminal.machine() == last);
    }

 private Q_SLOTS:
    void busybox() {
        if (!std::filesystem::exists("/bin/busybox")) QSKIP("there is no /bin/busybox here");
        MachineOptions options = terminalOptions();
        options.kernel.program = "/bin/busybox";
        options.kernel.arguments = {"sh"};
        Terminal terminal(options);
        play(terminal);
    }
    void bash() {
        for (const char* program : {"bash", "cat", "seq", "sed", "tr", "mkfifo"})
            if (!std::filesystem::exists(std::string("/bin/") + program))
                QSKIP((std::string("there is no /bin/") + program + " here").c_str());
        MachineOptions options = terminalOptions();
        options.kernel.program = "/bin/bash";
        options.kernel.arguments = {"--norc", "--noprofile", "-i"};
        options.kernel.rootDirectory = "/";
        Terminal terminal(options);
        play(terminal);
    }
};

QTEST_APPLESS_MAIN(TestShell)
#include "tst_shell.moc"
