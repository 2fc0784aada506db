// The text twin of a picture: the same content as a tree of labels and values. Accessible, walkable by keyboard, "copy
// as text", `ringside show … -o x.txt` and `-o x.json`.
#pragma once

#include <QString>
#include <vector>

#include "widgets/canvas/subject.h"

namespace ringside {

struct TextTwin {
    QString label;
    QString value;
    bool changed = false;
    Subject subject;
    std::vector<TextTwin> children;

    TextTwin() = default;
    explicit TextTwin(QString l, QString v = {}, bool c = false, Subject s = {})
        : label(std::move(l)), value(std::move(v)), changed(c), subject(std::move(s)) {}
    // Adds a child and returns it, good until the next one is added.
    TextTwin& add(QString l, QString v = {}, bool c = false, Subject s = {}) {
        return children.emplace_back(std::move(l), std::move(v), c, std::move(s));
    }
    friend bool operator==(const TextTwin&, const TextTwin&) = default;
};

QString toText(const TextTwin& twin);  // indented lines; values of siblings in one column; "*" marks what changed
QString toJson(const TextTwin& twin);

}  // namespace ringside
