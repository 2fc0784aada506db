#include "widgets/canvas/twin_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QFontDatabase>
#include <QHeaderView>
#include <QKeyEvent>
#include <QStandardItemModel>

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

// Same shape: only texts change, so what is expanded and selected stays.
void fill(QStandardItem* parent, const std::vector<TextTwin>& children) {
    int count = static_cast<int>(children.size());
    if (parent->rowCount() > count) parent->removeRows(count, parent->rowCount() - count);
    for (int i = 0; i < count; ++i) {
        const TextTwin& child = children[static_cast<std::size_t>(i)];
        if (i >= parent->rowCount()) parent->appendRow({new QStandardItem, new QStandardItem});
        QStandardItem *label = parent->child(i, 0), *value = parent->child(i, 1);
        QString text = child.changed ? child.value + QString(" ●") : child.value;
        if (label->text() != child.label) label->setText(child.label);
        if (value->text() != text) value->setText(text);
        label->setEditable(false);
        value->setEditable(false);
        fill(label, child.children);
    }
}

}  // namespace

TwinPanel::TwinPanel(QWidget* parent) : QTreeView(parent), m_model(new QStandardItemModel(this)) {
    m_model->setHorizontalHeaderLabels({Words::tr("What"), Words::tr("Value")});
    setModel(m_model);
    setUniformRowHeights(true);
    setAlternatingRowColors(true);
    setFrameShape(QFrame::NoFrame);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    header()->setStretchLastSection(true);
    connect(this, &QTreeView::clicked, this, [this](const QModelIndex& index) {
        std::vector<int> path;
        for (QModelIndex i = index; i.isValid(); i = i.parent()) path.insert(path.begin(), i.row());
        const TextTwin* at = &m_twin;
        for (int row : path) {
            if (row >= static_cast<int>(at->children.size())) return;
            at = &at->children[static_cast<std::size_t>(row)];
        }
        if (at->subject) Q_EMIT selected(at->subject);
    });
}

void TwinPanel::setTwin(const TextTwin& twin) {
    bool first = m_model->rowCount() == 0;
    m_twin = twin;
    setAccessibleName(twin.label);
    fill(m_model->invisibleRootItem(), twin.children);
    if (first) {
        expandToDepth(0);
        resizeColumnToContents(0);
    }
}

bool TwinPanel::event(QEvent* event) {
    // Walking the tree comes before the timeline's shortcuts on the same keys.
    if (event->type() == QEvent::ShortcutOverride) {
        auto* key = static_cast<QKeyEvent*>(event);
        switch (key->key()) {
            case Qt::Key_Left:
            case Qt::Key_Right:
            case Qt::Key_Home:
            case Qt::Key_End:
                if (key->modifiers() == Qt::NoModifier) {
                    event->accept();
                    return true;
                }
                break;
            default:
                break;
        }
    }
    return QTreeView::event(event);
}

void TwinPanel::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        QApplication::clipboard()->setText(toText(m_twin));
        return;
    }
    QTreeView::keyPressEvent(event);
}

}  // namespace ringside
