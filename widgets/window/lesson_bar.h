// The lesson's words under the pictures, like subtitles: where one is, what is to be seen, Back and Next. What a step
// does to the window is the window's business.
#pragma once

#include <QLabel>
#include <QToolButton>
#include <QWidget>

#include "widgets/canvas/style.h"
#include "widgets/window/lesson.h"

class QPushButton;

namespace ringside {

class LessonBar : public QWidget {
    Q_OBJECT
 public:
    explicit LessonBar(QWidget* parent = nullptr);
    void setStyle(const Style& style);

    void start(const Lesson* lesson);  // null: no lesson, and the bar is hidden
    const Lesson* lesson() const { return m_lesson; }
    int step() const { return m_step; }
    void goTo(int step);
    QString text() const { return m_text->text(); }

 Q_SIGNALS:
    void stepChanged(const ringside::LessonStep& step);
    void finished();  // the person left it, or went on after the last step

 protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

 private:
    void show(const LessonStep& step);
    void fitHeight();

    const Lesson* m_lesson = nullptr;
    int m_step = 0;
    QLabel *m_where, *m_text;
    QPushButton *m_back, *m_next;
    QToolButton* m_close;
    QColor m_paper, m_line;
    int m_grid = 8;
};

}  // namespace ringside
