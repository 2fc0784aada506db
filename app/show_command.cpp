#include "app/show_command.h"

#include <QGuiApplication>
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "app/options.h"
#include "core/session/find_moment.h"
#include "core/session/session.h"
#include "widgets/canvas/export.h"
#include "widgets/canvas/style.h"
#include "widgets/canvas/subject_text.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/view.h"
#include "widgets/canvas/words.h"
#include "widgets/compare/compare.h"

namespace ringside {

namespace {

int complain(const std::string& sentence) {
    fmt::print(stderr, "ringside show: {}\n", sentence);
    return kExitError;
}

void print(const QString& text) {
    const QByteArray bytes = text.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stdout);
}

// Qt's remark about a directory that nobody here uses is none for our users.
void quietly(QtMsgType type, const QMessageLogContext&, const QString& message) {
    if (message.startsWith("QStandardPaths: XDG_RUNTIME_DIR")) return;
    if (type != QtDebugMsg && type != QtInfoMsg) fmt::print(stderr, "ringside show: {}\n", message.toStdString());
}

struct Looks {
    ThemeKind theme = ThemeKind::Light;
    QSizeF size{1280, 800};
};

Expected<void> applySetting(const std::string& setting, ViewOptions& view, Looks& looks) {
    const QString key = qs(setting).section('=', 0, 0), value = qs(setting).section('=', 1);
    if (key == "select") {
        auto subject = subjectFromText(value);
        if (!subject) return std::unexpected(subject.error());
        view.selection = *subject;
    } else if (key == "theme") {
        looks.theme = themeFromId(value);
        if (idOf(looks.theme) != value) return fail(fmt::format("--set: there is no theme '{}'", value.toStdString()));
    } else if (key == "size") {
        looks.size = {value.section('x', 0, 0).toDouble(), value.section('x', 1).toDouble()};
        if (!(looks.size.width() >= 100 && looks.size.width() <= 10000 && looks.size.height() >= 100 &&
              looks.size.height() <= 10000))
            return fail("--set: size is WIDTHxHEIGHT, each from 100 to 10000");
    } else if (key == "scroll") {
        view.scroll = value.toLongLong();
    } else if (key == "micro") {
        view.micro = value.toInt();
    } else {
        view.settings[key] = value;
    }
    return {};
}

int list() {
    for (const ViewRow& row : viewRows()) print(QStringLiteral("%1 %2\n").arg(row.id, -18).arg(Words::tr(row.title)));
    return 0;
}

}  // namespace

int showCommand(const Options& options, int& argc, char** argv) {
    // Pictures need no display, and texts not even fonts.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qInstallMessageHandler(quietly);
    const bool paints = !options.output.empty();
    const std::unique_ptr<QCoreApplication> application =
        paints ? std::unique_ptr<QCoreApplication>(new QGuiApplication(argc, argv))
               : std::make_unique<QCoreApplication>(argc, argv);
    if (options.view == "list") return list();
    const ViewRow* row = findView(qs(options.view));
    if (!row) return complain(fmt::format("there is no view '{}'; 'ringside show list' names them", options.view));

    ViewOptions view;
    Looks looks;
    for (const std::string& setting : options.toggles)
        if (auto applied = applySetting(setting, view, looks); !applied) return complain(applied.error().sentence);
    const auto wanted = parseMoment(options.at);
    if (!wanted) return complain(wanted.error().sentence);
    const auto machineFor = machineOptions(options);
    if (!machineFor) return complain(machineFor.error().sentence);
    std::vector<SchedKind> kinds{machineFor->kernel.sched};
    for (SchedKind kind : options.against)
        if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    view.symbols = std::make_shared<Symbols>();
    loadResources();  // also the plurals
    // A view of the comparison gets all policies; of any other there is one for each.
    const bool compares = options.view == "compare";
    std::vector<std::pair<SchedKind, std::unique_ptr<ViewModel>>> models;
    for (SchedKind kind : kinds) {
        MachineOptions machineOptions = *machineFor;
        machineOptions.kernel.sched = kind;
        auto machine = Machine::bootProgram(machineOptions);
        if (!machine) return complain(machine.error().sentence);
        if (machine->devices.console.script.empty()) machine->closeInput();
        const auto tick = findMoment(*machine, *wanted, options.limit);
        if (!tick) return complain(tick.error().sentence);
        Session session(std::move(*machine));
        if (compares) session.compare(kinds);
        session.seek(*tick);
        models.emplace_back(kind, row->build(*session.wait(), view));
        if (compares) break;
    }
    TextTwin twin = models.front().second->textTwin();
    if (models.size() > 1) {
        twin = TextTwin(Words::tr(row->title));
        for (const auto& [kind, model] : models) twin.add(policyTitle(kind)).children.push_back(model->textTwin());
    }
    if (options.output.empty()) {
        print(toText(twin));
        return 0;
    }
    const StylePtr style = makeStyle(looks.theme, 1, 1);
    Scene scene = paintLarge(*models.front().second, style, looks.size);
    for (std::size_t i = 1; i < models.size(); ++i) scene.appendBelow(models[i].second->paintScene(style, looks.size));
    for (const std::string& file : options.output)
        if (auto saved = saveView(qs(file), scene, twin); !saved) return complain(saved.error().sentence);
    return 0;
}

}  // namespace ringside
