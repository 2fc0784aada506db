// The walk through page tables and the simulated TLB.
#include <QtTest>

#include "core/memory/paging.h"
#include "core/memory/tlb.h"

using namespace ringside;

namespace {

constexpr u64 kPml4 = 0x1000, kPdpt = 0x2000, kPd = 0x3000, kPt = 0x4000;

struct Tables {
    Ram ram{8 << 20};
    PagingMode mode;
    Tables() {
        mode.cr3 = kPml4;
        set(kPml4, 0, kPdpt | 7);
        set(kPdpt, 0, kPd | 7);
        set(kPd, 0, kPt | 7);
    }
    void set(u64 table, u64 index, u64 entry) { ram.store<u64>(PhysAddr(table + index * 8), entry); }
    Walk at(u64 va) const { return walk(ram, mode, VirtAddr(va)); }
    std::optional<u32> denied(u64 va, AccessKind kind, unsigned cpl) const { return deniedBy(at(va), mode, kind, cpl); }
};

TlbEntry entryFor(u64 page, u32 frame, bool global = false) {
    TlbEntry e;
    e.valid = true;
    e.global = global;
    e.page = VirtAddr(page);
    e.frame = FrameNo(frame);
    return e;
}

}  // namespace

class TestPaging : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void canonicalAddresses() {
        QVERIFY(isCanonical(0x00007fffffffffff, false));
        QVERIFY(!isCanonical(0x0000800000000000, false));
        QVERIFY(!isCanonical(0xffff7fffffffffff, false));
        QVERIFY(isCanonical(0xffff800000000000, false));
        QVERIFY(isCanonical(0x00ffffffffffffff, true));
        QVERIFY(!isCanonical(0x0100000000000000, true));
    }

    void fourLevels() {
        Tables t;
        t.set(kPt, 5, 0x123000 | pte::P | pte::RW | pte::US);
        const Walk w = t.at(0x5678);
        QVERIFY(w.end == WalkEnd::Mapped);
        QCOMPARE(w.phys.value, u64{0x123678});
        QCOMPARE(w.pageSize, kPageSize);
        QCOMPARE(w.count, u8{4});
        QCOMPARE(w.steps[0].level, u8{4});
        QCOMPARE(w.last().level, u8{1});
        QCOMPARE(w.last().index, u16{5});
        QCOMPARE(w.last().entryAddress.value, kPt + 40);
        QVERIFY(w.writable && w.user && w.executable);
        QCOMPARE(t.ram.load<u64>(PhysAddr(kPt + 40)), u64{0x123007});  // looking leaves no trace
    }

    void fiveLevels() {
        Tables t;
        t.mode.fiveLevel = true;
        t.mode.cr3 = 0x7000;
        t.set(0x7000, 0, kPml4 | 7);
        t.set(kPt, 1, 0x9000 | 7);
        const Walk w = t.at(0x1010);
        QVERIFY(w.end == WalkEnd::Mapped);
        QCOMPARE(w.count, u8{5});
        QCOMPARE(w.steps[0].level, u8{5});
        QCOMPARE(w.phys.value, u64{0x9010});
    }

    void largePages() {
        Tables t;
        t.set(kPd, 1, 0x400000 | 7 | pte::PS);
        Walk w = t.at(0x2abcde);
        QVERIFY(w.end == WalkEnd::Mapped);
        QCOMPARE(w.pageSize, u64{2} << 20);
        QCOMPARE(w.phys.value, u64{0x4abcde});
        QCOMPARE(w.count, u8{3});
        t.set(kPdpt, 1, 7 | pte::PS);
        w = t.at(0x40123456);
        QCOMPARE(w.pageSize, u64{1} << 30);
        QCOMPARE(w.phys.value, u64{0x123456});
        QCOMPARE(w.count, u8{2});
    }

    void howWalksEnd() {
        Tables t;
        QVERIFY(t.at(0x6000).end == WalkEnd::NotPresent);
        QVERIFY(t.at(u64{1} << 47).end == WalkEnd::NonCanonical);
        t.set(kPml4, 1, kPdpt | 7 | pte::PS);
        QVERIFY(t.at(u64{1} << 39).end == WalkEnd::Reserved);
        t.set(kPd, 1, 0x401000 | 7 | pte::PS | 0x2000);
        QVERIFY(t.at(0x200000).end == WalkEnd::Reserved);
        t.set(kPt, 7, 0x40000000 | 7);
        QVERIFY(t.at(0x7000).end == WalkEnd::OutsideRam);
        t.set(kPd, 3, 0x40000000 | 7);
        QVERIFY(t.at(0x600000).end == WalkEnd::OutsideRam);
        QCOMPARE(t.denied(0x600000, AccessKind::Read, 3), std::optional(pf::P | pf::U | pf::RSVD));
        t.set(kPt, 8, 0x8000 | 7 | pte::NX);
        QVERIFY(t.at(0x8000).end == WalkEnd::Mapped);
        t.mode.noExecute = false;
        QVERIFY(t.at(0x8000).end == WalkEnd::Reserved);
        t.mode.enabled = false;
        QCOMPARE(t.at(0x8123).phys.value, u64{0x8123});
        QVERIFY(t.at(8 << 20).end == WalkEnd::OutsideRam);
    }

    // Permissions are the AND over all levels.
    void permissionsCombine() {
        Tables t;
        t.set(kPt, 1, 0x9000 | 7);
        t.set(kPd, 0, kPt | 5);
        QVERIFY(!t.at(0x1000).writable);
        t.set(kPdpt, 0, kPd | 3);
        QVERIFY(!t.at(0x1000).user);
        t.set(kPml4, 0, kPdpt | 7 | pte::NX);
        QVERIFY(!t.at(0x1000).executable);
    }

    void whoMayDoWhat_data() {
        QTest::addColumn<u64>("bits");
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("cpl");
        QTest::addColumn<int>("error");  // -1: allowed
        const int read = static_cast<int>(AccessKind::Read), write = static_cast<int>(AccessKind::Write),
                  fetch = static_cast<int>(AccessKind::Fetch);
        QTest::newRow("user reads user page") << u64{5} << read << 3 << -1;
        QTest::newRow("user writes read-only page") << u64{5} << write << 3 << 7;
        QTest::newRow("kernel writes read-only page") << u64{5} << write << 0 << 3;
        QTest::newRow("user reads kernel page") << u64{3} << read << 3 << 5;
        QTest::newRow("kernel reads user page") << u64{7} << read << 0 << -1;
        QTest::newRow("user fetches NX page") << (u64{7} | pte::NX) << fetch << 3 << 0x15;
        QTest::newRow("user reads NX page") << (u64{7} | pte::NX) << read << 3 << -1;
        QTest::newRow("user writes missing page") << u64{6} << write << 3 << 6;
        QTest::newRow("kernel fetches missing page") << u64{0} << fetch << 0 << 0x10;
    }
    void whoMayDoWhat() {
        QFETCH(u64, bits);
        QFETCH(int, kind);
        QFETCH(int, cpl);
        QFETCH(int, error);
        Tables t;
        t.set(kPt, 2, 0x9000 | bits);
        const auto denied = t.denied(0x2000, static_cast<AccessKind>(kind), static_cast<unsigned>(cpl));
        QCOMPARE(denied ? static_cast<int>(*denied) : -1, error);
        if (kind == static_cast<int>(AccessKind::Write) && cpl == 0) {
            t.mode.writeProtect = false;
            QVERIFY(!t.denied(0x2000, AccessKind::Write, 0));
        }
    }

    void tlbKeepsFourWaysAndReplacesInTurn() {
        Tlb tlb;
        for (u32 n = 0; n < 4; ++n) QVERIFY(!tlb.insert(entryFor((u64{n} * 64 + 3) << 12, n)));
        for (u32 n = 0; n < 4; ++n) QCOMPARE(tlb.find(VirtAddr((u64{n} * 64 + 3) << 12))->frame.value, n);
        for (u32 n = 4; n < 9; ++n) {
            const auto gone = tlb.insert(entryFor((u64{n} * 64 + 3) << 12, n));
            QVERIFY(gone.has_value());
            QCOMPARE(gone->frame.value, n - 4);
        }
        QVERIFY(!tlb.insert(entryFor((u64{8} * 64 + 3) << 12, 99)));  // the same page again
        QCOMPARE(tlb.find(VirtAddr((u64{8} * 64 + 3) << 12))->frame.value, 99u);
    }

    void tlbForgets() {
        Tlb tlb;
        tlb.insert(entryFor(0x1000, 1));
        tlb.insert(entryFor(0x2000, 2, true));
        tlb.insert(entryFor(0x3000, 3));
        tlb.invalidate(VirtAddr(0x3abc));
        QVERIFY(!tlb.find(VirtAddr(0x3000)));
        tlb.flush(false);
        QVERIFY(!tlb.find(VirtAddr(0x1000)));
        QVERIFY(tlb.find(VirtAddr(0x2000)));
        tlb.flush(true);
        QVERIFY(!tlb.find(VirtAddr(0x2000)));
    }

    void ramTellsWhatMoved() {
        Ram ram(2 << 20);
        const FrameNo f(3);
        const u64 before = ram.moves();
        ram.writableFrame(f)[0] = 1;
        QVERIFY(ram.moves() != before);
        const u64 settled = ram.moves();
        ram.writableFrame(f)[0] = 2;
        QCOMPARE(ram.moves(), settled);
        ram.watch(f);
        QVERIFY(ram.touched().empty());
        const Ram copy = ram;
        QVERIFY(copy.identity() != ram.identity());
        ram.store<u8>(addressOf(f), 3);
        QCOMPARE(ram.touched().size(), std::size_t{1});
        QVERIFY(ram.moves() != settled);
        QCOMPARE(copy.load<u8>(addressOf(f)), u8{2});
        ram.forgetTouched();
        ram.store<u8>(addressOf(f), 4);  // the watch has ended
        QVERIFY(ram.touched().empty());
    }
};

QTEST_APPLESS_MAIN(TestPaging)
#include "tst_paging.moc"
