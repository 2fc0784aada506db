#include "widgets/canvas/accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHash>
#include <QPointer>

#include "widgets/canvas/canvas.h"

namespace ringside {
namespace {

class SpotAccessible : public QAccessibleInterface {
 public:
    SpotAccessible(Canvas* canvas, int index) : m_canvas(canvas), m_index(index) {}

    bool isValid() const override { return m_canvas && m_index < static_cast<int>(m_canvas->scene().spots().size()); }
    QObject* object() const override { return nullptr; }
    QWindow* window() const override { return m_canvas ? m_canvas->window()->windowHandle() : nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_canvas.data()); }
    QAccessibleInterface* child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QString text(QAccessible::Text kind) const override {
        if (!isValid()) return {};
        const Spot& spot = m_canvas->scene().spots()[static_cast<std::size_t>(m_index)];
        if (kind == QAccessible::Name) return spot.label;
        if (kind == QAccessible::Description || kind == QAccessible::Help) return spot.what;
        return {};
    }
    void setText(QAccessible::Text, const QString&) override {}
    QRect rect() const override {
        if (!isValid()) return {};
        QRect r = m_canvas->spotRect(m_index).toAlignedRect();
        return {m_canvas->viewport()->mapToGlobal(r.topLeft()), r.size()};
    }
    QAccessible::Role role() const override { return QAccessible::StaticText; }
    QAccessible::State state() const override {
        QAccessible::State s;
        s.focusable = true;
        s.selectable = true;
        s.focused = isValid() && m_canvas->hasFocus() && m_canvas->currentSpot() == m_index;
        return s;
    }

 private:
    QPointer<Canvas> m_canvas;
    int m_index;
};

class CanvasAccessible : public QAccessibleWidget {
 public:
    explicit CanvasAccessible(Canvas* canvas) : QAccessibleWidget(canvas, QAccessible::Graphic) {}
    ~CanvasAccessible() override {
        for (QAccessible::Id id : m_children) QAccessible::deleteAccessibleInterface(id);
    }
    int childCount() const override { return static_cast<int>(canvas()->scene().spots().size()); }
    QAccessibleInterface* child(int index) const override {
        if (index < 0 || index >= childCount()) return nullptr;
        auto it = m_children.find(index);
        if (it == m_children.end())
            it =
                m_children.insert(index, QAccessible::registerAccessibleInterface(new SpotAccessible(canvas(), index)));
        return QAccessible::accessibleInterface(*it);
    }
    int indexOfChild(const QAccessibleInterface* wanted) const override {
        for (auto it = m_children.begin(); it != m_children.end(); ++it)
            if (QAccessible::accessibleInterface(*it) == wanted) return it.key();
        return -1;
    }
    QAccessibleInterface* childAt(int x, int y) const override {
        QPoint p = canvas()->viewport()->mapFromGlobal(QPoint(x, y));
        for (int i = childCount() - 1; i >= 0; --i)
            if (canvas()->spotRect(i).contains(p)) return child(i);
        return nullptr;
    }
    QAccessibleInterface* focusChild() const override {
        return canvas()->hasFocus() && canvas()->currentSpot() >= 0 ? child(canvas()->currentSpot()) : nullptr;
    }

 private:
    Canvas* canvas() const { return static_cast<Canvas*>(widget()); }
    mutable QHash<int, QAccessible::Id> m_children;
};

QAccessibleInterface* make(const QString&, QObject* object) {
    if (auto* canvas = qobject_cast<Canvas*>(object)) return new CanvasAccessible(canvas);
    return nullptr;
}

}  // namespace

void installCanvasAccessibility() {
    static bool done = false;
    if (done) return;
    done = true;
    QAccessible::installFactory(make);
}

}  // namespace ringside
