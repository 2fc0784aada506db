// Slots are apart from each other, are used again, and an arena that nobody uses is given back.
#include <QtTest>
#include <cstring>
#include <random>
#include <thread>

#include "core/base/slot_pool.h"

using namespace ringside;

class SlotPoolTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void slotsDoNotOverlap() {
        constexpr std::size_t kBytes = 4200;
        SlotPool pool(kBytes);
        std::mt19937 random(1);
        std::vector<std::pair<u8*, u8>> taken;
        for (int i = 0; i < 20'000; ++i) {
            if (taken.empty() || random() % 5 < 3) {
                const u8 value = static_cast<u8>(random());
                u8* slot = static_cast<u8*>(pool.take());
                std::memset(slot, value, kBytes);
                taken.emplace_back(slot, value);
            } else {
                std::swap(taken[random() % taken.size()], taken.back());
                const auto [slot, value] = taken.back();
                QVERIFY(std::all_of(slot, slot + kBytes, [v = value](u8 byte) { return byte == v; }));
                pool.give(slot);
                taken.pop_back();
            }
        }
        QVERIFY(pool.arenaCount() >= 8);
        for (const auto& [slot, value] : taken) pool.give(slot);
        QCOMPARE(pool.arenaCount(), std::size_t{1});
    }

    void slotsAreUsedAgain() {
        SlotPool pool(4200);
        std::vector<void*> taken;
        for (int round = 0; round < 5; ++round) {
            for (int i = 0; i < 1000; ++i) taken.push_back(pool.take());
            QCOMPARE(pool.arenaCount(), std::size_t{3});
            for (void* slot : taken) pool.give(slot);
            taken.clear();
        }
    }

    // What one thread takes another gives back, as the screen does with the frames of its snapshots.
    void threads() {
        SlotPool pool(4200);
        for (int round = 0; round < 20; ++round) {
            std::vector<u8*> slots;
            for (int i = 0; i < 500; ++i) slots.push_back(static_cast<u8*>(pool.take()));
            std::jthread other([&pool, slots] {
                for (u8* slot : slots) {
                    slot[4199] = 1;
                    pool.give(slot);
                }
            });
            for (int i = 0; i < 500; ++i) {
                u8* slot = static_cast<u8*>(pool.take());
                slot[4199] = 2;
                if (slot[4199] != 2) QFAIL("two have the same slot");
                pool.give(slot);
            }
        }
        QCOMPARE(pool.arenaCount(), std::size_t{1});
    }
};

QTEST_APPLESS_MAIN(SlotPoolTest)
#include "tst_slot_pool.moc"
