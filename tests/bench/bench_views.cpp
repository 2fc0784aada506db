// How long each view takes for one picture: building its model, painting the scene, drawing it. The machine is a
// crowded one: `grow crowd MIB` of tests/bench/growth, with 50 tasks, 1,000 areas and so much memory resident.
//
// usage: bench_views GUEST [MIB]
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QPainter>
#include <cstdio>
#include <fmt/format.h>

#include "core/session/session.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/view.h"

using namespace ringside;

namespace {

constexpr int kRounds = 5;
const QSizeF kSize(1920, 1080);

// The fastest of a few, in milliseconds.
template <class F>
double fastest(F f) {
    double best = 1e9;
    for (int i = 0; i < kRounds; ++i) {
        QElapsedTimer timer;
        timer.start();
        f();
        best = std::min(best, static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    return best;
}

std::shared_ptr<const Moment> crowd(const std::string& guest, const std::string& megabytes) {
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
    session.step(Session::Direction::Forward, 1);
    return session.wait();
}

}  // namespace

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QGuiApplication application(argc, argv);
    if (argc < 2) {
        fmt::print(stderr, "usage: bench_views GUEST [MIB]\n");
        return 2;
    }
    loadResources();
    const auto moment = crowd(argv[1], argc > 2 ? argv[2] : "1024");
    const auto style = makeStyle(ThemeKind::Light, 1, 1);
    ViewOptions options;
    options.symbols = std::make_shared<Symbols>();
    u64 areas = 0;
    for (auto [id, mm] : moment->now->kernel.mms) areas = std::max<u64>(areas, mm.vmas.size());
    fmt::print("{} tasks, {} areas, {} of {} frames in use; milliseconds, best of {}\n",
               moment->now->kernel.tasks.size(), areas,
               moment->now->ram.frameCount() - moment->now->kernel.frames.free.count, moment->now->ram.frameCount(),
               kRounds);
    fmt::print("{:<18} {:>8} {:>8} {:>8} {:>8}\n", "view", "build", "paint", "draw", "all");
    for (const ViewRow& row : viewRows()) {
        std::unique_ptr<ViewModel> model;
        Scene scene;
        QImage image(kSize.toSize(), QImage::Format_ARGB32_Premultiplied);
        const double build = fastest([&] { model = row.build(*moment, options); });
        const double paint = fastest([&] { scene = model->paintScene(style, kSize); });
        const double draw = fastest([&] {
            QPainter painter(&image);
            scene.draw(painter, QRectF({}, kSize));
        });
        fmt::print("{:<18} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f}{}\n", row.id, build, paint, draw, build + paint + draw,
                   build + paint + draw > 16 ? "  more than a frame" : "");
        std::fflush(stdout);
    }
    return 0;
}
