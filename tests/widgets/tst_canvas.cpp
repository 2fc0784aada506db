// Themes, scenes, the canvas, export and text twins: what every view stands on.
#include <QAccessible>
#include <QPaintEvent>
#include <QScrollBar>
#include <QTest>
#include <algorithm>
#include <functional>
#include <random>

#include "widgets/canvas/canvas.h"
#include "widgets/canvas/export.h"
#include "widgets/canvas/twin_panel.h"
#include "widgets/canvas/view.h"

using namespace ringside;

namespace {

// What a widget was asked to paint.
struct Asked : QObject {
    QRegion region;
    bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == QEvent::Paint) region += static_cast<QPaintEvent*>(event)->region();
        return false;
    }
};

// Edges may be rounded a little otherwise when they are cut off in another place.
bool alike(const QImage& a, const QImage& b) {
    const auto near = [](int x, int y) { return std::abs(x - y) <= 8; };
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x) {
            const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
            if (!near(qRed(p), qRed(q)) || !near(qGreen(p), qGreen(q)) || !near(qBlue(p), qBlue(q))) return false;
        }
    return a.size() == b.size();
}

}  // namespace

class TstCanvas : public QObject {
    Q_OBJECT

    Scene sample() const {
        StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        Scene scene(style, {400, 300});
        scene.hatched({200, 20, 80, 40}, style->theme.fill(Role::Kernel), style->theme.color(Role::Kernel),
                      Hatch::Diagonal, style->theme.color(Role::Kernel));
        scene.hatched({200, 80, 80, 40}, style->theme.fill(Role::User), style->theme.color(Role::Line), Hatch::Stripe,
                      style->theme.fill(Role::Stack));
        scene.box({20, 20, 100, 40}, style->theme.fill(Role::User), style->theme.color(Role::User)).key = "a";
        scene.text(QRectF(20, 20, 100, 40), "0x4 -> != x", Font::Mono, {}, Qt::AlignCenter);
        scene.line({{120, 40}, {200, 40}}, style->theme.color(Role::Ink), Arrow::End);
        scene.line({{120, 40}, {200, 100}}, style->theme.color(Role::Ink), Arrow::HollowEnd, Bend::Curve);
        scene.bolt({300, 20, 20, 30}, style->theme.color(Role::Fault));
        for (i32 pid = 0; pid < 8; ++pid)
            scene.mark({30.0 + pid * 24, 150}, Theme::taskMark(pid), style->theme.task(pid));
        scene.caption({20, 200}, 360,
                      "The child wrote 0x5 to its heap page 0x4c7000; the page was shared, so it was copied.");
        scene.changed({20, 90, 100, 24});
        scene.text(QRectF(24, 90, 100, 24), "rsi 9", Font::Mono);
        scene.spot({20, 20, 100, 40}, "rax", "RAX", "RAX holds 5", Subject::reg("rax"));
        scene.spot({200, 20, 80, 40}, "k", "kernel", "ring 0").click = {Command::Kind::Seek, 7, {}};
        return scene;
    }
    // A piece of ink of some kind, somewhere, from each number.
    Scene inkFrom(const std::vector<u32>& seeds) const {
        static const StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        Scene scene(style, {400, 300});
        for (const u32 seed : seeds) {
            std::mt19937 random(seed);
            const auto upTo = [&](int n) { return static_cast<int>(random() % static_cast<u32>(n)); };
            const QRectF rect(upTo(340) + 0.25 * upTo(4), upTo(260), 10 + upTo(50), 8 + upTo(30));
            const QColor color = style->theme.task(upTo(8));
            switch (upTo(10)) {
                case 0:
                    scene.box(rect, color, style->theme.color(Role::Ink));
                    break;
                case 1:
                    scene.hatched(rect, color, color, Hatch::Diagonal, style->theme.color(Role::Kernel));
                    break;
                case 2:
                    scene.text(rect, QString::number(seed, 16), Font::Mono);
                    break;
                case 3:
                    scene.text(rect.topLeft(), QString("jfÅg %1").arg(seed % 97));
                    break;
                case 4:
                    scene.line({rect.topLeft(), rect.bottomRight()}, color, Arrow::End);
                    break;
                case 5:
                    scene.line({rect.topRight(), rect.bottomLeft()}, color, Arrow::HollowEnd, Bend::Curve);
                    break;
                case 6:
                    scene.bolt(rect, color);
                    break;
                case 7:
                    scene.mark(rect.center(), Theme::taskMark(upTo(8)), color);
                    break;
                case 8:
                    scene.changed(rect);
                    break;
                default:
                    scene.selected(rect);
                    break;
            }
        }
        return scene;
    }

 private Q_SLOTS:
    void textIsReadableOnEverySurface() {
        for (ThemeKind kind : kThemeKinds) {
            Theme theme(kind);
            for (Role on : {Role::Window, Role::Paper, Role::Header, Role::Field, Role::Note}) {
                QVERIFY2(contrast(theme.color(Role::Ink), theme.color(on)) >= 4.5, qPrintable(nameOf(kind)));
                QVERIFY2(contrast(theme.color(Role::Muted), theme.color(on)) >= 4.5,
                         qPrintable(nameOf(kind) + QString::number(static_cast<int>(on))));
            }
            for (int r = static_cast<int>(Role::User); r <= static_cast<int>(Role::Shared); ++r) {
                auto role = static_cast<Role>(r);
                QVERIFY2(contrast(theme.color(Role::Ink), theme.fill(role)) >= 4.5,
                         qPrintable(nameOf(kind) + QString::number(r)));
                QVERIFY(contrast(theme.inkOn(theme.color(role)), theme.color(role)) >= 4.5);
            }
            QVERIFY(contrast(theme.color(Role::Ink), theme.fill(Role::Accent)) >= 4.5);
            QCOMPARE(themeFromId(idOf(kind)), kind);
        }
    }
    void meaningsDiffer() {
        Theme theme(ThemeKind::Light);
        QVERIFY(theme.color(Role::User) != theme.color(Role::Kernel));
        QCOMPARE(theme.color(Role::User), QColor("#0072b2"));
        QCOMPARE(theme.color(Role::Kernel), QColor("#d55e00"));
    }
    void sizesFollowTheText() {
        StylePtr small = makeStyle(ThemeKind::Light, 1, 96.0 / 72), large = makeStyle(ThemeKind::Light, 2, 96.0 / 72);
        QVERIFY(large->em > small->em * 1.8);
        QVERIFY(large->grid > small->grid * 1.7);
        QCOMPARE(small->grid, 8.0);
    }
    void embeddedFontsAreUsed() {
        StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        QCOMPARE(QFontInfo(style->font(Font::Words)).family(), QString("Inter"));
        QCOMPARE(QFontInfo(style->font(Font::Mono)).family(), QString("JetBrains Mono"));
    }
    void longTextIsCut() {
        StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        Scene scene(style, {100, 100});
        scene.text(QRectF(0, 0, style->em * 5, 20), "0123456789", Font::Mono);
        auto& shape = std::get<TextShape>(scene.shapes()[0].what);
        QVERIFY(shape.text.size() < 10);
        QVERIFY(shape.text.endsWith(QChar(0x2026)));
    }
    void spotsAreHit() {
        Scene scene = sample();
        QVERIFY(scene.spotAt({30, 30}));
        QCOMPARE(scene.spotAt({30, 30})->key, QString("rax"));
        QVERIFY(!scene.spotAt({150, 180}));
    }
    void shapesTravel() {
        StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        Scene before(style, {100, 100}), after(style, {100, 100});
        before.box({0, 0, 10, 10}, Qt::red).key = "v";
        after.box({50, 20, 10, 10}, Qt::red).key = "v";
        QVERIFY(after.travelFrom(before));
        QCOMPARE(after.shapes()[0].from, QPointF(-50, -20));
        QVERIFY(!Scene(before).travelFrom(before));
    }
    void picturesAreWritten() {
        Scene scene = sample();
        QImage image = toImage(scene, 2);
        QCOMPARE(image.size(), QSize(800, 600));
        QCOMPARE(image.pixelColor(2, 2), scene.theme().color(Role::Paper));
        QCOMPARE(image.pixelColor(50, 50), scene.theme().fill(Role::User));
        QByteArray svg = toSvg(scene, "sample");
        QVERIFY(svg.contains("<svg"));
        QVERIFY(svg.contains("Inter"));
        if (qEnvironmentVariableIsSet("RINGSIDE_TEST_PICTURES")) {
            image.save(qEnvironmentVariable("RINGSIDE_TEST_PICTURES") + "/canvas.png");
            QFile f(qEnvironmentVariable("RINGSIDE_TEST_PICTURES") + "/canvas.svg");
            QVERIFY(f.open(QIODevice::WriteOnly));
            f.write(svg);
        }
    }
    void twinIsText() {
        TextTwin root("Registers");
        root.add("rax", "5", true);
        TextTwin& flags = root.add("flags", "Z");
        flags.add("ZF", "1");
        QCOMPARE(toText(root), QString("Registers\n  rax    5  *\n  flags  Z\n    ZF  1\n"));
        QVERIFY(toJson(root).contains("\"value\": \"5\""));
        TwinPanel panel;
        panel.setTwin(root);
        QCOMPARE(panel.model()->rowCount(), 2);
        QCOMPARE(panel.model()->index(0, 1).data().toString(), QString("5 ●"));
    }
    void badEndingIsExplained() {
        auto result = saveView("/nonexistent/x.gif", sample(), TextTwin("t"));
        QVERIFY(!result);
        QVERIFY(result.error().sentence.find(".png") != std::string::npos);
    }
    void spotsAreEditedInPlace() {
        Canvas canvas;
        canvas.resize(400, 300);
        Scene scene = sample();
        Spot& spot = scene.spot({20, 20, 100, 40}, "rbx", "rbx", "RBX holds 5");
        spot.activate = {Command::Kind::Poke, 0, "rbx"};
        spot.edit = "0x5";
        canvas.setScene(scene);
        Command command;
        connect(&canvas, &Canvas::commanded, this, [&](const Command& c) { command = c; });
        canvas.show();
        canvas.setCurrentSpot(static_cast<int>(canvas.scene().spots().size()) - 1);
        canvas.edit(canvas.scene().spots().back());
        auto* field = canvas.findChild<QLineEdit*>();
        QVERIFY(field);
        QCOMPARE(field->text(), QString("0x5"));
        QTest::keyClicks(field, "7");
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(command, (Command{Command::Kind::Poke, 0, "rbx=7"}));
    }
    // What is painted again when the picture changes is enough: beside what was there before it makes the same pixels
    // as painting all of it.
    void paintingPartsIsEnough_data() {
        QTest::addColumn<double>("zoom");
        QTest::addColumn<int>("scroll");
        QTest::newRow("as it is") << 1.0 << 0;
        QTest::newRow("large, scrolled") << 1.5 << 37;
        QTest::newRow("small") << 0.7 << 0;
    }
    void paintingPartsIsEnough() {
        QFETCH(double, zoom);
        QFETCH(int, scroll);
        Canvas canvas;
        canvas.resize(400, 300);
        canvas.setScene(sample());
        canvas.show();
        QVERIFY(QTest::qWaitForWindowExposed(&canvas));
        canvas.setZoom(zoom);
        canvas.verticalScrollBar()->setValue(scroll);
        Asked asked;
        canvas.viewport()->installEventFilter(&asked);
        const auto whole = [&] {
            QImage image(canvas.viewport()->size(), QImage::Format_RGB32);
            canvas.viewport()->render(&image, {}, canvas.viewport()->rect());
            return image;
        };
        std::mt19937 random(17);
        std::vector<u32> seeds(40);
        std::generate(seeds.begin(), seeds.end(), std::ref(random));
        int partial = 0;
        for (int round = 0; round < 150; ++round) {
            QApplication::processEvents();
            QImage image = whole();
            seeds[random() % seeds.size()] = random();
            if (round % 3 == 0) seeds.insert(seeds.begin() + random() % seeds.size(), random());
            if (round % 3 == 1) seeds.erase(seeds.begin() + random() % seeds.size());
            asked.region = {};
            canvas.setScene(inkFrom(seeds));
            QApplication::processEvents();
            if (asked.region != QRegion(canvas.viewport()->rect())) ++partial;
            canvas.viewport()->render(&image, asked.region.boundingRect().topLeft(), asked.region);
            QVERIFY2(alike(image, whole()), qPrintable(QString("round %1").arg(round)));
        }
        QVERIFY(partial > 50);
    }
    // A mark that the last step did not renew is still seen, and then no more.
    void marksFade() {
        Canvas canvas;
        canvas.resize(400, 300);
        canvas.show();
        Scene before(sample().stylePtr(), {400, 300});
        before.spot({20, 20, 100, 40}, "a", "a", "a").changed = true;
        Scene after(sample().stylePtr(), {400, 300});
        after.spot({20, 20, 100, 40}, "a", "a", "a");
        const auto border = [&] { return canvas.grab().toImage().pixelColor(70, 21); };
        canvas.setScene(after);
        const QColor plain = border();
        canvas.setScene(before);
        canvas.setScene(after, Canvas::Motion::Travel);
        QVERIFY(border() != plain);
        QTRY_COMPARE_WITH_TIMEOUT(border(), plain, 20000);
        canvas.setScene(before);
        canvas.setScene(after, Canvas::Motion::None);
        QCOMPARE(border(), plain);
    }
    void cutTextIsShownWhole() {
        Scene scene(sample().stylePtr(), {400, 300});
        scene.text(QRectF(10, 10, 40, 20), "a long sentence");
        QCOMPARE(scene.cutTextAt({20, 20}), QString("a long sentence"));
        QVERIFY(scene.cutTextAt({200, 20}).isEmpty());
    }
    void clickSelectsAndCommands() {
        Canvas canvas;
        canvas.resize(400, 300);
        canvas.setScene(sample());
        Subject got;
        Command command;
        connect(&canvas, &Canvas::selected, this, [&](const Subject& s) { got = s; });
        connect(&canvas, &Canvas::commanded, this, [&](const Command& c) { command = c; });
        canvas.show();
        QTest::mouseClick(canvas.viewport(), Qt::LeftButton, {}, {30, 30});
        QCOMPARE(got, Subject::reg("rax"));
        QTest::mouseClick(canvas.viewport(), Qt::LeftButton, {}, {210, 30});
        QCOMPARE(command.value, u64{7});
    }
    void keysWalk() {
        Canvas canvas;
        canvas.resize(400, 300);
        canvas.setScene(sample());
        canvas.show();
        Subject got;
        connect(&canvas, &Canvas::selected, this, [&](const Subject& s) { got = s; });
        QTest::keyClick(&canvas, Qt::Key_Down);
        QVERIFY(canvas.walking());
        QCOMPARE(canvas.scene().spots()[static_cast<std::size_t>(canvas.currentSpot())].key, QString("caption"));
        QTest::keyClick(&canvas, Qt::Key_Up);
        QCOMPARE(canvas.scene().spots()[static_cast<std::size_t>(canvas.currentSpot())].key, QString("k"));
        QTest::keyClick(&canvas, Qt::Key_Left);
        QTest::keyClick(&canvas, Qt::Key_Return);
        QCOMPARE(got, Subject::reg("rax"));
        QTest::keyClick(&canvas, Qt::Key_Escape);
        QVERIFY(!canvas.walking());
    }
    void zoomKeepsThePointUnderTheMouse() {
        Canvas canvas;
        canvas.resize(200, 150);
        canvas.setScene(sample());
        canvas.show();
        // What is too wide is shown smaller, down to a size that can still be read.
        QCOMPARE(canvas.zoom(), 0.75);
        canvas.setZoom(4, {50, 40});
        QRectF seen = canvas.visibleRect();
        QVERIFY(std::abs(seen.x() + 50 / 4.0 - 50 / 0.75) < 1);
        QVERIFY(std::abs(seen.y() + 40 / 4.0 - 40 / 0.75) < 1);
        canvas.setZoom(1000);
        QCOMPARE(canvas.zoom(), 16.0);
    }
    void screenReadersSeeTheSpots() {
        Canvas canvas;
        canvas.resize(400, 300);
        canvas.setScene(sample());
        QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(&canvas);
        QVERIFY(accessible);
        QCOMPARE(accessible->childCount(), 3);
        QCOMPARE(accessible->child(1)->text(QAccessible::Name), QString("RAX"));
        QCOMPARE(accessible->child(1)->text(QAccessible::Description), QString("RAX holds 5"));
    }
    void largeScenesDrawOnlyWhatIsSeen() {
        StylePtr style = makeStyle(ThemeKind::Light, 1, 96.0 / 72);
        Scene scene(style, {1e6, 100});
        for (int i = 0; i < 65536; ++i) scene.box({i * 10.0, 0, 8, 8}, Qt::red);
        Canvas canvas;
        canvas.resize(300, 100);
        canvas.setScene(std::move(scene));
        QCOMPARE(canvas.grab().toImage().pixelColor(4, 4), QColor(Qt::red));
    }
};

QTEST_MAIN(TstCanvas)
#include "tst_canvas.moc"
