// The recorder watches and changes nothing: programs of all kinds, run at full speed and with every micro-step noted,
// are the same machine all along.
#include <QtTest>

#include "core/machine/machine.h"

using namespace ringside;

namespace {

constexpr Tick kSlice = 20'000;  // between two looks at the CPU; at all of the machine every tenth time

const char* const kShell =
    "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo $i $((i*i)) | sed s/1/one/; done | sort -k2 | md5sum;"
    "awk 'BEGIN { for (i = 1; i < 3000; i++) s += sqrt(i) / (i * 1.5); printf \"%.9f\\n\", s }';"
    "seq 1 4000 | sha256sum; seq 1 3000 | grep 7 | wc -l; ls -l / /bin | tail -3; find /proc/self -maxdepth 1 | wc -l;"
    "seq 1 5000 | gzip | gunzip | tail -1; (sleep 1; echo slept) & wait; ( ulimit -c 0; kill -SEGV $$ ) ; echo over";

bool longRun() { return std::getenv("RINGSIDE_LONG") != nullptr; }

Machine boot(const QString& program, const QStringList& arguments) {
    MachineOptions options;
    options.ramBytes = u64{64} << 20;
    options.kernel.program = program.toStdString();
    for (const QString& a : arguments) options.kernel.arguments.push_back(a.toStdString());
    options.kernel.environment = {"PATH=/bin:/usr/bin"};
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    machine->trace.enabled = false;
    machine->closeInput();
    return std::move(*machine);
}

}  // namespace

class TestRecorder : public QObject {
    Q_OBJECT
    u64 m_instructions = 0;

 private Q_SLOTS:
    void changesNothing_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("arguments");
        for (const char* sample :
             {"hello", "fork_cow", "threads", "signals", "pipeline", "timer", "mmap_shared", "swap"})
            QTest::newRow(sample) << QString("/samples/%1").arg(sample) << QStringList();
        QTest::newRow("busybox") << "/bin/busybox" << QStringList{"sh", "-c", kShell};
    }
    void changesNothing() {
        QFETCH(QString, program);
        QFETCH(QStringList, arguments);
        const Tick limit = longRun() ? 20'000'000 : 1'500'000;
        Machine fast = boot(program, arguments), recorded = fast;
        Recorder recorder;
        u64 retired = 0;
        for (unsigned slice = 1; fast.cpu.tick < limit; ++slice) {
            const Tick until = fast.cpu.tick + kSlice;
            const MachineStop stop = fast.run({.tick = until});
            QCOMPARE(recorded.run({.tick = until}, &recorder), stop);
            retired += recorder.retired.size();
            recorder.retired.clear();
            QVERIFY2(recorded.cpu == fast.cpu, qPrintable(QString("before tick %1").arg(fast.cpu.tick)));
            if (stop != MachineStop::TickLimit) break;
            if (slice % 10 == 0) QVERIFY(recorded == fast);
        }
        QVERIFY(recorded == fast);
        QCOMPARE(retired, fast.cpu.tick);  // every instruction and every trap, once
        m_instructions += fast.cpu.counters.instructions;
    }
    void wereEnough() {
        qInfo("%llu instructions compared", static_cast<unsigned long long>(m_instructions));
        QVERIFY(m_instructions > (longRun() ? 10'000'000 : 1'000'000));
    }
};

QTEST_APPLESS_MAIN(TestRecorder)
#include "tst_recorder.moc"
