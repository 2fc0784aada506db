// The command line: what each word means, and the sentence that a wrong one gets.
#include <QtTest>

#include "app/options.h"

using namespace ringside;

class TestOptions : public QObject {
    Q_OBJECT

 private:
    static Expected<Options> parse(const QString& line) {
        std::vector<std::string> words;
        for (const QString& word : line.split(' ', Qt::SkipEmptyParts)) words.push_back(word.toStdString());
        return parseOptions(words);
    }

 private Q_SLOTS:
    void nothingIsTheWindow() {
        const auto o = parse("");
        QVERIFY(o);
        QVERIFY(o->command == Verb::Window);
        QVERIFY(o->program.empty());
    }

    void everythingBehindTheProgramIsTheGuests() {
        const auto o = parse("run --stats --limit 1e6 prog --limit 3 -x run");
        QVERIFY(o);
        QVERIFY(o->command == Verb::Run);
        QCOMPARE(o->program, std::string("prog"));
        QCOMPARE(o->arguments, (std::vector<std::string>{"--limit", "3", "-x", "run"}));
        QCOMPARE(o->limit.value(), u64{1'000'000});
        QVERIFY(o->stats && !o->dumpRegisters);

        const auto dashed = parse("run -- --odd-name");
        QVERIFY(dashed);
        QCOMPARE(dashed->program, std::string("--odd-name"));

        const auto window = parse("--seed=7 prog trace");
        QVERIFY(window && window->command == Verb::Window);
        QCOMPARE(window->seed.value(), u64{7});
        QCOMPARE(window->arguments, (std::vector<std::string>{"trace"}));
    }

    void machineOptionsAreTaken() {
        const auto o = parse(
            "trace --profile classroom --ram 32M --swap 8M --hz 100 --clock 2.5MHz --seed 42 --sched rr --env A=b=c "
            "--env D= --cwd /tmp --init /bin/busybox --events faults,syscalls --format json --thp --la57 --cpu v2 "
            "prog");
        QVERIFY2(o, o ? "" : o.error().sentence.c_str());
        QVERIFY(o->profile == Profile::Classroom);
        QCOMPARE(o->ramBytes.value(), u64{32} << 20);
        QCOMPARE(o->swapBytes.value(), u64{8} << 20);
        QCOMPARE(o->timerHz.value(), 100u);
        QCOMPARE(o->clockHz.value(), u64{2'500'000});
        QVERIFY(o->sched == SchedKind::Rr);
        QCOMPARE(o->environment, (std::vector<std::string>{"A=b=c", "D="}));
        QCOMPARE(o->cwd, std::string("/tmp"));
        QVERIFY(o->events & RunUntil::bit(EventKind::CowCopy));
        QVERIFY(o->events & RunUntil::bit(EventKind::SyscallExit));
        QVERIFY(!(o->events & RunUntil::bit(EventKind::Switch)));
        QVERIFY(o->format == TraceFormat::Json);
        QVERIFY(o->hugePages && o->fiveLevel && o->cpu == CpuModel::V2);
    }

    void keysAreWrittenAsText() {
        QCOMPARE(parse(R"(run --type ls\n\x03\e[A\t\\ prog)")->typed, std::string("ls\r\x03\033[A\t\\"));
        for (const char* wrong : {R"(run --type \q prog)", R"(run --type \x3 prog)", R"(run --type a\ prog)"})
            QVERIFY(!parse(wrong));
    }
    void showTakesAView() {
        const auto o = parse("show registers --at syscall:write:2 -o a.svg -o b.txt --set radix=16 prog x");
        QVERIFY2(o, o ? "" : o.error().sentence.c_str());
        QCOMPARE(o->view, std::string("registers"));
        QCOMPARE(o->program, std::string("prog"));
        QCOMPARE(o->at, std::string("syscall:write:2"));
        QCOMPARE(o->output, (std::vector<std::string>{"a.svg", "b.txt"}));
        QCOMPARE(o->arguments, (std::vector<std::string>{"x"}));
    }

    void noProgramBootsToAShell() {
        const auto o = parse("run --ram 8M");
        QVERIFY2(o, o ? "" : o.error().sentence.c_str());
        const auto machine = machineOptions(*o);
        QVERIFY(machine && machine->kernel.program.empty() && machine->kernel.init.empty());
        QCOMPARE(machineOptions(*parse("run /samples/hello"))->kernel.program, std::string("/samples/hello"));
    }

    void wrongWordsGetASentence_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("part");
        const auto row = [](const char* line, const char* part) { QTest::newRow(line) << line << part; };
        row("elf", "which FILE?");
        row("show", "which VIEW?");
        row("run --nonsense x", "there is no option '--nonsense'");
        row("run --json x", "'--json' is not for this command");
        row("elf --stats x", "'--stats' is not for this command");
        row("elf a b", "one FILE at a time");
        row("run --limit", "--limit needs N");
        row("run --limit x y", "'x' is not a whole number");
        row("run --limit -1 y", "'-1' is not a whole number");
        row("run --stats=1 y", "--stats takes no value");
        row("run --ram 3 y", "--ram: '3' is not");
        row("run --ram 99999999999G y", "--ram: ");
        row("run --hz 0 y", "--hz: '0' is not");
        row("run --profile big y", "classroom or desktop");
        row("run --sched lottery y", "coop, rr, rr-latency, cfs or eevdf");
        row("run --env =x y", "NAME=VALUE");
        row("run --cwd tmp y", "an absolute path");
        row("run --root /nonexistent-directory y", "is not a directory");
        row("run --file /nonexistent-file y", "there is no regular file '/nonexistent-file'");
        row("trace --events faults,nonsense y", "there is no 'nonsense'");
        row("trace --format xml y", "text or json");
        row("show registers -o x.bmp y", "ends in .txt, .json, .png or .svg");
    }
    void wrongWordsGetASentence() {
        QFETCH(QString, line);
        QFETCH(QString, part);
        const auto o = parse(line);
        QVERIFY(!o);
        QVERIFY2(QString::fromStdString(o.error().sentence).contains(part), o.error().sentence.c_str());
    }

    void helpNamesEveryCommand() {
        const QString help = QString::fromStdString(helpText());
        for (const char* word :
             {"ringside run", "ringside trace", "ringside show", "ringside elf", "--limit", "124", "125"})
            QVERIFY2(help.contains(word), word);
        QVERIFY(parse("run --help")->command == Verb::Help);
        QVERIFY(parse("--version")->command == Verb::Version);
    }

    void readsNumbers() {
        QCOMPARE(parseSize("64M").value(), u64{64} << 20);
        QCOMPARE(parseSize("4KiB").value(), u64{4096});
        QCOMPARE(parseSize("10").value(), u64{10});
        QVERIFY(!parseSize("M") && !parseSize("1T") && !parseSize("") && !parseSize("1.5M") &&
                !parseSize("17179869184G"));
        QCOMPARE(parseCount("1e9").value(), u64{1'000'000'000});
        QCOMPARE(parseCount("18446744073709551615").value(), ~u64{0});
        QCOMPARE(parseCount("3k").value(), u64{3000});
        QVERIFY(!parseCount("1e30") && !parseCount("0.5") && !parseCount("x") && !parseCount("") && !parseCount("nan"));
    }
};

QTEST_APPLESS_MAIN(TestOptions)
#include "tst_options.moc"
