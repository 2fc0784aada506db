#include "widgets/console/screen.h"

#include <QStringList>
#include <algorithm>

namespace ringside {
namespace {

class Terminal {
 public:
    Terminal(int rows, int columns) : m_rows(std::max(1, rows)), m_columns(std::max(1, columns)) {}

    void character(QChar c) {
        if (m_screen.column >= m_columns) {  // the cursor stays behind the last column until something follows
            m_screen.column = 0;
            lineFeed();
        }
        QString& line = padded();
        if (m_screen.column < line.size())
            line[m_screen.column] = c;
        else
            line += c;
        ++m_screen.column;
    }
    void control(QChar c) {
        switch (c.unicode()) {
            case '\n':
                return lineFeed();
            case '\r':
                m_screen.column = 0;
                return;
            case '\b':
                m_screen.column = std::max(0, std::min(m_screen.column, m_columns - 1) - 1);
                return;
            case '\t':
                m_screen.column = std::min(m_columns - 1, (m_screen.column / 8 + 1) * 8);
                return;
            default:
                return;
        }
    }
    // ESC [ parameters letter
    void sequence(const QString& parameters, QChar letter) {
        const QStringList numbers = parameters.split(';');
        const auto number = [&](int i) { return i < numbers.size() ? std::min(numbers[i].toInt(), 10'000) : 0; };
        const int n = std::max(1, number(0));
        QString& line = m_screen.lines[static_cast<std::size_t>(m_screen.row)];
        switch (letter.unicode()) {
            case 'A':
                return moveTo(m_screen.row - n, m_screen.column);
            case 'B':
                return moveTo(m_screen.row + n, m_screen.column);
            case 'C':
                return moveTo(m_screen.row, m_screen.column + n);
            case 'D':
                return moveTo(m_screen.row, m_screen.column - n);
            case 'G':
                return moveTo(m_screen.row, n - 1);
            case 'H':
            case 'f':
                return moveTo(top() + n - 1, std::max(1, number(1)) - 1);
            case 'J':
                return eraseScreen(number(0));
            case 'K':
                if (number(0) == 0) line.truncate(m_screen.column);
                if (number(0) == 1) blank(line, m_screen.column + 1);
                if (number(0) == 2) line.clear();
                return;
            case 'P':
                line.remove(m_screen.column, n);
                return;
            case 'X':
                for (int i = m_screen.column; i < std::min<int>(m_screen.column + n, line.size()); ++i) line[i] = ' ';
                return;
            case '@':
                padded().insert(m_screen.column, QString(n, ' '));
                padded().truncate(m_columns);
                return;
            default:
                return;
        }
    }
    const Screen& screen() const { return m_screen; }

 private:
    int top() const { return std::max(0, static_cast<int>(m_screen.lines.size()) - m_rows); }
    QString& padded() {
        QString& line = m_screen.lines[static_cast<std::size_t>(m_screen.row)];
        while (line.size() < m_screen.column) line += ' ';
        return line;
    }
    static void blank(QString& line, int count) {
        for (int i = 0; i < std::min<int>(count, line.size()); ++i) line[i] = ' ';
    }
    void lineFeed() {
        if (++m_screen.row == static_cast<int>(m_screen.lines.size())) m_screen.lines.emplace_back();
    }
    void moveTo(int row, int column) {
        m_screen.row = std::clamp(row, top(), top() + m_rows - 1);
        m_screen.column = std::clamp(column, 0, m_columns - 1);
        while (m_screen.row >= static_cast<int>(m_screen.lines.size())) m_screen.lines.emplace_back();
    }
    void eraseScreen(int what) {
        const auto row = static_cast<std::size_t>(m_screen.row), first = static_cast<std::size_t>(top());
        if (what == 0) {
            m_screen.lines[row].truncate(m_screen.column);
            m_screen.lines.resize(row + 1);
            return;
        }
        for (std::size_t i = first; i < (what == 1 ? row : m_screen.lines.size()); ++i) m_screen.lines[i].clear();
        if (what == 1) blank(m_screen.lines[row], m_screen.column + 1);
    }

    int m_rows, m_columns;
    Screen m_screen;
};

}  // namespace

Screen screenOf(const QString& written, int rows, int columns) {
    Terminal terminal(rows, columns);
    const qsizetype size = written.size();
    for (qsizetype i = 0; i < size; ++i) {
        const QChar c = written[i];
        if (c.unicode() >= 32 && c.unicode() != 127) {
            terminal.character(c);
        } else if (c != QChar(0x1b)) {
            terminal.control(c);
        } else if (i + 1 < size && written[i + 1] == '[') {
            const qsizetype from = i + 2;
            i = from;
            while (i < size && !(written[i] >= '@' && written[i] <= '~')) ++i;
            const QString parameters = written.mid(from, i - from);
            if (i < size && !parameters.startsWith('?')) terminal.sequence(parameters, written[i]);
        } else if (i + 1 < size && written[i + 1] == ']') {  // a title: up to BEL or ESC backslash
            while (i < size && written[i] != QChar(7) && !(written[i] == '\\' && written[i - 1] == QChar(0x1b))) ++i;
        } else {
            ++i;
        }
    }
    return terminal.screen();
}

}  // namespace ringside
