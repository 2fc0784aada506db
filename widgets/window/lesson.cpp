#include "widgets/window/lesson.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QHash>

#include "core/devices/keys.h"
#include "core/elf/symbols.h"
#include "widgets/canvas/style.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

// Lines `key: value` from `at` on, up to the first that is none.
QHash<QString, QString> fieldsAt(const QStringList& lines, qsizetype& at) {
    QHash<QString, QString> fields;
    for (; at < lines.size(); ++at) {
        const qsizetype colon = lines[at].indexOf(": ");
        const QString key = lines[at].left(colon);
        if (colon <= 0 || key.contains(' ')) break;
        fields[key] = lines[at].mid(colon + 2).trimmed();
    }
    return fields;
}

}  // namespace

Expected<Lesson> parseLesson(const QString& id, const QString& text) {
    Lesson lesson;
    lesson.id = id;
    const QStringList lines = text.split('\n');
    qsizetype at = 0;
    auto skipBlanks = [&] {
        while (at < lines.size() && lines[at].trimmed().isEmpty()) ++at;
    };
    auto wrong = [&](const QString& what) {
        return fail(QStringLiteral("lesson %1, line %2: %3").arg(id).arg(at + 1).arg(what).toStdString());
    };
    QHash<QString, QString> head = fieldsAt(lines, at);
    lesson.title = head.take("title");
    lesson.about = head.take("about");
    lesson.sample = head.take("sample");
    lesson.arguments = head.take("arguments").split(' ', Qt::SkipEmptyParts);
    auto typed = keysFromText(head.take("typed").toStdString());
    if (!typed) return wrong("typed is " + QString::fromStdString(typed.error().sentence));
    lesson.typed = *typed;
    if (!head.isEmpty()) return wrong("unknown " + head.keys().first());
    if (lesson.title.isEmpty() || lesson.sample.isEmpty()) return wrong("a lesson needs a title and a sample");
    for (skipBlanks(); at < lines.size(); skipBlanks()) {
        QHash<QString, QString> fields = fieldsAt(lines, at);
        LessonStep step{fields.take("go"),     fields.take("perspective"),   fields.take("view"),
                        fields.take("select"), fields.take("micro").toInt(), {}};
        if (!fields.isEmpty()) return wrong("unknown " + fields.keys().first());
        if (step.go.isEmpty()) return wrong("a step begins with go:");
        QStringList paragraph;
        for (skipBlanks(); at < lines.size() && !lines[at].startsWith("go: "); ++at)
            if (!lines[at].trimmed().isEmpty()) paragraph << lines[at].trimmed();
        step.text = paragraph.join(' ');
        if (step.text.isEmpty()) return wrong("a step says something");
        lesson.steps.push_back(std::move(step));
    }
    if (lesson.steps.empty()) return wrong("a lesson has steps");
    return lesson;
}

const std::vector<Lesson>& lessons() {
    static const std::vector<Lesson> all = [] {
        loadResources();
        std::vector<Lesson> found;
        for (const QFileInfo& info : QDir(":/lessons").entryInfoList({"*.txt"}, QDir::Files, QDir::Name)) {
            QFile file(info.filePath());
            if (!file.open(QIODevice::ReadOnly)) continue;
            if (auto lesson = parseLesson(info.completeBaseName(), QString::fromUtf8(file.readAll())))
                found.push_back(std::move(*lesson));
        }
        return found;
    }();
    return all;
}

const Lesson* findLesson(const QString& id) {
    for (const Lesson& lesson : lessons())
        if (lesson.id == id) return &lesson;
    return nullptr;
}

Expected<LessonWay> wayTo(const QString& go, const QString& program) {
    LessonWay way;
    const QString places = go.section('+', 0, 0);
    way.more = go.section('+', 1).toULongLong();
    for (const QString& part : places.split(',', Qt::SkipEmptyParts)) {
        QString place = part.trimmed();
        if (place.startsWith("function:")) {
            const QString name = place.section(':', 1, 1), count = place.section(':', 2);
            QFile file(program);
            if (!file.open(QIODevice::ReadOnly)) return fail((program + ": " + file.errorString()).toStdString());
            const QByteArray bytes = file.readAll();
            auto elf =
                elf::readElf({reinterpret_cast<const u8*>(bytes.data()), static_cast<std::size_t>(bytes.size())});
            if (!elf) return std::unexpected(elf.error());
            auto address = elf::SymbolTable(*elf).addressOf(name.toStdString());
            if (!address) return fail(Words::tr("%1 has no function %2").arg(program, name).toStdString());
            place = QStringLiteral("address:0x%1%2").arg(*address, 0, 16).arg(count.isEmpty() ? count : ":" + count);
        }
        auto wanted = parseMoment(place.toStdString());
        if (!wanted) return std::unexpected(wanted.error());
        way.moments.push_back(std::move(*wanted));
    }
    return way;
}

}  // namespace ringside
