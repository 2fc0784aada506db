// The PID radix tree against a plain map: the same numbers, the same next free one, and after every operation the shape
// that Linux's radix tree has for these numbers.
#include <QtTest>
#include <map>
#include <random>
#include <set>

#include "core/kernel/os.h"
#include "core/kernel/proc/idr.h"
#include "core/machine/machine.h"

using namespace ringside;

namespace {

// Counts of the leaves and inner nodes that 64-way nodes need for these numbers, from the numbers alone.
std::size_t nodesFor(const std::map<i32, u32>& numbers) {
    if (numbers.empty()) return 0;
    const i32 highest = numbers.rbegin()->first;
    std::size_t total = 0;
    for (int shift = 0;; shift += 6) {
        std::set<i32> groups;
        for (const auto& [number, task] : numbers) groups.insert(number >> (shift + 6));
        total += groups.size();
        if (highest >> (shift + 6) == 0) return total;
    }
}

QString wrongShape(const Idr& idr, u32 link) {
    const IdrNode& n = idr.node(link);
    int used = 0;
    for (u32 slot = 0; slot < kIdrSlots; ++slot) {
        const bool tag = n.free >> slot & 1;
        if (n.slots[slot] == 0) {
            if (!tag) return "an empty slot is not tagged free";
            continue;
        }
        ++used;
        if (n.shift == 0) {
            if (tag) return "a taken number is tagged free";
            continue;
        }
        const IdrNode& child = idr.node(n.slots[slot]);
        if (child.parent != link || child.offset != slot || child.shift + 6 != n.shift) return "a link is wrong";
        if (tag != (child.free != 0)) return "an inner tag is wrong";
        if (const QString wrong = wrongShape(idr, n.slots[slot]); !wrong.isEmpty()) return wrong;
    }
    if (used != n.count) return "a count is wrong";
    if (used == 0) return "an empty node was kept";
    return {};
}

}  // namespace

class IdrTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void sameAsAMap() {
        MachineOptions options;
        options.ramBytes = u64{32} << 20;
        options.kernel.program = "/samples/hello";
        auto machine = Machine::boot(options);
        QVERIFY(machine.has_value());
        machine->run({.events = RunUntil::bit(EventKind::Exec)});  // memory is managed now
        Os os{machine->kernel, machine->cpu, machine->ram, machine->devices, machine->trace, machine->clockHz};
        const u32 freeBefore = machine->kernel.frames.free.count;
        const auto slabsBefore = machine->kernel.slabs;

        std::mt19937 random(7);
        for (const i32 range : {100, 5000, 300'000}) {
            Idr idr;
            std::map<i32, u32> map;
            QCOMPARE(idr.nextFree(1), 1);
            for (int step = 0; step < 4000; ++step) {
                const i32 number = static_cast<i32>(random() % static_cast<u32>(range));
                const bool growing = step < 2500;
                if (random() % 8 < (growing ? 6u : 1u)) {
                    // As alloc_pid does: the next free number from somewhere on.
                    i32 expected = number;
                    while (map.contains(expected)) ++expected;
                    QCOMPARE(idr.nextFree(number), expected);
                    QVERIFY(idr.insert(os, expected, TaskId{static_cast<u32>(step + 1)}));
                    map[expected] = static_cast<u32>(step + 1);
                } else if (!map.empty()) {
                    auto it = map.lower_bound(number);
                    if (it == map.end()) it = map.begin();
                    idr.erase(os, it->first);
                    map.erase(it);
                }
                QCOMPARE(idr.find(number).value, map.contains(number) ? map[number] : 0u);
                if (step % 50 != 0) continue;
                QCOMPARE(idr.nodeCount(), nodesFor(map));
                if (idr.root() != 0) {
                    QCOMPARE(idr.node(idr.root()).parent, 0u);
                    const QString wrong = wrongShape(idr, idr.root());
                    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
                }
                const auto entries = idr.entries();
                QCOMPARE(entries.size(), map.size());
                auto it = map.begin();
                for (const auto& [key, task] : entries) {
                    QCOMPARE(key, it->first);
                    QCOMPARE(task.value, (it++)->second);
                }
            }
            for (const auto& [number, task] : map) idr.erase(os, number);
            QVERIFY(idr.empty());
            QCOMPARE(idr.nodeCount(), std::size_t{0});
        }
        QCOMPARE(machine->kernel.frames.free.count, freeBefore);  // the slab gave everything back
        QCOMPARE(machine->kernel.slabs.at(kIdrNodeSize).frames, slabsBefore.at(kIdrNodeSize).frames);
    }
};

QTEST_APPLESS_MAIN(IdrTest)
#include "tst_idr.moc"
