// What happened since the first fork, in order: who forked, whose write made a copy and which line of the program it
// was, who could reuse a page because nobody else had it any more.
#include <algorithm>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/fork_cow/fork_cow.h"

namespace ringside {
namespace {

using enum EventKind;
constexpr std::size_t kBehind = 60, kAhead = 20;  // steps of the story
constexpr std::size_t kScan = 4000;               // events looked through for them, in each direction
constexpr u64 kTold = RunUntil::bit(Fork) | RunUntil::bit(CowCopy) | RunUntil::bit(CowReuse) | RunUntil::bit(Exit);

struct Teller {
    const Snapshot& snapshot;
    Symbols* symbols;
    std::map<i32, i32> parents = {};  // of those that still run the program they were forked with
    bool firstProgram = true;         // process 1 still runs what was named first

    const Mm* mmOf(i32 pid) const {
        for (int i = 0; i < 64 && pid != 0; ++i) {
            const Task* task = taskByPid(*snapshot.now, pid);
            if (task && task->mm.value != 0) return snapshot.now->kernel.mms.find(task->mm);
            auto parent = parents.find(pid);
            pid = parent == parents.end() ? 0 : parent->second;
        }
        return nullptr;
    }

    // The address space of a task, of whom it was forked from when it has ended, or that of the first program.
    MmId spaceOf(i32 pid) const {
        if (const Mm* mm = mmOf(pid)) return mm->id;
        for (int i = 0; i < 64 && parents.contains(pid); ++i) pid = parents.at(pid);
        return pid == 1 && firstProgram && !snapshot.now->kernel.options.hasInit() ? Symbols::kGone : MmId{};
    }

    QString lineAt(u64 rip, MmId mm) const {
        const Machine& machine = *snapshot.now;
        if (const auto place = symbols->line(machine, rip, mm)) {
            const QString file = qs(place->file).section(QLatin1Char('/'), -1);
            const auto source = symbols->source(machine, place->file);
            const QString text = source && place->line > 0 && place->line <= source->size()
                                     ? qs((*source)[place->line - 1]).section(QStringLiteral("//"), 0, 0).trimmed()
                                     : QString();
            return QStringLiteral("%1:%2  %3").arg(file).arg(place->line).arg(text).trimmed();
        }
        return qs(symbols->text(machine, rip, mm));
    }

    CowStep tell(std::size_t at) const {
        const Event& e = snapshot.events[at];
        CowStep step;
        step.tick = e.tick;
        step.pid = e.pid;
        step.reached = e.tick <= snapshot.now->cpu.tick;
        if (e.kind == Fork) {
            step.kind = CowStep::Kind::Fork;
            step.text = Words::tr("PID %1 forks PID %2: from now on they share every frame").arg(e.pid).arg(e.args[0]);
            return step;
        }
        if (e.kind == Exit) {
            step.kind = CowStep::Kind::Exit;
            step.text = Words::tr("PID %1 ends: its frames have one user less").arg(e.pid);
            return step;
        }
        step.address = e.args[0];
        // The fault that led here knows the very byte and the instruction.
        const Mm* mm = mmOf(e.pid);
        for (std::size_t i = at; i-- > 0 && at - i < 8;)
            if (snapshot.events[i].kind == PageFault && snapshot.events[i].pid == e.pid) {
                step.address = snapshot.events[i].args[0];
                const u64 rip = snapshot.events[i].args[2];
                if (rip == 0)
                    step.where = Words::tr("the kernel, on its behalf");
                else if (const MmId space = spaceOf(e.pid); symbols && space != MmId{})
                    step.where = lineAt(rip, space);
                break;
            }
        const Vma* area = mm ? mm->find(step.address) : nullptr;
        const QString place =
            (hex(step.address) + QLatin1Char(' ') + (area ? kindOf(*mm, *area).name : QString())).trimmed();
        if (e.kind == CowCopy) {
            step.kind = CowStep::Kind::Copy;
            step.text = Words::tr("PID %1 writes to %2: copied, frame %3 to %4")
                            .arg(e.pid)
                            .arg(place)
                            .arg(e.args[1])
                            .arg(e.args[2]);
        } else {
            step.kind = CowStep::Kind::Reuse;
            step.text = Words::tr("PID %1 writes to %2: reused, frame %3 has no other user")
                            .arg(e.pid)
                            .arg(place)
                            .arg(e.args[1]);
        }
        return step;
    }
};

bool isTold(const Event& e) {
    return kTold >> static_cast<unsigned>(e.kind) & 1 && !(e.kind == CowCopy && !e.text.empty());
}

}  // namespace

std::vector<CowStep> cowStory(const Snapshot& snapshot, const ViewOptions& options) {
    const EventLog& events = snapshot.events;
    const std::size_t here = events.firstAfter(snapshot.now->cpu.tick);
    std::vector<std::size_t> found;
    for (std::size_t i = here; i-- > 0 && found.size() < kBehind && here - i < kScan;)
        if (isTold(events[i])) found.push_back(i);
    std::reverse(found.begin(), found.end());
    const std::size_t behind = found.size();
    for (std::size_t i = here; i < std::min(events.size(), here + kScan) && found.size() < behind + kAhead; ++i)
        if (isTold(events[i])) found.push_back(i);
    // The story begins with a fork.
    const auto first = std::find_if(found.begin(), found.end(), [&](std::size_t i) { return events[i].kind == Fork; });
    found.erase(found.begin(), first);
    Teller teller{snapshot, options.symbols.get()};
    for (std::size_t i = found.empty() ? 0 : found.front(); !found.empty() && i <= found.back(); ++i) {
        if (events[i].kind == Fork) teller.parents[static_cast<i32>(events[i].args[0])] = events[i].pid;
        if (events[i].kind == Exec && events[i].pid == 1) teller.firstProgram = false;
        if (events[i].kind == Exec)
            std::erase_if(teller.parents,
                          [&](const auto& p) { return p.first == events[i].pid || p.second == events[i].pid; });
    }
    std::vector<CowStep> story;
    for (std::size_t i : found) story.push_back(teller.tell(i));
    return story;
}

}  // namespace ringside
