// The text twin as a tree one can walk, search and copy: the accessible form of every painted view.
#pragma once

#include <QTreeView>

#include "widgets/canvas/twin.h"

class QStandardItemModel;

namespace ringside {

class TwinPanel : public QTreeView {
    Q_OBJECT
 public:
    explicit TwinPanel(QWidget* parent = nullptr);
    void setTwin(const TextTwin& twin);
    const TextTwin& textTwin() const { return m_twin; }

 Q_SIGNALS:
    void selected(const ringside::Subject& subject);

 protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

 private:
    QStandardItemModel* m_model;
    TextTwin m_twin;
};

}  // namespace ringside
