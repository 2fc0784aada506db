#include "widgets/window/shortcut_editor.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "widgets/canvas/words.h"
#include "widgets/window/actions.h"

namespace ringside {

ShortcutEditor::ShortcutEditor(const QHash<QString, QAction*>& actions, QWidget* parent)
    : QDialog(parent),
      m_actions(actions),
      m_tree(new QTreeWidget),
      m_edit(new QKeySequenceEdit),
      m_message(new QLabel) {
    setWindowTitle(tr("Keyboard shortcuts"));
    m_tree->setHeaderLabels({tr("Command"), tr("Keys"), tr("What it does")});
    m_tree->setRootIsDecorated(false);
    m_message->setWordWrap(true);
    auto* set = new QPushButton(tr("Use these keys"));
    auto* clear = new QPushButton(tr("No keys"));
    auto* reset = new QPushButton(tr("Reset all"));
    auto* close = new QPushButton(tr("Close"));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_tree);
    auto* row = new QHBoxLayout;
    row->addWidget(new QLabel(tr("Press keys:")));
    row->addWidget(m_edit, 1);
    row->addWidget(set);
    row->addWidget(clear);
    layout->addLayout(row);
    layout->addWidget(m_message);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(reset);
    bottom->addStretch(1);
    bottom->addWidget(close);
    layout->addLayout(bottom);
    auto chosen = [this] {
        QTreeWidgetItem* item = m_tree->currentItem();
        return item ? item->data(0, Qt::UserRole).toString() : QString();
    };
    connect(set, &QPushButton::clicked, this,
            [this, chosen] { m_message->setText(assign(chosen(), m_edit->keySequence())); });
    connect(clear, &QPushButton::clicked, this, [this, chosen] { m_message->setText(assign(chosen(), {})); });
    connect(reset, &QPushButton::clicked, this, &ShortcutEditor::resetAll);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    fill();
    resize(parent ? parent->size() * 0.7 : QSize(700, 500));
    m_tree->resizeColumnToContents(0);
    m_tree->resizeColumnToContents(1);
}

void ShortcutEditor::fill() {
    m_tree->clear();
    for (const ActionRow& row : actionRows()) {
        QAction* action = m_actions.value(row.name);
        if (!action) continue;
        auto* item = new QTreeWidgetItem(
            m_tree, {Words::tr(row.text), QKeySequence::listToString(action->shortcuts(), QKeySequence::NativeText),
                     Words::tr(row.tip)});
        item->setData(0, Qt::UserRole, row.name);
    }
}

QString ShortcutEditor::assign(const QString& name, const QKeySequence& keys) {
    QAction* action = m_actions.value(name);
    if (!action) return tr("Choose a command first.");
    if (!keys.isEmpty())
        for (auto it = m_actions.begin(); it != m_actions.end(); ++it)
            if (it.key() != name && it.value()->shortcuts().contains(keys))
                return tr("%1 already belongs to “%2”.")
                    .arg(keys.toString(QKeySequence::NativeText), it.value()->text());
    action->setShortcut(keys);
    QSettings().setValue("shortcuts/" + name, QKeySequence::listToString(action->shortcuts()));
    fill();
    return {};
}

void ShortcutEditor::resetAll() {
    QSettings().remove("shortcuts");
    for (const ActionRow& row : actionRows())
        if (QAction* action = m_actions.value(row.name)) action->setShortcuts(defaultKeys(row));
    fill();
}

}  // namespace ringside
