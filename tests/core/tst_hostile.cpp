// Guests that take all they can get: they meet errors inside the guest, the machine stays whole, and what the host has
// to keep for them has an end. And guests that look for a way out to the host's files.
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "core/kernel/errno.h"
#include "core/kernel/limits.h"
#include "tests/core/call_loop.h"

using namespace ringside;
using namespace ringside::test;

namespace {

constexpr u64 kRlimitSigpending = 11, kRlimitNofile = 7;

u64 residentBytes() {
    std::ifstream in("/proc/self/statm");
    u64 size = 0, resident = 0;
    in >> size >> resident;
    return resident * static_cast<u64>(::sysconf(_SC_PAGESIZE));
}

// How much the host's memory grew; a sanitizer keeps what was freed, so there only the other checks count.
class Growth {
 public:
    void stays() const {
#ifndef __SANITIZE_ADDRESS__
        const u64 now = residentBytes();
        QVERIFY2(now < m_before + (u64{400} << 20), qPrintable(QString("%1 MiB").arg((now - m_before) >> 20)));
#endif
    }

 private:
    u64 m_before = residentBytes();
};

// Makes the same call until it fails; how often it succeeded.
template <class Make>
u64 untilRefused(Make make, i64& refused, u64 most) {
    for (u64 n = 0; n < most; ++n)
        if (refused = make(n); refused < 0) return n;
    return most;
}

void lift(CallLoop& guest, u64 what) {
    const u64 most[2] = {1048576, 1048576};
    guest.put({reinterpret_cast<const char*>(most), sizeof most});
    guest.call(kSetrlimit, {what, guest.scratch()});
}

}  // namespace

class TestHostile : public QObject {
    Q_OBJECT
 private Q_SLOTS:
    void forkBomb() {
        const Growth growth;
        CallLoop guest;
        u64 forks = 0, most = 0;
        do {
            guest.set(kFork);
            ++forks;
            most = std::max<u64>(most, guest.machine.kernel.tasks.size());
        } while (forks < 6000 && guest.runOn());
        // Each task takes its frames: a kernel stack, a task_struct, page tables, pages of its own.
        QVERIFY2(most > 50 && most < guest.machine.ram.frameCount() / 6, qPrintable(QString::number(most)));
        QCOMPARE(guest.machine.brokenInvariants(), std::vector<std::string>());
        growth.stays();
    }
    void files() {
        const Growth growth;
        CallLoop guest;
        i64 refused = 0;
        const u64 made = untilRefused(
            [&](u64 n) {
                const i64 fd = guest.call(kOpen, {guest.path("/tmp/" + std::to_string(n)), 0101, 0600});
                return fd < 0 ? fd : guest.call(kClose, {static_cast<u64>(fd)});
            },
            refused, 2 * limit::Inodes);
        QCOMPARE(refused, i64{-error::kNoSpc});
        QVERIFY(made > limit::Inodes / 2);
        QCOMPARE(guest.call(kUnlink, {guest.path("/tmp/5")}), i64{0});
        QVERIFY(guest.call(kOpen, {guest.path("/tmp/again"), 0101, 0600}) >= 0);
        growth.stays();
    }
    void names() {
        CallLoop guest;
        guest.call(kOpen, {guest.path("/tmp/one"), 0101, 0600});
        i64 refused = 0;
        const u64 made = untilRefused(
            [&](u64 n) {
                return guest.call(kLink, {guest.path("/tmp/one"), guest.path("/tmp/n" + std::to_string(n), 100)});
            },
            refused, 2 * limit::HardLinks);
        QCOMPARE(refused, i64{-error::kNoSpc});
        QCOMPARE(made, u64{limit::HardLinks});
        QCOMPARE(guest.call(kUnlink, {guest.path("/tmp/n7")}), i64{0});
        QCOMPARE(guest.call(kLink, {guest.path("/tmp/one"), guest.path("/tmp/n7", 100)}), i64{0});
    }
    void descriptors() {
        const Growth growth;
        CallLoop guest;
        i64 refused = 0;
        untilRefused([&](u64) { return guest.call(kOpen, {guest.path("/dev/null"), 0}); }, refused, 2000);
        QCOMPARE(refused, i64{-error::kMfile});
        lift(guest, kRlimitNofile);
        untilRefused([&](u64) { return guest.call(kOpen, {guest.path("/dev/null"), 0}); }, refused, 1 << 20);
        QCOMPARE(refused, i64{-error::kNfile});
        // Tables with one descriptor far out, in many processes.
        QVERIFY(guest.call(kDup2, {0, 1'000'000}) > 0);
        untilRefused([&](u64) { return guest.call(kFork); }, refused, 100);
        QCOMPARE(refused, i64{-error::kNoMem});
        growth.stays();
    }
    void pipes() {
        const Growth growth;
        CallLoop guest;
        lift(guest, kRlimitNofile);
        i64 refused = 0;
        const std::string much(16384, 'x');
        untilRefused(
            [&](u64 n) {
                const i64 made = n % 2 ? guest.call(kPipe2, {guest.scratch(), 04000})
                                       : guest.call(kSocketpair, {1, 1 | 04000, 0, guest.scratch()});
                if (made < 0) return made;
                const std::string fds = guest.get(0, 8);
                u32 in = 0;
                std::memcpy(&in, fds.data() + 4, 4);
                guest.put(much, 0x1000);
                for (int i = 0; i < 5; ++i) guest.call(kWrite, {in, guest.scratch() + 0x1000, much.size()});
                return i64{0};
            },
            refused, 1 << 16);
        QCOMPARE(refused, i64{-error::kNfile});
        growth.stays();
    }
    void watches() {
        CallLoop guest;
        lift(guest, kRlimitNofile);
        i64 refused = 0;
        QCOMPARE(untilRefused([&](u64) { return guest.call(kEpollCreate, {0}); }, refused, 1 << 16),
                 u64{limit::Epolls});
        QCOMPARE(refused, i64{-error::kNfile});
        guest.call(kPipe2, {guest.scratch(), 0});
        const u64 first = 300;
        QCOMPARE(untilRefused(
                     [&](u64 n) {
                         guest.call(kDup2, {1, first + n});
                         return guest.call(kEpollCtl, {3, 1, first + n, guest.scratch()});
                     },
                     refused, 1 << 16),
                 u64{limit::Watches});
        QCOMPARE(refused, i64{-error::kNoSpc});
    }
    void areas() {
        const Growth growth;
        CallLoop guest;
        i64 refused = 0;
        const auto map = [&](u64 n) {
            return guest.call(kMmap, {0x10000000 + 4096 * n, 4096, n % 2 ? 1u : 3u, 0x32, ~u64{0}, 0});
        };
        const u64 made = untilRefused(map, refused, 100'000);
        QCOMPARE(refused, i64{-error::kNoMem});
        QVERIFY(made > 65'000 && made < 66'000);
        untilRefused([&](u64) { return guest.call(kFork); }, refused, 100);
        QCOMPARE(refused, i64{-error::kNoMem});
        growth.stays();
    }
    void signalsAndTimers() {
        const Growth growth;
        CallLoop guest;
        lift(guest, kRlimitSigpending);
        const u64 all = ~u64{0};
        guest.put({reinterpret_cast<const char*>(&all), 8});
        guest.call(kSigprocmask, {0, guest.scratch(), 0, 8});
        i32 info[32] = {34, 0, -1};
        guest.put({reinterpret_cast<const char*>(info), sizeof info});
        i64 refused = 0;
        const u64 queued = untilRefused(
            [&](u64) {
                return guest.call(kSigqueue, {1, 34, guest.scratch()});
            },
            refused, 2 * limit::Signals);
        QCOMPARE(refused, i64{-error::kAgainNow});
        QCOMPARE(queued, u64{limit::Signals});
        QCOMPARE(untilRefused(
                     [&](u64) {
                         return guest.call(kTimerCreate, {1, 0, guest.scratch()});
                     },
                     refused, 1 << 16),
                 u64{limit::Timers});
        QCOMPARE(refused, i64{-error::kAgainNow});
        growth.stays();
    }
    void textOfProc() {
        const Growth growth;
        CallLoop guest;
        for (u64 n = 0; n < 3000; ++n) guest.call(kMmap, {0, 4096, n % 2 ? 1u : 3u, 0x22, ~u64{0}, 0});
        std::vector<u64> open;
        for (int i = 0; i < 200; ++i) {
            const i64 fd = guest.call(kOpen, {guest.path("/proc/self/smaps"), 0});
            QVERIFY(fd >= 0);
            open.push_back(static_cast<u64>(fd));
            QCOMPARE(guest.call(kRead, {open.back(), guest.scratch() + 0x1000, 100}), i64{100});
        }
        QVERIFY(guest.machine.kernel.vfs.snapshotBytes < 2 * limit::Snapshots);
        // One whose text was taken away goes on where it was.
        const std::string begin = guest.get(0x1000, 100);
        QCOMPARE(guest.call(kRead, {open.front(), guest.scratch() + 0x1000, 100}), i64{100});
        QVERIFY(guest.get(0x1000, 100) != begin);
        growth.stays();
    }
    void output() {
        CallLoop guest;
        guest.put(std::string(CallLoop::kScratchSize, 'y'));
        const u64 times = limit::Console / CallLoop::kScratchSize + 300;
        for (u64 i = 0; i < times; ++i)
            QCOMPARE(guest.call(kWrite, {1, guest.scratch(), CallLoop::kScratchSize}), i64{CallLoop::kScratchSize});
        const CowBytes& out = guest.machine.devices.console.output;
        QCOMPARE(out.size(), times * CallLoop::kScratchSize);
        QCOMPARE(QByteArray::fromStdString(out.text(out.size() - 5)), QByteArray("yyyyy"));
        QCOMPARE(QByteArray::fromStdString(out.text(0, 3)), QByteArray(3, '\0'));  // forgotten
    }

    // ---- the host's files ----
    void noWayOut() {
        QTemporaryDir top;
        namespace fs = std::filesystem;
        const fs::path root = fs::path(top.path().toStdString()) / "root", secret = root.parent_path() / "secret";
        fs::create_directories(root / "sub");
        std::ofstream(secret) << "SECRET";
        std::ofstream(root / "inside") << "inside";
        fs::create_symlink("../secret", root / "up");
        fs::create_symlink(secret.string(), root / "absolute");
        fs::create_symlink("../../../../../../../../" + secret.string(), root / "sub/far");
        MachineOptions options = classroomProfile();
        options.kernel.rootDirectory = root.string();
        CallLoop guest(options);
        const auto readable = [&](const std::string& path) {
            const i64 fd = guest.call(kOpen, {guest.path(path), 0});
            if (fd < 0) return false;
            guest.put(std::string(6, ' '), 0x1000);
            guest.call(kRead, {static_cast<u64>(fd), guest.scratch() + 0x1000, 6});
            return guest.get(0x1000, 6) == "SECRET";
        };
        const std::string host = secret.string();
        const auto look = [&] {
            for (const std::string& path :
                 {std::string("/up"), std::string("/absolute"), std::string("/sub/far"), host, "/.." + host,
                  "/proc/self/root/.." + host, "/proc/self/cwd/../../../.." + host, "/proc/1/root" + host,
                  std::string("/sub/../../secret"), std::string("../secret"), std::string("/proc/self/fd/0/../secret")})
                QVERIFY2(!readable(path), path.c_str());
        };
        look();
        guest.call(kSymlink, {guest.path(host), guest.path("/mine", 100)});
        QVERIFY(!readable("/mine"));
        const i64 directory = guest.call(kOpen, {guest.path("/sub"), 0200000});
        QVERIFY(directory >= 0);
        QCOMPARE(guest.call(kChroot, {guest.path("/sub")}), i64{0});  // the classical way out of one
        guest.call(kOpenat, {static_cast<u64>(directory), guest.path("../../secret"), 0});
        for (int i = 0; i < 10; ++i) guest.call(kChdir, {guest.path("..")});
        guest.call(kChroot, {guest.path(".")});
        look();
        // Nothing the guest does to its files reaches the host.
        QVERIFY(guest.call(kOpen, {guest.path("/inside"), 01001}) >= 0);
        guest.call(kTruncate, {guest.path("/inside"), 1});
        guest.call(kChmod, {guest.path("/inside"), 0777});
        guest.call(kMkdir, {guest.path("/new"), 0777});
        guest.call(kRename, {guest.path("/sub"), guest.path("/other", 100)});
        guest.call(kUnlink, {guest.path("/inside")});
        std::string kept;
        std::ifstream(root / "inside") >> kept;
        QCOMPARE(QString::fromStdString(kept), QString("inside"));
        QVERIFY(fs::exists(root / "sub") && !fs::exists(root / "new") && !fs::exists(root / "other"));
    }
    void builtInRootKnowsNoHost() {
        QTemporaryDir top;
        const std::string secret = top.filePath("secret").toStdString();
        std::ofstream(secret) << "SECRET";
        CallLoop guest;
        for (const std::string& path :
             {secret, "/proc/self/root" + secret, "/proc/self/cwd/.." + secret, "/.." + secret})
            QCOMPARE(guest.call(kOpen, {guest.path(path), 0}), i64{-error::kNoEnt});
    }
};

QTEST_APPLESS_MAIN(TestHostile)
#include "tst_hostile.moc"
