#include "widgets/canvas/twin.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

void write(QString& out, const TextTwin& twin, int depth, qsizetype column) {
    QString line(depth * 2, ' ');
    line += twin.label;
    if (!twin.value.isEmpty()) {
        if (!twin.label.isEmpty()) line += QString(std::max<qsizetype>(2, column - twin.label.size() + 2), ' ');
        line += twin.value;
    }
    if (twin.changed) line += "  *";
    while (line.endsWith(' ')) line.chop(1);
    out += line + '\n';
    // A column wide enough for the siblings, but one long label shall not push all values away.
    qsizetype width = 0;
    for (const TextTwin& child : twin.children)
        if (!child.value.isEmpty()) width = std::max(width, std::min<qsizetype>(child.label.size(), 32));
    for (const TextTwin& child : twin.children) write(out, child, depth + 1, width);
}

QJsonObject object(const TextTwin& twin) {
    QJsonObject o{{"label", twin.label}};
    if (!twin.value.isEmpty()) o["value"] = twin.value;
    if (twin.changed) o["changed"] = true;
    if (!twin.children.empty()) {
        QJsonArray children;
        for (const TextTwin& child : twin.children) children.append(object(child));
        o["children"] = children;
    }
    return o;
}

}  // namespace

QString toText(const TextTwin& twin) {
    QString out;
    write(out, twin, 0, 0);
    return out;
}

QString toJson(const TextTwin& twin) { return QString::fromUtf8(QJsonDocument(object(twin)).toJson()); }

QString describe(const Subject& s) {
    auto hex = [](u64 v) { return "0x" + QString::number(v, 16); };
    switch (s.kind) {
        case SubjectKind::None:
            return Words::tr("nothing");
        case SubjectKind::Address:
            return Words::tr("address %1").arg(hex(s.value));
        case SubjectKind::Frame:
            return Words::tr("frame %1").arg(hex(s.value));
        case SubjectKind::Pte:
            return Words::tr("page-table entry at %1").arg(hex(s.value));
        case SubjectKind::Vma:
            return Words::tr("area at %1 of task %2").arg(hex(s.value)).arg(s.pid);
        case SubjectKind::Task:
            return Words::tr("task %1").arg(s.pid);
        case SubjectKind::Event:
            return Words::tr("event at tick %1").arg(s.value);
        case SubjectKind::FileOffset:
            return Words::tr("offset %1 of %2").arg(hex(s.value), s.text);
        case SubjectKind::Register:
            return Words::tr("register %1").arg(s.text);
        case SubjectKind::Syscall:
            return Words::tr("system call %1").arg(s.value);
        case SubjectKind::Function:
            return Words::tr("kernel function %1").arg(s.text);
        case SubjectKind::Instruction:
            return Words::tr("instruction at %1").arg(hex(s.value));
        case SubjectKind::Other:
            return s.text;
    }
    return {};
}

}  // namespace ringside
