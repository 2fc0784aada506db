#include "widgets/console/keys.h"

namespace ringside {

QByteArray keyBytes(const QKeyEvent& key) {
    const Qt::KeyboardModifiers with = key.modifiers() & ~Qt::KeypadModifier;
    if (with & (Qt::AltModifier | Qt::MetaModifier)) return {};
    if (with & Qt::ControlModifier) {
        if (with & Qt::ShiftModifier) return {};
        const int code = key.key();
        if ((code >= Qt::Key_A && code <= Qt::Key_Z) || (code >= Qt::Key_BracketLeft && code <= Qt::Key_Underscore))
            return QByteArray(1, static_cast<char>(code & 0x1f));
        return {};
    }
    switch (key.key()) {
        case Qt::Key_Return:
        case Qt::Key_Enter:
            return "\r";
        case Qt::Key_Backspace:
            return "\x7f";
        case Qt::Key_Escape:
            return "\033";
        case Qt::Key_Tab:
            return "\t";
        case Qt::Key_Up:
            return "\033[A";
        case Qt::Key_Down:
            return "\033[B";
        case Qt::Key_Right:
            return "\033[C";
        case Qt::Key_Left:
            return "\033[D";
        case Qt::Key_Home:
            return "\033[1~";
        case Qt::Key_Insert:
            return "\033[2~";
        case Qt::Key_Delete:
            return "\033[3~";
        case Qt::Key_End:
            return "\033[4~";
        case Qt::Key_PageUp:
            return "\033[5~";
        case Qt::Key_PageDown:
            return "\033[6~";
        default: {
            const QString text = key.text();
            return text.isEmpty() || !text[0].isPrint() ? QByteArray() : text.toUtf8();
        }
    }
}

KeyLine::KeyLine(QWidget* parent) : QLineEdit(parent) {
    connect(this, &QLineEdit::textEdited, this, [this](QString text) {
        clear();
        Q_EMIT pressed(text.replace('\n', '\r').toUtf8());
    });
}

bool KeyLine::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && !keyBytes(*static_cast<QKeyEvent*>(event)).isEmpty()) {
        event->accept();
        return true;
    }
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Tab) {
        keyPressEvent(static_cast<QKeyEvent*>(event));
        return true;
    }
    return QLineEdit::event(event);
}

void KeyLine::keyPressEvent(QKeyEvent* event) {
    if (event->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier) && event->key() == Qt::Key_V) return paste();
    const QByteArray bytes = keyBytes(*event);
    if (bytes.isEmpty()) return event->ignore();
    Q_EMIT pressed(bytes);
}

}  // namespace ringside
