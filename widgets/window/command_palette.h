// Every command by a few letters of its name.
#pragma once

#include <QAction>
#include <QDialog>
#include <QPointer>
#include <vector>

class QLineEdit;
class QListWidget;

namespace ringside {

// How well `typed` names `text`: all its letters in order, better when together and at the beginnings of words; -1:
// not.
int fuzzyScore(const QString& typed, const QString& text);

class CommandPalette : public QDialog {
    Q_OBJECT
 public:
    explicit CommandPalette(QWidget* parent);
    void addCommand(QAction* action, const QString& group, const QString& tip);
    void popUp();

    QLineEdit* input() { return m_input; }
    QStringList shown() const;  // titles, best first

 protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

 private:
    void filter();
    void run();

    struct Entry {
        QPointer<QAction> action;
        QString title, group, tip;
    };
    std::vector<Entry> m_entries;
    QLineEdit* m_input;
    QListWidget* m_list;
};

}  // namespace ringside
