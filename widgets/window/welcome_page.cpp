#include "widgets/window/welcome_page.h"

#include <QCommandLinkButton>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/canvas/words.h"
#include "widgets/window/lesson.h"
#include "widgets/window/samples.h"

namespace ringside {

WelcomePage::WelcomePage(QWidget* parent)
    : QScrollArea(parent), m_page(nullptr), m_column(nullptr), m_message(nullptr) {
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Welcome"));
}

void WelcomePage::setStyle(const Style& style) {
    m_style = style;
    fill();
}

void WelcomePage::setRecent(const QStringList& files) {
    m_recent = files;
    if (m_page) fill();
}

QString WelcomePage::message() const { return m_message ? m_message->text() : QString(); }

void WelcomePage::setMessage(const QString& message) {
    if (!m_message) return;
    m_message->setText(message);
    m_message->setVisible(!message.isEmpty());
}

void WelcomePage::fill() {
    QString said = message();
    m_page = new QWidget;
    int g = static_cast<int>(m_style.grid);
    auto* centred = new QHBoxLayout(m_page);
    auto* column = new QWidget;
    column->setMaximumWidth(static_cast<int>(m_style.em * 110));
    centred->addStretch(1);
    centred->addWidget(column, 100);
    centred->addStretch(1);
    m_column = new QVBoxLayout(column);
    m_column->setContentsMargins(4 * g, 4 * g, 4 * g, 4 * g);
    m_column->setSpacing(g);

    auto label = [&](const QString& text, Font font, Role role) {
        auto* l = new QLabel(text);
        l->setFont(m_style.font(font));
        l->setWordWrap(true);
        QPalette p = l->palette();
        p.setColor(QPalette::WindowText, m_style.theme.color(role));
        l->setPalette(p);
        m_column->addWidget(l);
        return l;
    };
    QFont large = m_style.font(Font::Title);
    large.setPixelSize(large.pixelSize() * 2);
    label(tr("Ringside"), Font::Title, Role::Ink)->setFont(large);
    label(
        tr("What exactly happens between typing a program’s name and the CPU executing its instructions, next to every "
           "other program on the machine? Pick a program and watch: forwards, backwards, as slowly as you like."),
        Font::Words, Role::Muted);
    m_message = label(said, Font::Words, Role::Ink);
    m_message->setStyleSheet(QString("background: %1; border: 1px solid %2; padding: %3px;")
                                 .arg(m_style.theme.color(Role::Note).name(), m_style.theme.color(Role::Kernel).name())
                                 .arg(g));
    m_message->setVisible(!said.isEmpty());
    m_column->addSpacing(g);

    // Cards, three in a row.
    int count = 0;
    QGridLayout* grid = nullptr;
    auto cards = [&](const QString& heading) {
        label(heading, Font::Title, Role::Ink);
        grid = new QGridLayout;
        grid->setSpacing(g);
        for (int c = 0; c < 3; ++c) grid->setColumnStretch(c, 1);
        m_column->addLayout(grid);
        count = 0;
    };
    auto card = [&](const QString& name, const QString& about) {
        auto* button = new QPushButton;
        button->setObjectName("card");
        button->setAccessibleName(name);
        button->setAccessibleDescription(about);
        auto* inside = new QVBoxLayout(button);
        inside->setContentsMargins(2 * g, g + g / 2, 2 * g, g + g / 2);
        inside->setSpacing(g / 4);
        auto* title = new QLabel(name);
        title->setFont(m_style.font(Font::Strong));
        auto* lines = new QLabel(about);
        lines->setFont(m_style.font(Font::Small));
        lines->setWordWrap(true);
        for (QLabel* l : {title, lines}) {
            l->setAttribute(Qt::WA_TransparentForMouseEvents);
            inside->addWidget(l);
        }
        inside->addStretch(1);
        button->setMinimumHeight(
            static_cast<int>(m_style.lineHeight(Font::Strong) + 2 * m_style.lineHeight(Font::Small)) + 4 * g);
        grid->addWidget(button, count / 3, count % 3);
        ++count;
        return button;
    };
    cards(tr("Lessons"));
    for (const Lesson& lesson : lessons())
        if (const SampleRow* sample = findSample(lesson.sample); sample && isThere(*sample))
            connect(card(Words::tr(lesson.title.toUtf8()), Words::tr(lesson.about.toUtf8())), &QPushButton::clicked,
                    this, [this, id = lesson.id] { Q_EMIT openLesson(id); });
    const char* topic = nullptr;
    for (const SampleRow& row : sampleRows()) {
        if (!isThere(row)) continue;
        if (row.topic != topic) {
            m_column->addSpacing(g);
            cards(Words::tr(topic = row.topic));
        }
        connect(card(Words::tr(row.title), Words::tr(row.about)), &QPushButton::clicked, this,
                [this, &row] { Q_EMIT openSample(row); });
    }
    if (!topic)
        label(tr("The samples are not beside the program. Open any x86-64 Linux program instead."), Font::Words,
              Role::Muted);
    m_column->addSpacing(g);

    label(tr("Your own programs"), Font::Title, Role::Ink);
    auto* open = new QPushButton(tr("Open a program…"));
    open->setFont(m_style.font(Font::Strong));
    connect(open, &QPushButton::clicked, this, &WelcomePage::openDialog);
    m_column->addWidget(open, 0, Qt::AlignLeft);
    label(tr("Or drop an ELF file on this window."), Font::Small, Role::Muted);
    for (const QString& file : m_recent) {
        auto* recent = new QToolButton;
        recent->setAutoRaise(true);
        recent->setText(file);
        recent->setFont(m_style.font(Font::Mono));
        recent->setAccessibleName(tr("Open %1").arg(file));
        connect(recent, &QToolButton::clicked, this, [this, file] { Q_EMIT openFile(file); });
        m_column->addWidget(recent, 0, Qt::AlignLeft);
    }
    m_column->addStretch(1);
    setWidget(m_page);
}

}  // namespace ringside
