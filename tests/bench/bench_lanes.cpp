// What the scheduler's views cost with 2,000 tasks and a run of ten million events: to build the model, to make the
// picture, to draw it at 1920×1080. A frame at 60 Hz has 16.7 ms.
#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <benchmark/benchmark.h>

#include "core/kernel/sched/class.h"
#include "tests/core/sched_box.h"
#include "widgets/canvas/view.h"

namespace {

using namespace ringside;
using namespace ringside::test;

constexpr int kTasks = 2000;
constexpr std::size_t kEvents = 10'000'000;

// A machine that has run 2,000 hogs, of which the log holds what it keeps of ten million events.
const Moment& moment() {
    static const Moment m = [] {
        MachineOptions options;
        options.kernel.program = "/samples/hello";
        Machine machine = *Machine::boot(options);
        SchedBox box;
        box.trace.sched = true;
        for (int i = 0; i < kTasks; ++i) {
            const TaskId id = box.add("hog", i % 10);
            box.edit(id).pids = {{PidNsId{}, i + 1}};
            wakeNew(box.os, id);
        }
        box.os.current().needResched = true;
        Moment made;
        std::vector<Event> events;
        for (std::size_t total = 0; total < kEvents;) {
            ++box.cpu.tick;
            box.cpu.tick += 50;
            box.tick();
            // Between two ticks the running one makes system calls.
            for (int i = 0; i < 100; ++i, ++total)
                events.push_back({i % 2 ? EventKind::SyscallExit : EventKind::SyscallEnter,
                                  0,
                                  box.os.current().pid(),
                                  box.cpu.tick,
                                  box.cpu.cycles,
                                  {1},
                                  {}});
            box.trace.events.clear();
            made.schedLog.append(std::exchange(box.trace.samples, {}));
            if (events.size() >= 10'000) made.events.append(std::exchange(events, {}));
        }
        machine.cpu.tick = box.cpu.tick;
        machine.cpu.cycles = box.cpu.cycles;
        machine.kernel.runQueue = box.kernel.runQueue;
        machine.kernel.tasks = box.kernel.tasks;
        machine.kernel.current = box.kernel.current;
        machine.kernel.options.hz = 250;
        made.frontier = machine.cpu.tick;
        made.now = std::make_shared<const Machine>(std::move(machine));
        return made;
    }();
    return m;
}

// part 0: the whole run; n: that many nanoseconds in its middle.
void view(benchmark::State& state, const char* id, u64 span) {
    const Moment& here = moment();
    ViewOptions options;
    if (span) {
        const u64 middle = here.now->nanoseconds() / 2;
        options.settings["window"] = QString("%1:%2").arg(middle).arg(middle + span);
    }
    const ViewRow* row = findView(QString::fromLatin1(id));
    const StylePtr style = makeStyle(ThemeKind::Light, 1, 1);
    QImage image(1920, 1080, QImage::Format_ARGB32_Premultiplied);
    double build = 0, paint = 0, draw = 0;
    const auto now = [] {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
    };
    for (auto _ : state) {
        const double a = now();
        const auto model = row->build(here, options);
        const double b = now();
        const Scene scene = model->paintScene(style, QSizeF(1920, 1080));
        const double c = now();
        QPainter painter(&image);
        scene.draw(painter, QRectF(0, 0, 1920, 1080));
        const double d = now();
        build += b - a, paint += c - b, draw += d - c;
    }
    const auto mean = [&](double ms) { return benchmark::Counter(ms, benchmark::Counter::kAvgIterations); };
    state.counters["build_ms"] = mean(build);
    state.counters["paint_ms"] = mean(paint);
    state.counters["draw_ms"] = mean(draw);
}

BENCHMARK_CAPTURE(view, gantt_whole_run, "gantt", 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, gantt_ten_seconds, "gantt", 10'000'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, gantt_one_tick, "gantt", 4'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, gantt_instructions, "gantt", 100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, vruntime, "vruntime", 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, runqueue, "runqueue", 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, tasks, "tasks", 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, states, "states", 0)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QGuiApplication application(argc, argv);
    loadResources();
    moment();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
