// All shortcuts in one table, to be changed; a key that another command has is refused by name.
#pragma once

#include <QAction>
#include <QDialog>
#include <QHash>

class QKeySequenceEdit;
class QLabel;
class QTreeWidget;

namespace ringside {

class ShortcutEditor : public QDialog {
    Q_OBJECT
 public:
    ShortcutEditor(const QHash<QString, QAction*>& actions, QWidget* parent);
    // Empty when done, else why not.
    QString assign(const QString& action, const QKeySequence& keys);
    void resetAll();

 private:
    void fill();
    QHash<QString, QAction*> m_actions;
    QTreeWidget* m_tree;
    QKeySequenceEdit* m_edit;
    QLabel* m_message;
};

}  // namespace ringside
