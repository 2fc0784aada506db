// CowTable against std::map: the same operations, the same content, and copies that do not notice.
#include <QtTest>
#include <map>
#include <random>

#include "core/base/cow.h"
#include "core/kernel/ids.h"

using namespace ringside;

namespace {

using Table = CowTable<TaskId, int>;
using Map = std::map<u32, int>;

Map contentOf(const Table& table) {
    Map content;
    for (const auto& [id, value] : table) content.emplace(id.value, value);
    return content;
}

}  // namespace

class CowTest : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    // What goes: anything, the oldest, the newest.
    void tableAgreesWithMap_data() {
        QTest::addColumn<int>("which");
        QTest::newRow("anywhere") << 0;
        QTest::newRow("from the front") << 1;
        QTest::newRow("from the back") << 2;
    }
    void tableAgreesWithMap() {
        QFETCH(int, which);
        std::mt19937 random(5);
        Table table;
        Map map;
        Table copy;
        Map copied;
        u32 next = 1;
        for (int step = 0; step < 20'000; ++step) {
            const bool grows = map.empty() || random() % 1000 < (step / 4000 % 2 ? 350u : 600u);
            if (grows) {
                table.insert(TaskId(next), step);
                map.emplace(next++, step);
            } else {
                auto it = which == 2 ? std::prev(map.end()) : map.begin();
                std::advance(it, which == 0   ? random() % map.size()
                                 : which == 1 ? random() % std::min<std::size_t>(3, map.size())
                                              : 0);
                if (random() % 4 == 0) {
                    table.edit(TaskId(it->first)) = it->second = step;
                } else {
                    table.erase(TaskId(it->first));
                    map.erase(it);
                }
            }
            if (step % 997 == 0) {
                QCOMPARE(contentOf(copy), copied);
                copy = table;
                copied = map;
                QVERIFY(copy == table);
            }
            QCOMPARE(table.size(), map.size());
            QCOMPARE(table.empty(), map.empty());
            const u32 probe = random() % (next + 1);
            const auto found = map.find(probe);
            const int* object = table.find(TaskId(probe));
            QVERIFY(found == map.end() ? object == nullptr : object && *object == found->second);
        }
        QCOMPARE(contentOf(table), map);
        // The same content made another way.
        Table fresh;
        for (const auto& [id, value] : map) fresh.insert(TaskId(id), value);
        QVERIFY(fresh == table);
        QVERIFY(map.empty() || !(copy == Table()));
        if (!map.empty()) {
            fresh.edit(TaskId(map.begin()->first)) = -1;
            QVERIFY(!(fresh == table));
        }
    }
};

QTEST_APPLESS_MAIN(CowTest)
#include "tst_cow.moc"
