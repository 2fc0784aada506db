// Every view of the registry at telling moments of real programs: it paints in every theme and at every size, each spot
// has a name of its own and a sentence, the text twin says something; and what it shows agrees with an independent
// reading of the machine.
#include <QtTest>
#include <map>
#include <set>

#include "tests/widgets/moments.h"
#include "widgets/address_space/address_space.h"
#include "widgets/canvas/view.h"
#include "widgets/cfs/cfs.h"
#include "widgets/fork_cow/fork_cow.h"
#include "widgets/frames/frames.h"
#include "widgets/page_tables/page_tables.h"
#include "widgets/tasks/tasks.h"

using namespace ringside;

class ViewsTest : public QObject {
    Q_OBJECT

    Moments m_moments;

 private Q_SLOTS:
    void initTestCase() {
        loadResources();
        m_moments["empty"] = std::make_shared<Moment>();
        m_moments["exec"] = momentOf("countdown", bit(EventKind::Exec), 1);
        m_moments["syscall"] = momentOf("countdown", bit(EventKind::SyscallEnter), 3);
        m_moments["fault"] = momentOf("fork_cow", bit(EventKind::PageFault), 20);
        m_moments["copy"] = momentOf("fork_cow", bit(EventKind::CowCopy), 2);
        m_moments["threads"] = momentOf("threads", bit(EventKind::Switch), 8);
        m_moments["deadlock"] = momentOf("deadlock", 0, 0);
    }

    void paintsEverywhere_data() {
        QTest::addColumn<QByteArray>("view");
        for (const ViewRow& row : viewRows()) QTest::newRow(row.id) << QByteArray(row.id);
    }
    void paintsEverywhere() {
        QFETCH(QByteArray, view);
        const ViewRow* row = findView(QString::fromLatin1(view));
        QVERIFY(row);
        for (const auto& [name, moment] : m_moments) {
            const auto model = row->build(*moment, ViewOptions{});
            QVERIFY2(model->equals(*row->build(*moment, ViewOptions{})), "the same moment gives the same model");
            const TextTwin twin = model->textTwin();
            QVERIFY2(!toText(twin).trimmed().isEmpty(), name.constData());
            for (ThemeKind theme : kThemeKinds)
                for (const QSizeF size : {QSizeF(420, 300), QSizeF(1024, 768), QSizeF(3840, 2160)}) {
                    const Scene scene = model->paintScene(makeStyle(theme, size.width() < 500 ? 2 : 1, 1), size);
                    QVERIFY2(!scene.shapes().empty(), qPrintable(QString("%1 at %2").arg(view, name)));
                    std::set<QString> keys;
                    for (const Spot& spot : scene.spots()) {
                        QVERIFY2(!spot.what.trimmed().isEmpty(),
                                 qPrintable(QString("%1: spot '%2' explains nothing").arg(view, spot.key)));
                        QVERIFY2(keys.insert(spot.key).second,
                                 qPrintable(QString("%1 at %2: two spots are called '%3'").arg(view, name, spot.key)));
                    }
                }
        }
    }

    void pageTablesAgreeWithRawRam() {
        for (const char* name : {"exec", "copy", "threads"}) {
            const Moment& moment = *m_moments[name];
            const Machine& machine = *moment.now;
            for (auto [id, mm] : machine.kernel.mms) {
                const Task* task = nullptr;
                for (auto [taskId, candidate] : machine.kernel.tasks)
                    if (candidate.mm == id) task = machine.kernel.tasks.find(taskId);
                if (!task) continue;
                for (const auto& [start, area] : mm.vmas) {
                    ViewOptions options;
                    options.selection = Subject::address(start, task->pid());
                    const PageTablesModel model = buildPageTables(moment, options);
                    // The same walk, written down from the manual once more.
                    u64 table = mm.cr3 & 0x000ffffffffff000, entry = 0;
                    std::size_t level = 0;
                    bool mapped = true;
                    for (int shift = 39; shift >= 12; shift -= 9, ++level) {
                        const u64 at = table + (start >> shift & 511) * 8;
                        entry = machine.ram.load<u64>(PhysAddr(at));
                        QVERIFY(level < model.levels.size());
                        QCOMPARE(model.levels[level].entryAddress, at);
                        if (!(entry & 1)) {
                            mapped = false;
                            break;
                        }
                        table = entry & 0x000ffffffffff000;
                    }
                    QCOMPARE(model.end == WalkEnd::Mapped, mapped);
                    if (mapped) QCOMPARE(model.phys, (entry & 0x000ffffffffff000) + (start & 0xfff));
                }
            }
        }
    }

    void forkStoryIsTrue() {
        const ForkCowModel model = buildForkCow(*m_moments["copy"], {});
        QCOMPARE(model.processes.size(), std::size_t{2});
        QCOMPARE(model.copies, u64{1});  // since the first fork
        QCOMPARE(model.reuses, u64{0});
        // A page whose frames differ between the two was copied; all others are joined, and read-only in both.
        std::map<u64, std::vector<const CowPage*>> pages;
        for (const CowProcess& p : model.processes)
            for (const CowPage& page : p.pages) pages[page.address].push_back(&page);
        int split = 0;
        for (const auto& [address, both] : pages) {
            if (both.size() != 2) continue;
            if (both[0]->frame != both[1]->frame)
                ++split;
            else
                QVERIFY(!both[0]->writable && !both[1]->writable);
        }
        QVERIFY(split >= 1 && split <= 2);
        QVERIFY(model.caption.contains("copied"));
    }

    void framesAddUp() {
        const FramesModel model = buildFrames(*m_moments["copy"], {});
        u64 sum = 0;
        for (const auto& [name, count] : model.uses) sum += count;
        QCOMPARE(sum, u64{m_moments["copy"]->now->ram.frameCount()});
        QCOMPARE(model.cells.size(), std::size_t{m_moments["copy"]->now->ram.frameCount()});
    }

    void addressSpaceCountsWhatTheKernelCounts() {
        const Moment& moment = *m_moments["copy"];
        const AddressSpaceModel model = buildAddressSpace(moment, {});
        QVERIFY(!model.spaces.empty());
        const Task* task = nullptr;
        for (auto [id, candidate] : moment.now->kernel.tasks)
            if (candidate.pid() == model.spaces[0].pid) task = moment.now->kernel.tasks.find(id);
        QVERIFY(task);
        const Mm& mm = moment.now->kernel.mms.at(task->mm);
        u64 zero = 0;
        for (const SpaceArea& area : model.spaces[0].areas)
            zero += area.count[static_cast<std::size_t>(PageState::Zero)];
        QCOMPARE(model.spaces[0].residentPages - zero, mm.rss());
    }

    void treeIsARedBlackTree() {
        const CfsModel model = buildCfs(*m_moments["threads"], {});
        for (std::size_t i = 0; i < model.nodes.size(); ++i) {
            const CfsNode& n = model.nodes[i];
            if (i > 0) QVERIFY(model.nodes[i - 1].vruntime <= n.vruntime);
            for (int child : {n.left, n.right})
                if (child >= 0) QVERIFY(!(n.red && model.nodes[static_cast<std::size_t>(child)].red));
        }
        if (model.root >= 0) QVERIFY(!model.nodes[static_cast<std::size_t>(model.root)].red);
    }

    void everyTaskIsListed() {
        const TasksModel model = buildTasks(*m_moments["threads"], {});
        QCOMPARE(model.rows.size(), m_moments["threads"]->now->kernel.tasks.size());
    }
};

QTEST_MAIN(ViewsTest)
#include "tst_views.moc"
