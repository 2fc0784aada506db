// Looking events up in the log passes over what can not contain them; it finds what looking at each one would.
#include <QtTest>
#include <map>
#include <random>

#include "core/timeline/event_log.h"

using namespace ringside;

namespace {

u64 bit(EventKind kind) { return u64{1} << static_cast<unsigned>(kind); }

// Long stretches of page faults of one process, and now and then something else by somebody.
std::vector<Event> someEvents(std::size_t count, Tick from, std::mt19937& random) {
    std::vector<Event> events(count);
    for (std::size_t i = 0; i < count; ++i) {
        Event& e = events[i];
        e.tick = from + i / 3;
        e.kind = i % 2 ? EventKind::PageFault : EventKind::Trap;
        e.pid = 1 + static_cast<i32>(from % 7);
        e.args[0] = 14;
        if (random() % 700 != 0) continue;
        static constexpr EventKind kRare[] = {EventKind::Fork, EventKind::SyscallEnter, EventKind::Irq,
                                              EventKind::Trap};
        e.kind = kRare[random() % std::size(kRare)];
        e.pid = static_cast<i32>(random() % 200);
        e.args[0] = random() % 256;
    }
    return events;
}

}  // namespace

class EventLogTest : public QObject {
    Q_OBJECT

    void compare(const EventLog& log, std::mt19937& random) const {
        const u64 masks[] = {bit(EventKind::Fork), bit(EventKind::Irq) | bit(EventKind::SyscallEnter),
                             bit(EventKind::PageFault), bit(EventKind::Exec)};
        const std::optional<i32> pids[] = {std::nullopt, 3, 64 + 3, static_cast<i32>(random() % 200)};
        for (int round = 0; round < 6; ++round) {
            const std::size_t at = round == 0 ? 0 : round == 1 ? log.size() : random() % (log.size() + 1);
            for (const u64 mask : masks)
                for (const auto& pid : pids) {
                    const auto asked = [&](std::size_t i) {
                        return mask >> static_cast<unsigned>(log[i].kind) & 1 && (!pid || log[i].pid == *pid);
                    };
                    std::size_t after = at, before = at;
                    while (after < log.size() && !asked(after)) ++after;
                    while (before > 0 && !asked(before - 1)) --before;
                    QCOMPARE(log.firstFrom(at, mask, pid), after);
                    QCOMPARE(log.lastBefore(at, mask, pid), before > 0 ? before - 1 : log.size());
                }
            std::map<u8, u64> vectors;
            for (std::size_t i = 0; i < at; ++i)
                if (log[i].kind == EventKind::Trap || log[i].kind == EventKind::Irq)
                    ++vectors[static_cast<u8>(log[i].args[0])];
            QVERIFY(log.vectorsBefore(at) == vectors);
        }
    }

 private Q_SLOTS:
    void findsWhatASearchFinds() {
        std::mt19937 random(5);
        EventLog log;
        compare(log, random);
        Tick tick = 1;
        for (int i = 0; i < 40; ++i) {
            const std::size_t count = random() % 900;
            log.append(someEvents(count, tick, random));
            tick += count;
            if (i % 4 == 3) {
                tick -= std::min<Tick>(tick / 2, 700);
                log.truncateAfter(tick);
            }
            compare(log, random);
        }
        QVERIFY(log.size() > 5000);
    }

    // The oldest go a chunk at a time; the rest is still found.
    void forgetsTheOldest() {
        std::mt19937 random(6);
        EventLog log;
        for (Tick tick = 1; log.dropped() == 0; tick += 50'000) log.append(someEvents(50'000, tick, random));
        QVERIFY(log.size() <= EventLog::kLimit);
        compare(log, random);
    }
};

QTEST_APPLESS_MAIN(EventLogTest)
#include "tst_event_log.moc"
