// Memory that is short: changed pages of files go to their disk and come back, those of shared memory go to swap, and
// the OOM killer takes the process with the most points.
#include <QtTest>

#include "core/kernel/errno.h"
#include "core/kernel/mm/address_space.h"
#include "core/kernel/mm/reclaim.h"
#include "tests/core/call_loop.h"

using namespace ringside;
using namespace ringside::test;

namespace {

constexpr u64 kPages = 400;  // more than there are frames

MachineOptions small(u64 swapBytes) {
    MachineOptions options = classroomProfile();
    options.ramBytes = u64{1} << 20;  // 256 frames beside the kernel
    options.swapBytes = swapBytes;
    return options;
}

std::string pageText(u64 page) {
    std::string text(kPageSize, static_cast<char>('a' + page % 26));
    return text.replace(0, 8, std::to_string(10000000 + page));
}

QString joined(const std::vector<std::string>& lines) {
    QString text;
    for (const std::string& line : lines) text += QString::fromStdString(line) + '\n';
    return text;
}

u64 countOf(const Machine& machine, EventKind kind) {
    u64 count = 0;
    for (const Event& e : machine.trace.events) count += e.kind == kind;
    return count;
}

u64 openNew(CallLoop& guest, const std::string& path) {
    return static_cast<u64>(guest.call(kOpen, {guest.path(path), 0102, 0600}));
}

// Writes every page of the file; how many were taken.
u64 fill(CallLoop& guest, u64 fd, u64 pages = kPages) {
    for (u64 page = 0; page < pages; ++page)
        if (guest.call(kPwrite, {fd, guest.put(pageText(page)), kPageSize, page * kPageSize}) != i64{kPageSize})
            return page;
    return pages;
}

// The first page that does not read as it was written.
u64 firstWrong(CallLoop& guest, u64 fd, u64 pages = kPages) {
    for (u64 page = 0; page < pages; ++page) {
        guest.put(std::string(kPageSize, ' '));
        if (guest.call(kPread, {fd, guest.scratch(), kPageSize, page * kPageSize}) != i64{kPageSize} ||
            guest.get(0, kPageSize) != pageText(page))
            return page;
    }
    return pages;
}

std::string readProc(CallLoop& guest, const std::string& path) {
    const i64 fd = guest.call(kOpen, {guest.path(path), 0});
    if (fd < 0) return "";
    const i64 n = guest.call(kRead, {static_cast<u64>(fd), guest.scratch() + 0x1000, 2000});
    guest.call(kClose, {static_cast<u64>(fd)});
    return n > 0 ? guest.get(0x1000, static_cast<u64>(n)) : "";
}

i64 writeProc(CallLoop& guest, const std::string& path, const std::string& text) {
    const i64 fd = guest.call(kOpen, {guest.path(path), 1});
    if (fd < 0) return fd;
    const i64 n = guest.call(kWrite, {static_cast<u64>(fd), guest.put(text, 0x1000), text.size()});
    guest.call(kClose, {static_cast<u64>(fd)});
    return n;
}

}  // namespace

class TestReclaim : public QObject {
    Q_OBJECT
 private Q_SLOTS:
    void changedPagesOfFilesAreWrittenBack() {
        CallLoop guest(small(0));
        const u64 fd = openNew(guest, "/root/file");
        QCOMPARE(fill(guest, fd), kPages);
        QVERIFY(countOf(guest.machine, EventKind::Writeback) >= kPages - 256);
        QCOMPARE(joined(guest.machine.brokenInvariants()), QString());
        QCOMPARE(firstWrong(guest, fd), kPages);
        // What is written again goes to the same block; what is cut off gives its block back.
        QCOMPARE(fill(guest, fd), kPages);
        QCOMPARE(firstWrong(guest, fd), kPages);
        QVERIFY(guest.machine.kernel.vfs.disk.blocks <= kPages);
        QCOMPARE(guest.call(kFtruncate, {fd, 3 * kPageSize}), i64{0});
        QCOMPARE(guest.call(kFtruncate, {fd, 5 * kPageSize}), i64{0});
        QCOMPARE(firstWrong(guest, fd, 3), u64{3});
        QCOMPARE(guest.call(kPread, {fd, guest.scratch(), 10, 4 * kPageSize}), i64{10});
        QCOMPARE(guest.get(0, 10), std::string(10, '\0'));
        QCOMPARE(joined(guest.machine.brokenInvariants()), QString());
        guest.call(kClose, {fd});
        QCOMPARE(guest.call(kUnlink, {guest.path("/root/file")}), i64{0});
        QCOMPARE(guest.machine.kernel.vfs.disk.freeBlocks.size(), std::size_t{guest.machine.kernel.vfs.disk.blocks});
        QCOMPARE(joined(guest.machine.brokenInvariants()), QString());
    }
    // The same through a mapping: the page tables say who wrote.
    void changedPagesOfMappingsAreWrittenBack() {
        CallLoop guest(small(0));
        const u64 fd = openNew(guest, "/root/file");
        guest.call(kFtruncate, {fd, kPages * kPageSize});
        const i64 at = guest.call(kMmap, {0, kPages * kPageSize, 3, 1, fd, 0});
        QVERIFY(at > 0);
        const i64 source = static_cast<i64>(openNew(guest, "/root/source"));
        for (u64 page = 0; page < kPages; ++page) {
            guest.call(kPwrite, {static_cast<u64>(source), guest.put(pageText(page)), kPageSize, 0});
            QCOMPARE(
                guest.call(kPread, {static_cast<u64>(source), static_cast<u64>(at) + page * kPageSize, kPageSize, 0}),
                i64{kPageSize});
        }
        QVERIFY(countOf(guest.machine, EventKind::Writeback) >= kPages - 256);
        QCOMPARE(joined(guest.machine.brokenInvariants()), QString());
        QCOMPARE(firstWrong(guest, fd), kPages);
    }
    void sharedMemoryGoesToSwap_data() {
        QTest::addColumn<bool>("named");
        QTest::newRow("a file of tmpfs") << true;
        QTest::newRow("a shared anonymous mapping") << false;
    }
    void sharedMemoryGoesToSwap() {
        QFETCH(bool, named);
        CallLoop guest(small(u64{4} << 20));
        u64 fd = ~u64{0};
        if (named) {
            fd = openNew(guest, "/dev/shm/file");
            guest.call(kFtruncate, {fd, kPages * kPageSize});
        }
        const u64 at = static_cast<u64>(guest.call(kMmap, {0, kPages * kPageSize, 3, named ? 1u : 0x21u, fd, 0}));
        const u64 source = openNew(guest, "/root/source"), target = openNew(guest, "/root/target");
        for (u64 page = 0; page < kPages; ++page) {
            guest.call(kPwrite, {source, guest.put(pageText(page)), kPageSize, 0});
            guest.call(kPread, {source, at + page * kPageSize, kPageSize, 0});
        }
        QVERIFY(guest.machine.kernel.frames.swapUsed >= kPages - 256);
        QVERIFY(readProc(guest, "/proc/self/status").find("RssShmem:\t       0 kB") == std::string::npos);
        QCOMPARE(joined(guest.machine.brokenInvariants()), QString());
        for (u64 page = 0; page < kPages; ++page) {
            guest.call(kPwrite, {target, at + page * kPageSize, kPageSize, 0});
            guest.call(kPread, {target, guest.scratch(), kPageSize, 0});
            QCOMPARE(guest.get(0, kPageSize), pageText(page));
        }
        QVERIFY(guest.machine.kernel.counters.swapIns >= kPages - 256);
        QCOMPARE(guest.call(kMunmap, {at, kPages * kPageSize}), i64{0});
        if (named) {
            guest.call(kClose, {fd});
            guest.call(kUnlink, {guest.path("/dev/shm/file")});
        }
        u64 own = 0;  // pages of the guest itself may be out, too
        for (const auto& [id, mm] : guest.machine.kernel.mms) own += mm.swapEntries;
        QCOMPARE(u64{guest.machine.kernel.frames.swapUsed}, own);
        QCOMPARE(joined(guest.machine.brokenInvariants()), QString());
    }
    void sharedMemoryStaysWithoutSwap() {
        CallLoop guest(small(0));
        const u64 fd = openNew(guest, "/dev/shm/file");
        QVERIFY(fill(guest, fd) < kPages);
        QCOMPARE(countOf(guest.machine, EventKind::Writeback), u64{0});
    }
    void scoresFollowTheAdjustment() {
        CallLoop guest;
        const Kernel& kernel = guest.machine.kernel;
        const Task& task = kernel.currentTask();
        const Mm& mm = kernel.mms.at(task.mm);
        const i64 own = static_cast<i64>(mm.rss() + mm.swapEntries + mm.pageTables - 1);
        QCOMPARE(oomBadness(kernel, task), std::optional(own));
        QCOMPARE(writeProc(guest, "/proc/self/oom_score_adj", "500\n"), i64{4});
        QCOMPARE(readProc(guest, "/proc/self/oom_score_adj"), std::string("500\n"));
        const i64 total = static_cast<i64>(kernel.frames.pages.size());
        QCOMPARE(*oomBadness(kernel, task) - 500 * (total / 1000), static_cast<i64>(mm.rss() + mm.pageTables - 1));
        // (1000 + 500 + its share of memory) * 2 / 3, a little less for the rounding of total / 1000.
        const int score = std::stoi(readProc(guest, "/proc/self/oom_score"));
        QVERIFY2(score > 980 && score < 1010, qPrintable(QString::number(score)));
        QCOMPARE(writeProc(guest, "/proc/self/oom_score_adj", "-1000"), i64{5});
        QCOMPARE(readProc(guest, "/proc/self/oom_score"), std::string("0\n"));
        QVERIFY(!oomBadness(kernel, kernel.currentTask()));
        QCOMPARE(writeProc(guest, "/proc/self/oom_score_adj", "1001"), i64{-error::kInval});
        QCOMPARE(writeProc(guest, "/proc/self/oom_score_adj", "x"), i64{-error::kInval});
        // Inherited; and who may not, can not go below what was set by one who may.
        QCOMPARE(writeProc(guest, "/proc/self/oom_score_adj", "-10"), i64{3});
        QVERIFY(guest.call(kFork) >= 0);
        QCOMPARE(readProc(guest, "/proc/self/oom_score_adj"), std::string("-10\n"));
        QCOMPARE(guest.call(kSetresuid, {1000, 1000, 1000}), i64{0});
        QCOMPARE(writeProc(guest, "/proc/" + std::to_string(guest.pid()) + "/oom_score_adj", "-11"),
                 i64{-error::kAcces});
    }
    // Two processes that take memory: the one that was set apart is spared, though it has more.
    void theVictimHasTheMostPoints() {
        CallLoop guest(small(0));
        const i32 parent = guest.pid();
        const u64 at = static_cast<u64>(guest.call(kMmap, {0, 100 * kPageSize, 3, 0x8022, ~u64{0}, 0}));  // POPULATE
        QVERIFY(at < kTaskSize);
        QCOMPARE(writeProc(guest, "/proc/self/oom_score_adj", "-1000"), i64{5});
        const i64 child = guest.call(kFork);
        QVERIFY(child > 0);
        while (guest.pid() == parent) {  // until the child stands at its call
            guest.set(kGetpid);
            QVERIFY(guest.runOn());
        }
        QCOMPARE(writeProc(guest, "/proc/self/oom_score_adj", "0"), i64{1});
        guest.machine.trace.events.clear();
        guest.set(kMmap, {0, 400 * kPageSize, 3, 0x8022, ~u64{0}, 0});
        QVERIFY(guest.runOn());
        QCOMPARE(guest.pid(), parent);
        std::string line;
        u64 looked = 0;
        for (const Event& e : guest.machine.trace.events) {
            looked += e.kind == EventKind::OomTask;
            if (e.kind == EventKind::Oom) line = e.text;
        }
        QVERIFY2(line.starts_with("Out of memory: Killed process " + std::to_string(child) + " (program) total-vm:"),
                 line.c_str());
        QVERIFY2(line.ends_with("oom_score_adj:0"), line.c_str());
        QCOMPARE(looked, u64{1});
        QCOMPARE(joined(guest.machine.brokenInvariants()), QString());
    }
};

QTEST_APPLESS_MAIN(TestReclaim)
#include "tst_reclaim.moc"
