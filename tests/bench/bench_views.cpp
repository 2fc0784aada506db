// What each view costs for one picture, in CPU time: building its model, painting the scene, drawing it. The machine is
// a crowded one: `grow crowd MIB` of tests/bench/growth, with 50 tasks, 1,000 areas and so much memory resident. Each
// picture is of another moment, as in the window while one steps, and the median of a few is told.
//
// usage: bench_views GUEST [MIB [VIEW…]]
#include <QGuiApplication>
#include <QPainter>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fmt/format.h>
#include <span>

#include "core/session/session.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/view.h"

using namespace ringside;

namespace {

constexpr std::size_t kRounds = 9;
const QSizeF kSize(1920, 1080);

double milliseconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

// Adds what `f` costs.
template <class F>
void measure(std::vector<double>& times, F f) {
    const double start = milliseconds();
    f();
    times.push_back(milliseconds() - start);
}

double median(std::vector<double> times) {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    return *middle;
}

// One for each round, an instruction apart.
std::vector<std::shared_ptr<const Moment>> crowd(const std::string& guest, const std::string& megabytes) {
    MachineOptions options;
    options.ramBytes = u64{2} << 30;
    options.kernel.files.push_back({guest, "/grow"});
    options.kernel.program = "/grow";
    options.kernel.arguments = {"crowd", megabytes};
    auto machine = Machine::boot(options);
    if (!machine) {
        fmt::print(stderr, "{}\n", machine.error().sentence);
        std::exit(1);
    }
    machine->closeInput();
    Session session(std::move(*machine));
    session.toEvent(RunUntil::bit(EventKind::Console));  // it says that it is ready
    session.wait();
    std::vector<std::shared_ptr<const Moment>> moments;
    while (moments.size() < kRounds) {
        session.step(Session::Direction::Forward, 1);
        moments.push_back(session.wait());
    }
    return moments;
}

}  // namespace

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QGuiApplication application(argc, argv);
    if (argc < 2) {
        fmt::print(stderr, "usage: bench_views GUEST [MIB [VIEW…]]\n");
        return 2;
    }
    loadResources();
    const auto moments = crowd(argv[1], argc > 2 ? argv[2] : "1024");
    const auto style = makeStyle(ThemeKind::Light, 1, 1);
    ViewOptions options;
    options.symbols = std::make_shared<Symbols>();
    const Machine& machine = *moments.front()->now;
    u64 areas = 0;
    for (auto [id, mm] : machine.kernel.mms) areas = std::max<u64>(areas, mm.vmas.size());
    fmt::print("{} tasks, {} areas, {} of {} frames in use; milliseconds of CPU time, medians of {}\n",
               machine.kernel.tasks.size(), areas, machine.ram.frameCount() - machine.kernel.frames.free.count,
               machine.ram.frameCount(), kRounds);
    fmt::print("{:<18} {:>8} {:>8} {:>8} {:>8}\n", "view", "build", "paint", "draw", "all");
    QImage image(kSize.toSize(), QImage::Format_ARGB32_Premultiplied);
    const std::span<char*> asked(argv + std::min(argc, 3), argv + argc);
    for (const ViewRow& row : viewRows()) {
        if (!asked.empty() && std::ranges::find(asked, std::string_view(row.id)) == asked.end()) continue;
        std::unique_ptr<ViewModel> model;
        Scene scene;
        std::vector<double> build, paint, draw, all;
        for (const auto& moment : moments) {
            measure(build, [&] { model = row.build(*moment, options); });
            measure(paint, [&] { scene = model->paintScene(style, kSize); });
            measure(draw, [&] {
                QPainter painter(&image);
                scene.draw(painter, QRectF({}, kSize));
            });
            all.push_back(build.back() + paint.back() + draw.back());
        }
        fmt::print("{:<18} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f}{}\n", row.id, median(build), median(paint), median(draw),
                   median(all), median(all) > 16 ? "  more than a frame" : "");
        std::fflush(stdout);
    }
    return 0;
}
