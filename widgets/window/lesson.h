// A lesson: a sample and moments of its run, each with a few sentences about what is to be seen there. One small text
// file each in resources/lessons; the file's head and each step are `key: value` lines, an empty line, and prose:
//
//     title: What a page fault is                 head: title, about, sample (samples.h); its arguments, and the keys
//     that sample: demand                              are pressed at the terminal (core/devices/keys.h), if there are
//     any
//
//     go: fault:zero:1                            step: where in time (wayTo below),
//     perspective: memory                         which perspective and view, what is selected (as --set select=), how
//     view: fault                                 many micro-steps are done; what is left out stays as it was
//
//     The store found no page …
//
//     go: …
#pragma once

#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/session/find_moment.h"

namespace ringside {

struct LessonStep {
    QString go, perspective, view, select;
    int micro = 0;
    QString text;
};

struct Lesson {
    QString id;  // the file's name
    QString title, about, sample;
    QStringList arguments;
    std::string typed;
    std::vector<LessonStep> steps;
};

Expected<Lesson> parseLesson(const QString& id, const QString& text);
const std::vector<Lesson>& lessons();  // all of them, in order of their ids
const Lesson* findLesson(const QString& id);

// What `go:` means for this program file: "function:main, fork, cow-copy:2 +3" is the second copy after the first fork
// after main was reached, and three ticks on. Functions are found by the file's symbols.
struct LessonWay {
    std::vector<MomentWanted> moments;
    Tick more = 0;
};
Expected<LessonWay> wayTo(const QString& go, const QString& program);

}  // namespace ringside
