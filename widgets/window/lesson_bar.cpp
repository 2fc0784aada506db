#include "widgets/window/lesson_bar.h"

#include <QGridLayout>
#include <QPainter>
#include <QPushButton>

#include "widgets/canvas/words.h"
#include "widgets/window/icons.h"

namespace ringside {

LessonBar::LessonBar(QWidget* parent)
    : QWidget(parent),
      m_where(new QLabel),
      m_text(new QLabel),
      m_back(new QPushButton(tr("Back"))),
      m_next(new QPushButton),
      m_close(new QToolButton) {
    setAccessibleName(tr("Lesson"));
    auto* grid = new QGridLayout(this);
    grid->addWidget(m_where, 0, 0);
    grid->addWidget(m_text, 1, 0, 2, 1);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_back);
    buttons->addWidget(m_next);
    grid->addWidget(m_close, 0, 1, Qt::AlignRight);
    grid->addLayout(buttons, 1, 1, Qt::AlignTop);
    grid->setColumnStretch(0, 1);
    grid->setRowStretch(2, 1);
    m_text->setWordWrap(true);
    m_text->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_close->setAutoRaise(true);
    m_close->setToolTip(tr("Leave the lesson"));
    m_close->setAccessibleName(m_close->toolTip());
    connect(m_close, &QToolButton::clicked, this, &LessonBar::finished);
    connect(m_back, &QPushButton::clicked, this, [this] { goTo(m_step - 1); });
    connect(m_next, &QPushButton::clicked, this, [this] { goTo(m_step + 1); });
    hide();
}

void LessonBar::setStyle(const Style& style) {
    m_grid = static_cast<int>(style.grid);
    m_paper = style.theme.color(Role::Note);
    m_line = style.theme.color(Role::Line);
    m_where->setFont(style.font(Font::Small));
    QFont large = style.font(Font::Words);
    large.setPixelSize(large.pixelSize() * 5 / 4);
    m_text->setFont(large);
    for (QPushButton* button : {m_back, m_next}) button->setFont(style.font(Font::Strong));
    m_close->setIcon(themedIcon("close", style.theme));
    QPalette palette = m_where->palette();
    palette.setColor(QPalette::WindowText, style.theme.color(Role::Muted));
    m_where->setPalette(palette);
    layout()->setContentsMargins(2 * m_grid, m_grid, m_grid, m_grid);
    static_cast<QGridLayout*>(layout())->setHorizontalSpacing(3 * m_grid);
    fitHeight();
}

void LessonBar::start(const Lesson* lesson) {
    m_lesson = lesson;
    setVisible(lesson != nullptr);
    if (lesson) goTo(0);
}

void LessonBar::goTo(int step) {
    if (!m_lesson || step < 0) return;
    if (step >= static_cast<int>(m_lesson->steps.size())) return Q_EMIT finished();
    m_step = step;
    show(m_lesson->steps[static_cast<std::size_t>(step)]);
}

void LessonBar::show(const LessonStep& step) {
    const int last = static_cast<int>(m_lesson->steps.size());
    m_where->setText(tr("Lesson: %1 – %2 of %3").arg(Words::tr(m_lesson->title.toUtf8())).arg(m_step + 1).arg(last));
    m_text->setText(Words::tr(step.text.toUtf8()));
    m_back->setEnabled(m_step > 0);
    m_next->setText(m_step + 1 < last ? tr("Next") : tr("Done"));
    fitHeight();
    Q_EMIT stepChanged(step);
}

// As tall as the words need at this width: the pictures get the rest.
void LessonBar::fitHeight() {
    const QMargins margins = layout()->contentsMargins();
    const int side = m_back->sizeHint().width() + m_next->sizeHint().width() + 5 * m_grid;
    const int width = std::max(12 * m_grid, this->width() - margins.left() - margins.right() - side);
    const int words = std::max(m_text->heightForWidth(width), m_back->sizeHint().height());
    setFixedHeight(margins.top() + margins.bottom() +
                   std::max(m_where->sizeHint().height(), m_close->sizeHint().height()) + m_grid + words);
}

void LessonBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitHeight();
}

void LessonBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), m_paper);
    painter.setPen(m_line);
    painter.drawLine(rect().topLeft(), rect().topRight());
}

}  // namespace ringside
