#include "widgets/window/view_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QScrollBar>
#include <QSettings>
#include <QVBoxLayout>

#include "widgets/canvas/export.h"
#include "widgets/canvas/words.h"
#include "widgets/console/keys.h"
#include "widgets/window/questions.h"

namespace ringside {

ViewPanel::ViewPanel(const ViewRow& row, QWidget* parent)
    : QWidget(parent), m_row(row), m_canvas(new Canvas), m_twinPanel(new TwinPanel), m_stack(new QStackedWidget) {
    QString title = Words::tr(row.title);
    m_canvas->setAccessibleName(title);
    m_canvas->setAccessibleDescription(Words::tr(row.help));
    m_twinPanel->setAccessibleName(title);
    m_stack->addWidget(m_canvas);
    m_stack->addWidget(m_twinPanel);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_stack);
    if (row.typing) {
        auto* keys = row.keys ? new KeyLine : nullptr;
        m_input = keys ? keys : new QLineEdit;
        m_input->setPlaceholderText(Words::tr(row.typing));
        m_input->setAccessibleName(m_input->placeholderText());
        layout->addWidget(m_input);
        if (keys) {
            connect(keys, &KeyLine::pressed, this,
                    [this](const QByteArray& bytes) { Q_EMIT typed(QString::fromUtf8(bytes)); });
            m_canvas->installEventFilter(this);
            m_canvas->viewport()->installEventFilter(this);
        } else {
            connect(m_input, &QLineEdit::returnPressed, this, [this] {
                const QString line = m_input->text();
                m_input->clear();
                m_options.settings.erase("typed");
                Q_EMIT typed(line + "\n");
            });
            connect(m_input, &QLineEdit::textEdited, this, [this](const QString& text) {
                m_options.settings["typed"] = text;
                rebuild(Why::NewOptions);
            });
        }
    }
    setFocusProxy(m_stack);
    m_stack->setFocusProxy(m_canvas);

    connect(m_canvas, &Canvas::selected, this, &ViewPanel::selected);
    connect(m_twinPanel, &TwinPanel::selected, this, &ViewPanel::selected);
    connect(m_canvas, &Canvas::commanded, this, &ViewPanel::command);
    connect(m_canvas, &Canvas::contextMenu, this, &ViewPanel::contextMenu);
    connect(m_canvas, &Canvas::paperChanged, this, [this] { rebuild(Why::NewLook); });
    connect(m_canvas, &Canvas::zoomChanged, this, [this] {
        m_options.zoom = m_canvas->zoom();
        rebuild(Why::NewOptions);
    });
    connect(m_canvas, &Canvas::stepRows, this, [this](int rows) {
        m_options.scroll += rows;
        rebuild(Why::NewOptions);
    });
    loadSettings();
}

void ViewPanel::loadSettings() {
    QSettings settings;
    settings.beginGroup(QString("views/") + m_row.id);
    for (const QString& key : settings.childKeys()) m_options.settings[key] = settings.value(key).toString();
}

void ViewPanel::setStyle(StylePtr style) {
    m_style = std::move(style);
    if (m_input) m_input->setFont(m_style->font(Font::Mono));
    m_twinPanel->setFont(m_style->font(Font::Words));
    rebuild(Why::NewLook);
}

void ViewPanel::setSnapshot(std::shared_ptr<const Snapshot> snapshot) {
    m_snapshot = std::move(snapshot);
    if (m_input) m_input->setEnabled(m_snapshot && m_snapshot->now);
    // A view that is slow to build gives way while the machine runs; the last moment of a run is always shown.
    if (m_snapshot && m_snapshot->running && m_lastCostMs > 8 && m_sinceBuild.elapsed() < m_lastCostMs * 4) {
        m_stale = true;
        return;
    }
    rebuild(Why::NewMoment);
}

void ViewPanel::setShared(const Subject& selection, int micro, std::shared_ptr<Symbols> symbols) {
    m_followed = selection;
    m_options.symbols = std::move(symbols);
    Subject wanted = m_pinned ? m_options.selection : selection;
    if (wanted == m_options.selection && micro == m_options.micro) return;
    // A new place to look at ends the scrolling away from the last one.
    if (wanted != m_options.selection) m_options.scroll = 0;
    m_options.selection = wanted;
    m_options.micro = micro;
    rebuild(Why::NewOptions);
}

void ViewPanel::setPinned(bool on) {
    m_pinned = on;
    if (!on) setShared(m_followed, m_options.micro, m_options.symbols);
}

bool ViewPanel::showsTwin() const { return m_stack->currentWidget() == m_twinPanel; }

void ViewPanel::setShowsTwin(bool on) {
    bool focused = m_stack->currentWidget()->hasFocus();
    m_stack->setCurrentWidget(on ? static_cast<QWidget*>(m_twinPanel) : m_canvas);
    m_stack->setFocusProxy(m_stack->currentWidget());
    m_stale = true;
    m_model.reset();
    refresh();
    if (focused) m_stack->currentWidget()->setFocus();
}

// A dock behind another tab is "visible", but lies outside its parent. (visibleRegion() would also take away what
// opaque children cover, which is everything.)
bool ViewPanel::canBeSeen() const {
    if (!isVisible()) return false;
    QRect part = rect();
    for (const QWidget* w = this; !w->isWindow(); w = w->parentWidget())
        part = part.translated(w->pos()) & w->parentWidget()->rect();
    return !part.isEmpty();
}

void ViewPanel::refresh() { rebuild(Why::NewMoment); }

// A terminal is typed at where it is clicked.
bool ViewPanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::MouseButtonRelease && m_input->isEnabled()) m_input->setFocus(Qt::MouseFocusReason);
    return QWidget::eventFilter(watched, event);
}

void ViewPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (m_stale) rebuild(Why::NewMoment);
}

void ViewPanel::rebuild(Why why) {
    if (why == Why::NewLook) m_restyle = true, m_grown.reset();
    if (!m_style || !canBeSeen()) {
        m_stale = true;
        return;
    }
    m_stale = false;
    m_sinceBuild.start();
    static const Snapshot kNothing;
    try {
        auto model = m_row.build(m_snapshot ? *m_snapshot : kNothing, m_options);
        bool same = m_model && model->equals(*m_model);
        if (same && !m_restyle) return;
        m_restyle = false;
        m_model = std::move(model);
        if (showsTwin()) {
            m_twinPanel->setTwin(m_model->textTwin());
        } else {
            bool still = m_reduceMotion || !m_snapshot || m_snapshot->running;
            QSizeF paper = m_canvas->paper();
            Scene scene = paintOn(paper);
            // What is too tall gets a scroll bar, which takes width.
            if (!scene.endless && scene.size().height() > paper.height() + 0.5 &&
                scene.size().width() <= paper.width() + 0.5) {
                paper.rwidth() -= m_canvas->verticalScrollBar()->sizeHint().width();
                scene = m_model->paintScene(m_style, paper);
            }
            if (scene.scrolled) m_options.scroll = *scene.scrolled;
            bool travel = !still && (why == Why::NewMoment || why == Why::NewSetting || scene.series);
            if (m_reduceMotion) scene.next.clear();
            m_canvas->setScene(std::move(scene), travel ? Canvas::Motion::Travel : Canvas::Motion::None);
            ++m_paints;
        }
    } catch (const std::exception& mistake) {
        // A mistake of one view is its own: it says so, and the others go on.
        m_model.reset();
        Scene scene(m_style, m_canvas->paper());
        scene.empty(tr("This view made a mistake: %1").arg(QString::fromUtf8(mistake.what())));
        m_canvas->setScene(std::move(scene));
    }
    m_lastCostMs = m_sinceBuild.elapsed();
}

// A picture that grows keeps the size of its text from moment to moment, as long as it fits and is not lost.
Scene ViewPanel::paintOn(QSizeF paper) {
    if (m_grown) {
        Scene scene = m_model->paintScene(m_grown, paper);
        double bottom = 0;
        for (const Shape& shape : scene.shapes()) bottom = std::max(bottom, boundsOf(shape).bottom());
        if (fits(scene, paper) && bottom > paper.height() / 2) return scene;
    }
    Scene scene = paintLarge(*m_model, m_style, paper);
    m_grown = scene.grows ? scene.stylePtr() : nullptr;
    return scene;
}

TextTwin ViewPanel::textTwin() const {
    if (m_model) return m_model->textTwin();
    static const Snapshot kNothing;
    return m_row.build(m_snapshot ? *m_snapshot : kNothing, m_options)->textTwin();
}

Scene ViewPanel::sceneOn(const StylePtr& style, QSizeF paper) const {
    static const Snapshot kNothing;
    return paintLarge(*m_row.build(m_snapshot ? *m_snapshot : kNothing, m_options), style, paper);
}

void ViewPanel::setSetting(const QString& key, const QString& value) {
    m_options.settings[key] = value;
    QSettings().setValue(QString("views/%1/%2").arg(m_row.id, key), value);
    rebuild(Why::NewSetting);
}

void ViewPanel::press(const QString& spot) {
    const Spot* found = m_canvas->scene().spotByKey(spot);
    if (found && found->click) command(Command(found->click));
}

void ViewPanel::command(const Command& command) {
    if (command.kind != Command::Kind::Setting) return Q_EMIT commanded(command);
    qsizetype equals = command.text.indexOf('=');
    setSetting(command.text.left(equals), command.text.mid(equals + 1));
}

void ViewPanel::contextMenu(const Spot* spot, QPoint at) {
    QMenu menu;
    if (spot) {
        if (!spot->what.isEmpty()) {
            menu.addAction(tr("What is this?"), this, [this, s = *spot] {
                QMessageBox box(QMessageBox::Information, s.label, s.what, QMessageBox::Ok, this);
                box.exec();
            });
        }
        for (const Offer& offer : spot->offers)
            menu.addAction(offer.text, this, [this, c = offer.command] { command(c); });
        if (m_snapshot && m_snapshot->now && !m_snapshot->running)
            for (const Offer& offer : questionsAbout(spot->subject, *m_snapshot))
                menu.addAction(offer.text, this, [this, c = offer.command] { command(c); });
        menu.addAction(tr("Copy “%1”").arg(spot->label), this,
                       [label = spot->label] { QApplication::clipboard()->setText(label); });
        menu.addSeparator();
    }
    menu.addAction(tr("Copy as text"), this, [this] { QApplication::clipboard()->setText(toText(textTwin())); });
    menu.addAction(showsTwin() ? tr("Show as picture") : tr("Show as text"), this,
                   [this] { setShowsTwin(!showsTwin()); });
    menu.addAction(m_pinned ? tr("Unpin") : tr("Pin"), this, [this] { setPinned(!m_pinned); });
    menu.addAction(tr("Export…"), this, [this] { Q_EMIT commanded({Command::Kind::Action, 0, "view.export"}); });
    menu.addAction(tr("Fit"), m_canvas, &Canvas::fit);
    menu.addAction(tr("Normal size"), m_canvas, &Canvas::resetZoom);
    menu.exec(at);
}

}  // namespace ringside
