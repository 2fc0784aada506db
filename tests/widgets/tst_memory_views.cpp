// The views of memory, fork, faults and exec: what they show is held against readings of their own of RAM and against
// what the guest's /proc says, and what they say at the key moments of a program made of bytes is recorded in golden/.
#include <QtTest>
#include <map>
#include <set>

#include "core/kernel/fs/proc_text.h"
#include "core/session/moment.h"
#include "core/timeline/timeline.h"
#include "tests/core/guest_program.h"
#include "tests/widgets/golden.h"
#include "tests/widgets/made_moments.h"
#include "tests/widgets/scene_audit.h"
#include "widgets/address_space/address_space.h"
#include "widgets/canvas/symbols.h"
#include "widgets/elf/elf_view.h"
#include "widgets/exec/exec.h"
#include "widgets/fault_story/fault_story.h"
#include "widgets/fork_cow/fork_cow.h"
#include "widgets/frames/frames.h"
#include "widgets/page_tables/page_tables.h"

using namespace ringside;
using ringside::test::bit;
using ringside::test::machineWith;
using ringside::test::Program;

namespace {

constexpr u64 kData = Program::kData;

// Two pages exist, then fork: the child writes to the first of them and ends; the parent, alone again, writes to the
// second. First write in the child = copy, first write in the parent = reuse.
Program cowProgram() {
    Program p;
    p.store(kData, 'a').store(kData + 0x1000, 'a').call(57);
    const auto parent = p.jump({0x48, 0x85, 0xc0, 0x0f, 0x85});  // TEST rax, rax; JNZ
    p.store(kData, 'b').exit(0);
    p.land(parent);
    p.call(61, {~u64{0}, 0, 0, 0});
    p.store(kData + 0x1000, 'd').exit(0);
    return p;
}

// One fault of each kind: zero page, zeroed frame, page of the file, and the last one is against the rules.
Program faultProgram() {
    Program p;
    p.load(kData).store(kData + 0x1000, 1).store(0x10, 1);
    return p;
}

std::shared_ptr<const Moment> sampleAt(const char* sample, MachineOptions options, EventKind kind, int nth) {
    options.kernel.program = std::string("/samples/") + sample;
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    return at(*machine, kind, nth);
}

MachineOptions small() {
    MachineOptions options;
    options.ramBytes = u64{32} << 20;
    return options;
}

// A walk written down from the manual once more: levels, large pages and all.
struct RawWalk {
    std::vector<u64> entryAddresses;
    u64 entry = 0, phys = 0, size = 0;
    bool mapped = false;
};
RawWalk rawWalk(const Machine& machine, u64 cr3, int levels, u64 address) {
    RawWalk w;
    u64 table = cr3 & 0x000ffffffffff000;
    for (int level = levels; level >= 1; --level) {
        const int shift = 12 + 9 * (level - 1);
        w.entryAddresses.push_back(table + (address >> shift & 511) * 8);
        w.entry = machine.ram.load<u64>(PhysAddr(w.entryAddresses.back()));
        if (!(w.entry & 1)) return w;
        table = w.entry & 0x000ffffffffff000;
        if (level == 1 || (w.entry & 0x80)) {
            w.mapped = true;
            w.size = u64{1} << shift;
            w.phys = (table & ~(w.size - 1)) + (address & (w.size - 1));
            return w;
        }
    }
    return w;
}

}  // namespace

class MemoryViewsTest : public QObject {
    Q_OBJECT

    Machine m_cow = machineWith(cowProgram().file(0x10000), small());
    Machine m_faults = machineWith(faultProgram().file(0x10000), small());

    static const Task* taskOfPid(const Machine& machine, i32 pid) {
        for (auto [id, task] : machine.kernel.tasks)
            if (task.pid() == pid) return machine.kernel.tasks.find(id);
        return nullptr;
    }

    // The moment of the row: in the middle of its faults, or when it first says something.
    std::shared_ptr<const Moment> fetched() {
        QFETCH(QByteArray, sample);
        QFETCH(bool, huge);
        QFETCH(bool, five);
        QFETCH(bool, swap);
        MachineOptions options = small();
        options.kernel.hugePages = huge;
        options.kernel.fiveLevel = five;
        if (swap) options.ramBytes = u64{4} << 20, options.swapBytes = u64{64} << 20;
        if (swap) return sampleAt(sample.constData(), options, EventKind::SwapIn, 3);
        return huge ? sampleAt(sample.constData(), options, EventKind::Console, 1)
                    : sampleAt(sample.constData(), options, EventKind::PageFault, 30);
    }

 private Q_SLOTS:
    void initTestCase() { loadResources(); }

    void forkCopyReuse() {
        Timeline timeline = runOf(m_cow);
        runTo(timeline, 0);
        const EventLog& events = timeline.events();
        std::vector<std::pair<EventKind, u64>> happened;
        i32 parent = 0, child = 0;
        for (std::size_t i = 0; i < events.size(); ++i) {
            const Event& e = events[i];
            if (e.kind == EventKind::Fork) {
                parent = e.pid;
                child = static_cast<i32>(e.args[0]);
            }
            if (e.kind == EventKind::CowCopy) {
                QCOMPARE(e.pid, child);
                happened.emplace_back(e.kind, e.args[0]);
            }
            if (e.kind == EventKind::CowReuse) {
                QCOMPARE(e.pid, parent);
                happened.emplace_back(e.kind, e.args[0]);
            }
        }
        const std::vector<std::pair<EventKind, u64>> expected{{EventKind::CowCopy, kData},
                                                              {EventKind::CowReuse, kData + 0x1000}};
        QVERIFY(happened == expected);
    }

    void forkStoryGoesBothWays() {
        Timeline timeline = runOf(m_cow);
        for (EventKind kind : {EventKind::Fork, EventKind::CowCopy, EventKind::CowReuse}) runTo(timeline, bit(kind));
        const ForkCowModel after = buildForkCow(*momentOf(timeline), {});
        QCOMPARE(after.copies, u64{1});
        QCOMPARE(after.reuses, u64{1});
        std::vector<CowStep::Kind> kinds;
        for (const CowStep& step : after.story) {
            kinds.push_back(step.kind);
            QVERIFY(step.reached);
        }
        using enum CowStep::Kind;
        QVERIFY((kinds == std::vector{Fork, Copy, Exit, Reuse}));
        // Back at the fork everything is shared again, and what is to come is known.
        timeline.seek(after.story.front().tick);
        const ForkCowModel before = buildForkCow(*momentOf(timeline), {});
        QCOMPARE(before.story.size(), after.story.size());
        QVERIFY(before.story[0].reached && !before.story[1].reached);
        QCOMPARE(before.copies, u64{0});
        QVERIFY(before.shared > 0);
        QCOMPARE(before.savedBytes, before.shared * kPageSize);
    }

    void pageTablesAgreeWithRawRam_data() {
        QTest::addColumn<QByteArray>("sample");
        QTest::addColumn<bool>("huge");
        QTest::addColumn<bool>("five");
        QTest::addColumn<bool>("swap");
        QTest::newRow("4 KiB pages") << QByteArray("fork_cow") << false << false << false;
        QTest::newRow("2 MiB pages") << QByteArray("hugepage") << true << false << false;
        QTest::newRow("five levels") << QByteArray("fork_cow") << false << true << false;
        QTest::newRow("swapped") << QByteArray("swap") << false << false << true;
    }
    void pageTablesAgreeWithRawRam() {
        QFETCH(bool, huge);
        QFETCH(bool, five);
        QFETCH(bool, swap);
        const auto moment = fetched();
        const Machine& machine = *moment->now;
        int walks = 0, large = 0, swapped = 0;
        for (auto [id, task] : machine.kernel.tasks) {
            const Mm* mm = machine.kernel.mms.find(task.mm);
            if (!mm) continue;
            for (const auto& [start, area] : mm->vmas) {
                const u64 step = std::max(kPageSize, pageDown((area.end - start) / 64));
                for (u64 address = start; address < area.end; address += step) {
                    ViewOptions view;
                    view.selection = Subject::address(address + 8, task.pid());
                    const PageTablesModel model = buildPageTables(*moment, view);
                    const RawWalk raw = rawWalk(machine, mm->cr3, five ? 5 : 4, address + 8);
                    QCOMPARE(model.levels.size(), raw.entryAddresses.size());
                    for (std::size_t i = 0; i < model.levels.size(); ++i)
                        QCOMPARE(model.levels[i].entryAddress, raw.entryAddresses[i]);
                    QCOMPARE(model.end == WalkEnd::Mapped, raw.mapped);
                    if (raw.mapped) QCOMPARE(model.phys, raw.phys);
                    if (raw.mapped) QCOMPARE(model.pageSize, raw.size);
                    ++walks;
                    large += raw.size == u64{2} << 20;
                    swapped += !raw.mapped && raw.entry != 0;
                }
            }
        }
        QVERIFY(walks > 100);
        QCOMPARE(large > 0, huge);
        if (swap) QVERIFY(swapped > 0);
    }

    // Every mapping counted from raw RAM, against the counts that the map of frames shows.
    void framesAreTheSumOfAllTables_data() { pageTablesAgreeWithRawRam_data(); }
    void framesAreTheSumOfAllTables() {
        QFETCH(bool, five);
        const auto moment = fetched();
        const Machine& machine = *moment->now;
        std::map<u64, u32> mapped;
        std::set<u64> tables;
        const std::function<void(u64, int)> count = [&](u64 table, int level) {
            tables.insert(table >> 12);
            // Of the top table the lower half is the process's; the upper belongs to the kernel.
            for (u64 i = 0; i < (level == (five ? 5 : 4) ? 256u : 512u); ++i) {
                const u64 entry = machine.ram.load<u64>(PhysAddr(table + i * 8));
                if (!(entry & 1)) continue;
                const u64 target = entry & 0x000ffffffffff000;
                if (level > 1 && !(entry & 0x80))
                    count(target, level - 1);
                else
                    ++mapped[target >> 12];
            }
        };
        for (auto [id, mm] : machine.kernel.mms) count(mm.cr3, five ? 5 : 4);
        const FramesModel model = buildFrames(*moment, {});
        for (std::size_t frame = 0; frame < model.cells.size(); ++frame) {
            const FrameCell& cell = model.cells[frame];
            const auto use = static_cast<PageUse>(cell.use);
            if (use == PageUse::ZeroPage) continue;  // its mappings are not counted, as in Linux
            const auto found = mapped.find(frame);
            QCOMPARE(u32{cell.mappers}, std::min<u32>(found == mapped.end() ? 0 : found->second, 255));
            if (tables.contains(frame)) QVERIFY(use == PageUse::PageTable);
            if (use == PageUse::Free) QVERIFY(found == mapped.end());
        }
    }

    // Which lines wrote is known to the end, when nobody has the program mapped any more.
    void forkStoryKeepsItsLines() {
        const auto moment = sampleAt("fork_cow", small(), EventKind::Exit, 2);
        QVERIFY(moment->now->kernel.mms.find(moment->now->kernel.currentTask().mm) == nullptr);
        ViewOptions options;
        options.symbols = std::make_shared<Symbols>();
        QStringList lines;
        for (const CowStep& step : buildForkCow(*moment, options).story)
            if (step.where.startsWith("fork_cow.c:")) lines << step.where.section(QStringLiteral("  "), 1);
        QCOMPARE(lines, QStringList({"memory[0] = 'b';", "memory[2 * PAGE] = 'c';", "memory[PAGE] = 'd';"}));
    }

    // Also when nobody has the file open or mapped any more.
    void cachedFilesKeepTheirNames() {
        Timeline timeline = runOf(m_cow);
        runTo(timeline, 0);
        QVERIFY(timeline.now().kernel.mms.empty());
        const FramesModel model = buildFrames(*momentOf(timeline), {});
        QVERIFY(!model.cachedFiles.empty());
        QCOMPARE(model.cachedFiles.front().first, QStringLiteral("/program"));
    }

    // The process has ended since: nothing is said about areas that nobody can look up any more.
    void pastFaultsAreNotDenied() {
        Timeline timeline = runOf(m_cow);
        runTo(timeline, 0);
        const FaultStoryModel model = buildFaultStory(*momentOf(timeline), {});
        QVERIFY(model.found);
        const auto area = std::ranges::find(model.stations, QStringLiteral("The area"), &FaultStation::title);
        QVERIFY(area != model.stations.end());
        QVERIFY2(area->text.contains("is gone"), qPrintable(area->text));
    }

    void framesBeforeTheKernelHasSome() {
        const FramesModel model = buildFrames(*momentOf(runOf(m_cow)), {});
        QVERIFY(model.loaded);
        QCOMPARE(model.cells.size(), std::size_t{0});
        const Scene scene = paint(model, makeStyle(ThemeKind::Light, 1, 1), QSizeF(800, 600));
        QVERIFY(scene.spotByKey(QStringLiteral("empty")));
    }

    // The tree holds every present entry exactly once, however tables were opened, and the walk is lit in it.
    void everyTableOpensAndCloses() {
        const auto moment = at(m_cow, EventKind::CowCopy, 1);
        const Machine& machine = *moment->now;
        const Task& task = *machine.kernel.tasks.find(machine.kernel.current);
        const u64 cr3 = machine.kernel.mms.at(task.mm).cr3 & 0x000ffffffffff000;
        ViewOptions options;
        options.settings[QStringLiteral("form")] = QStringLiteral("tree");
        options.selection = Subject::address(kData);
        const auto entriesOf = [](const PageTablesModel& m) {
            std::set<u64> entries;
            for (const PageTableNode& node : m.nodes) entries.insert(node.where);
            return entries;
        };
        // At first only the walk is open.
        PageTablesModel model = buildPageTables(*moment, options);
        const RawWalk walked = rawWalk(machine, cr3, 4, kData);
        QVERIFY(walked.mapped);
        std::set<u64> lit;
        for (const PageTableNode& node : model.nodes) {
            if (node.lit) lit.insert(node.where);
            QCOMPARE(node.open, node.table && node.lit);
        }
        QCOMPARE(lit, std::set<u64>(walked.entryAddresses.begin(), walked.entryAddresses.end()));
        // Each closed one is opened by its own setting and closed by it again.
        for (const PageTableNode& node : model.nodes) {
            if (!node.table) continue;
            options.settings[QStringLiteral("open")] = turned(model, node).section('=', 1);
            const PageTablesModel after = buildPageTables(*moment, options);
            const auto same = std::ranges::find(after.nodes, node.where, &PageTableNode::where);
            QVERIFY(same != after.nodes.end());
            QCOMPARE(same->open, !node.open);
            if (!node.open) QCOMPARE(after.nodes.size(), model.nodes.size() + static_cast<std::size_t>(node.present));
            options.settings[QStringLiteral("open")] = turned(after, *same).section('=', 1);
            QCOMPARE(entriesOf(buildPageTables(*moment, options)), entriesOf(model));
        }
        // All of them, against RAM.
        options.settings[QStringLiteral("open")] = QStringLiteral("all");
        model = buildPageTables(*moment, options);
        std::set<u64> present;
        std::function<void(u64, int)> count = [&](u64 table, int level) {
            for (u64 i = 0; i < 512; ++i) {
                const u64 entry = machine.ram.load<u64>(PhysAddr(table + i * 8));
                if (entry != 0) present.insert(table + i * 8);
                if (entry & 1 && level > 1 && !(entry & 0x80)) count(entry & 0x000ffffffffff000, level - 1);
            }
        };
        count(cr3, 4);
        if (model.leftOut == 0) QCOMPARE(entriesOf(model), present);
        QCOMPARE(model.nodes.size() + model.leftOut >= present.size(), true);
        // And it is drawn whole.
        const Scene scene = paint(model, makeStyle(ThemeKind::Light, 1, 1), QSizeF(560, 400));
        QVERIFY(scene.spots().size() > model.nodes.size());
        SceneAudit audit(scene, twin(model));
        audit.layout();
        QCOMPARE(std::move(audit).findings(), QStringList());
    }

    // The address space against what the guest reads in /proc/PID/maps, smaps and pagemap.
    void addressSpaceIsWhatProcSays_data() { pageTablesAgreeWithRawRam_data(); }
    void addressSpaceIsWhatProcSays() {
        const auto moment = fetched();
        const AddressSpaceModel model = buildAddressSpace(*moment, {});
        QVERIFY(!model.spaces.empty());
        Machine copy = *moment->now;
        const Os os = ringside::test::osOf(copy);
        for (const Space& space : model.spaces) {
            const Task& task = *taskOfPid(copy, space.pid);
            std::vector<const SpaceArea*> areas;
            for (auto it = space.areas.rbegin(); it != space.areas.rend(); ++it)
                if (!it->kernel && !it->hole) areas.push_back(&*it);
            const QStringList maps = QString::fromStdString(proctext::maps(os, task)).split('\n', Qt::SkipEmptyParts);
            QCOMPARE(areas.size(), static_cast<std::size_t>(maps.size()));
            const QString smaps = QString::fromStdString(proctext::smaps(os, task));
            static const QRegularExpression kRss("^Rss: +(\\d+) kB$", QRegularExpression::MultilineOption);
            auto rss = kRss.globalMatch(smaps);
            for (std::size_t i = 0; i < areas.size(); ++i) {
                const SpaceArea& area = *areas[i];
                const QString line = maps[static_cast<int>(i)];
                QCOMPARE(QStringLiteral("%1-%2 %3")
                             .arg(area.start, 8, 16, QLatin1Char('0'))
                             .arg(area.end, 8, 16, QLatin1Char('0'))
                             .arg(area.rights),
                         line.section(' ', 0, 1));
                const auto count = [&](PageState s) { return area.count[static_cast<std::size_t>(s)]; };
                const u64 all = (area.end - area.start) >> kPageShift;
                const u64 absent =
                    count(PageState::Untouched) + count(PageState::FileNotLoaded) + count(PageState::Swapped);
                QVERIFY(rss.hasNext());
                QCOMPARE((all - absent - count(PageState::Zero)) * 4, rss.next().captured(1).toULongLong());
                // pagemap: bit 63 present, bit 62 swapped.
                std::vector<u8> bytes(all * 8);
                QCOMPARE(proctext::pagemap(os, task, area.start / kPageSize * 8, bytes),
                         static_cast<i64>(bytes.size()));
                u64 at = 0;
                for (const auto& [state, pages] : area.pages)
                    for (u64 k = 0; k < pages; ++k, ++at) {
                        u64 entry = 0;
                        std::memcpy(&entry, bytes.data() + at * 8, 8);
                        const bool away = state == PageState::Untouched || state == PageState::FileNotLoaded;
                        QCOMPARE(entry >> 62 & 1, u64{state == PageState::Swapped});
                        QCOMPARE(entry >> 63, u64{!away && state != PageState::Swapped});
                    }
                QCOMPARE(at, all);
            }
        }
    }

    // GOT slots of a dynamically linked program before the dynamic linker has run.
    void slotsBeginUnbound() {
        const auto start = sampleAt("dynamic", small(), EventKind::Exec, 1);
        if (start->now->kernel.exitStatus) QSKIP("no dynamic linker in the guest's root");
        ViewOptions options;
        options.settings[QStringLiteral("table")] = QStringLiteral("got");
        const ElfViewModel model = buildElfView(*start, options);
        QVERIFY(model.loaded);
        QVERIFY(!model.rows.empty());
        for (const ElfRow& row : model.rows) QVERIFY2(!row.cells[5].contains("bound to"), qPrintable(row.sentence));
    }

    void golden_data() {
        QTest::addColumn<QByteArray>("view");
        QTest::addColumn<QByteArray>("program");
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("nth");
        auto row = [](const char* name, const char* view, const char* program, EventKind kind, int nth) {
            QTest::newRow(name) << QByteArray(view) << QByteArray(program) << static_cast<int>(kind) << nth;
        };
        row("fork", "fork-cow", "cow", EventKind::Fork, 1);
        row("copy", "fork-cow", "cow", EventKind::CowCopy, 1);
        row("reuse", "fork-cow", "cow", EventKind::CowReuse, 1);
        row("fault-copy", "fault", "cow", EventKind::CowCopy, 1);
        row("fault-reuse", "fault", "cow", EventKind::CowReuse, 1);
        row("fault-zero-page", "fault", "faults", EventKind::ZeroPage, 1);
        row("fault-zero-fill", "fault", "faults", EventKind::ZeroFill, 2);
        row("fault-segv", "fault", "faults", EventKind::SegFault, 1);
        row("space", "address-space", "cow", EventKind::CowCopy, 1);
        row("exec", "exec", "cow", EventKind::Exec, 1);
    }
    void golden() {
        QFETCH(QByteArray, view);
        QFETCH(QByteArray, program);
        QFETCH(int, kind);
        QFETCH(int, nth);
        Moment moment = *at(program == "cow" ? m_cow : m_faults, static_cast<EventKind>(kind), nth);
        moment.recent.clear();  // which functions the kernel runs through is not this test's business
        const auto model = findView(QString::fromLatin1(view))->build(moment, ViewOptions{});
        const QString said = normalised(toText(model->textTwin()));
        const QString wrong = differsFromGolden(said, QString::fromLatin1(QTest::currentDataTag()) + ".txt");
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }
};

QTEST_MAIN(MemoryViewsTest)
#include "tst_memory_views.moc"
