#include "widgets/window/command_palette.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace ringside {

int fuzzyScore(const QString& typed, const QString& text) {
    int score = 0;
    qsizetype at = 0, last = -2;
    for (QChar c : typed) {
        if (c.isSpace()) continue;
        qsizetype found = -1;
        // The beginning of a word, else anywhere.
        for (qsizetype i = at; i < text.size() && found < 0; ++i)
            if (text[i].toLower() == c.toLower() && (i == 0 || !text[i - 1].isLetterOrNumber() || i == last + 1))
                found = i;
        for (qsizetype i = at; i < text.size() && found < 0; ++i)
            if (text[i].toLower() == c.toLower()) found = i;
        if (found < 0) return -1;
        score += found == last + 1 ? 6 : (found == 0 || !text[found - 1].isLetterOrNumber()) ? 4 : 1;
        last = found;
        at = found + 1;
    }
    return score * 16 - static_cast<int>(std::min<qsizetype>(text.size(), 15));
}

CommandPalette::CommandPalette(QWidget* parent)
    : QDialog(parent, Qt::Popup), m_input(new QLineEdit), m_list(new QListWidget) {
    setAccessibleName(tr("Command palette"));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_input);
    layout->addWidget(m_list);
    m_input->setPlaceholderText(tr("Type a few letters of a command"));
    m_input->installEventFilter(this);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setUniformItemSizes(true);
    connect(m_input, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_input, &QLineEdit::returnPressed, this, &CommandPalette::run);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::run);
}

void CommandPalette::addCommand(QAction* action, const QString& group, const QString& tip) {
    QString title = action->text();
    m_entries.push_back({action, title.replace("&&", "\1").remove('&').replace("\1", "&"), group, tip});
}

void CommandPalette::popUp() {
    filter();
    QWidget* p = parentWidget();
    int w = std::max(360, p->width() / 2);
    resize(std::min(w, p->width() - 40), p->height() / 2);
    move(p->mapToGlobal(QPoint((p->width() - width()) / 2, p->height() / 10)));
    show();
    m_input->setFocus();
}

void CommandPalette::filter() {
    m_list->clear();
    std::vector<std::pair<int, std::size_t>> order;
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        int score = m_input->text().isEmpty() ? 0 : fuzzyScore(m_input->text(), m_entries[i].title);
        if (m_input->text().isEmpty() || score >= 0 || fuzzyScore(m_input->text(), m_entries[i].title) != -1)
            order.emplace_back(-score, i);
    }
    std::stable_sort(order.begin(), order.end(), [](auto& a, auto& b) { return a.first < b.first; });
    for (auto& [score, i] : order) {
        const Entry& e = m_entries[i];
        if (!e.action) continue;
        QString keys = e.action->shortcut().toString(QKeySequence::NativeText);
        auto* item = new QListWidgetItem(keys.isEmpty() ? e.title : QString("%1    %2").arg(e.title, keys), m_list);
        item->setData(Qt::UserRole, static_cast<qulonglong>(i));
        item->setToolTip(e.tip);
        if (!e.action->isEnabled()) item->setFlags(Qt::NoItemFlags);
    }
    m_list->setCurrentRow(0);
}

QStringList CommandPalette::shown() const {
    QStringList titles;
    for (int i = 0; i < m_list->count(); ++i)
        titles << m_entries[m_list->item(i)->data(Qt::UserRole).toULongLong()].title;
    return titles;
}

void CommandPalette::run() {
    QListWidgetItem* item = m_list->currentItem();
    if (!item || !(item->flags() & Qt::ItemIsEnabled)) return;
    QPointer<QAction> action = m_entries[item->data(Qt::UserRole).toULongLong()].action;
    hide();
    if (action) action->trigger();
    close();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        int by = key->key() == Qt::Key_Down ? 1 : key->key() == Qt::Key_Up ? -1 : 0;
        if (by) {
            m_list->setCurrentRow(std::clamp(m_list->currentRow() + by, 0, std::max(0, m_list->count() - 1)));
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

}  // namespace ringside
