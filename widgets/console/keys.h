// The line below the Console: every key goes to the terminal at once, as the bytes that a terminal's keyboard sends for
// it. What is pasted or composed arrives as text. F keys, and whatever is pressed with Alt or Ctrl+Shift, stay the
// program's; Shift+Tab leaves.
#pragma once

#include <QKeyEvent>
#include <QLineEdit>

namespace ringside {

QByteArray keyBytes(const QKeyEvent& key);  // none: not a key of the terminal

class KeyLine : public QLineEdit {
    Q_OBJECT
 public:
    explicit KeyLine(QWidget* parent = nullptr);

 Q_SIGNALS:
    void pressed(const QByteArray& bytes);

 protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace ringside
