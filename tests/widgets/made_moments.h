// Moments of programs made of bytes, and what a view says there as it can be recorded.
#pragma once

#include <QRegularExpression>
#include <map>
#include <memory>

#include "core/session/moment.h"
#include "core/timeline/timeline.h"

namespace ringside {

inline Timeline runOf(const Machine& start) {
    Machine machine = start;
    machine.closeInput();
    return Timeline(std::move(machine));
}

inline void runTo(Timeline& timeline, u64 events) {
    RunUntil until;
    until.events = events;
    while (timeline.run(until) == MachineStop::TickLimit) continue;
}

// What the screen would get here; the last step is the last tick.
inline std::shared_ptr<const Moment> momentOf(const Timeline& timeline) {
    auto moment = std::make_shared<Moment>();
    const Tick tick = timeline.tick(), before = tick > 0 ? tick - 1 : 0;
    moment->now = std::make_shared<const Machine>(timeline.now());
    moment->before = std::make_shared<const Machine>(timeline.machineAt(before));
    moment->events = timeline.events();
    moment->recent = timeline.detail(before, tick).events;
    moment->frontier = timeline.frontier();
    return moment;
}

inline std::shared_ptr<const Moment> at(const Machine& start, EventKind kind, int nth) {
    Timeline timeline = runOf(start);
    for (int i = 0; i < nth; ++i) runTo(timeline, RunUntil::bit(kind));
    return momentOf(timeline);
}

// Frame numbers and physical addresses depend on how large the kernel image is: they are renamed in order of
// appearance. Where something lies on the stack depends on how long the auxiliary vector is, which is left out.
inline QString normalised(QString text) {
    static const QRegularExpression kVector(QStringLiteral("^.* AT_[A-Z0-9_]+ = .*\\n"),
                                            QRegularExpression::MultilineOption),
        kStack(QStringLiteral("0x7fffffff[0-9a-f]{4}\\b")), kOffset(QStringLiteral("\\+[0-9a-f]{3}: "));
    text.remove(kVector).replace(kStack, QStringLiteral("STACK")).replace(kOffset, QStringLiteral("+"));
    static const QRegularExpression kPhysical(
        QStringLiteral("\\b(?:frames? (\\d+)|to (\\d+)\\b|keep (\\d+)|[0-9a-f]{4}0000([0-9a-f]{5})([0-9a-f]{3})\\b)"));
    QString out;
    std::map<QString, QString> names;
    auto nameFor = [&](const QString& number) {
        auto [it, fresh] = names.try_emplace(number, QStringLiteral("F%1").arg(names.size() + 1));
        return it->second;
    };
    qsizetype from = 0;
    for (auto it = kPhysical.globalMatch(text); it.hasNext();) {
        const auto match = it.next();
        for (int group = 1; group <= 4; ++group) {
            if (match.capturedStart(group) < 0) continue;
            const QString number =
                group == 4 ? QString::number(match.captured(4).toULongLong(nullptr, 16)) : match.captured(group);
            out += text.mid(from, match.capturedStart(group) - from) + nameFor(number);
            from = match.capturedEnd(group);
        }
    }
    return out + text.mid(from);
}

}  // namespace ringside
