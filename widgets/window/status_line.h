// The status bar: mode, task, RIP with its symbol, instruction number, cycles, virtual time; messages at the left.
#pragma once

#include <QLabel>
#include <QStatusBar>

#include "widgets/canvas/view.h"

namespace ringside {

// "1,234,567" and "1.234 ms": how numbers of time are written everywhere.
QString grouped(u64 n);
QString duration(u64 nanoseconds);
QString stopSentence(const Snapshot& snapshot);  // why the machine stands still, for a person; may be empty

class StatusLine : public QStatusBar {
    Q_OBJECT
 public:
    explicit StatusLine(QWidget* parent = nullptr);
    void setStyle(StylePtr style);
    void setSnapshot(const std::shared_ptr<const Snapshot>& snapshot, Symbols& symbols);
    QString text() const;  // all fields, for tests

 protected:
    void resizeEvent(QResizeEvent* event) override;

 private:
    void fitFields();
    enum Field { Mode, Task, Rip, Ticks, CycleCount, Time, History, kFields };
    std::array<QLabel*, kFields> m_fields;
    StylePtr m_style;
    unsigned m_cpl = 4;
};

}  // namespace ringside
