// What the views of tasks and scheduling cost with 2,000 tasks and ten million events: to build the model, to make the
// picture, to draw it at 1920×1080. A frame at 60 Hz has 16.7 ms. The run is a real one (programs/throng.c).
//
// usage: bench_lanes [TASKS [MILLION-EVENTS [VIEW]]]
#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <cstdio>
#include <ctime>
#include <fmt/format.h>

#include "core/timeline/timeline.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/view.h"

using namespace ringside;

namespace {

constexpr int kRounds = 10;
const QSizeF kSize(1920, 1080);

// CPU time of the fastest of a few, in milliseconds: the machine may be busy with something else.
template <class F>
double fastest(F f) {
    const auto now = [] {
        timespec t{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
    };
    double best = 1e9;
    for (int i = 0; i < kRounds; ++i) {
        const double from = now();
        f();
        best = std::min(best, now() - from);
    }
    return best;
}

Moment throng(const char* tasks, u64 events) {
    MachineOptions options;
    options.ramBytes = u64{1} << 30;
    options.kernel.files.push_back({RINGSIDE_THRONG, "/throng"});
    options.kernel.program = "/throng";
    options.kernel.arguments = {tasks};
    auto machine = Machine::boot(options);
    if (!machine) {
        fmt::print(stderr, "{}\n", machine.error().sentence);
        std::exit(1);
    }
    machine->closeInput();
    Timeline timeline(std::move(*machine));
    const auto made = [&] { return timeline.events().dropped() + timeline.events().size(); };
    while (made() < events) timeline.run({.tick = timeline.tick() + 1'000'000});
    Moment moment;
    moment.before = std::make_shared<const Machine>(timeline.machineAt(timeline.tick() - 1));
    moment.now = std::make_shared<const Machine>(timeline.now());
    moment.events = timeline.events();
    moment.schedLog = timeline.schedLog();
    moment.frontier = timeline.frontier();
    moment.historyBytes = timeline.historyBytes();
    fmt::print(
        "{} tasks, {} ticks, {:.1f} s of virtual time; {} events, of which {} are kept; {} samples, {} given up; "
        "history {} MiB of {}\n",
        moment.now->kernel.tasks.size(), moment.frontier, static_cast<double>(moment.now->nanoseconds()) / 1e9, made(),
        moment.events.size(), moment.schedLog.size(), moment.schedLog.thinned(), timeline.historyBytes() >> 20,
        timeline.budget() >> 20);
    return moment;
}

struct Case {
    const char* view;
    const char* what;
    std::map<QString, QString> settings = {};
    double part = 0;  // of the run, in its middle; 0: all of it
};

}  // namespace

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QGuiApplication application(argc, argv);
    loadResources();
    const Moment moment = throng(argc > 1 ? argv[1] : "2000", argc > 2 ? std::stoull(argv[2]) * 1'000'000 : 10'000'000);
    const auto style = makeStyle(ThemeKind::Light, 1, 1);
    const Case cases[] = {{"gantt", "the whole run"},
                          {"gantt", "a tenth of it", {}, 0.1},
                          {"gantt", "a millionth", {}, 1e-6},
                          {"vruntime", "the whole run"},
                          {"runqueue", ""},
                          {"compare-tasks", ""},
                          {"events", ""},
                          {"futexes", ""},
                          {"pids", ""},
                          {"pipes", ""},
                          {"process-tree", ""},
                          {"process-tree", "each by itself", {{"alike", "each"}}},
                          {"signals", ""},
                          {"states", ""},
                          {"strace", ""},
                          {"task", ""},
                          {"task-list", ""},
                          {"tasks", ""},
                          {"waits", ""}};
    fmt::print("\n| view | | build | paint | draw | all |\n|---|---|--:|--:|--:|--:|\n");
    for (const Case& c : cases) {
        if (argc > 3 && std::string_view(argv[3]) != c.view) continue;
        ViewOptions options;
        options.symbols = std::make_shared<Symbols>();
        for (const auto& [name, value] : c.settings) options.settings[name] = value;
        if (c.part > 0) {
            const u64 middle = moment.now->nanoseconds() / 2;
            const u64 half = static_cast<u64>(static_cast<double>(middle) * c.part) + 1;
            options.settings["window"] = QString("%1:%2").arg(middle - half).arg(middle + half);
        }
        const ViewRow* row = findView(QString::fromLatin1(c.view));
        if (!row) qFatal("no view %s", c.view);
        std::unique_ptr<ViewModel> model;
        Scene scene;
        QImage image(kSize.toSize(), QImage::Format_ARGB32_Premultiplied);
        const double build = fastest([&] { model = row->build(moment, options); });
        const double paint = fastest([&] { scene = model->paintScene(style, kSize); });
        const double draw = fastest([&] {
            QPainter painter(&image);
            scene.draw(painter, QRectF({}, kSize));
        });
        fmt::print("| `{}` | {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |\n", c.view, c.what, build, paint, draw,
                   build + paint + draw);
        std::fflush(stdout);
    }
    return 0;
}
