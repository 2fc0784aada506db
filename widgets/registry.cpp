// Every view is one row here.
#include "widgets/canvas/view.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

// Order within an area is the order of the docks.
const std::vector<ViewRow> kRows{};

}  // namespace

std::span<const ViewRow> viewRows() { return kRows; }

const ViewRow* findView(const QString& id) {
    for (const ViewRow& row : viewRows())
        if (id == row.id) return &row;
    return nullptr;
}

QString titleOf(Perspective p) {
    switch (p) {
        case Perspective::FetchExecute:
            return Words::tr("Fetch-Execute");
        case Perspective::Memory:
            return Words::tr("Memory");
        case Perspective::ForkCow:
            return Words::tr("Fork && COW");
        case Perspective::Scheduler:
            return Words::tr("Scheduler");
        case Perspective::Processes:
            return Words::tr("Processes");
        case Perspective::Syscalls:
            return Words::tr("System Calls");
        case Perspective::Elf:
            return Words::tr("ELF");
        case Perspective::Exec:
            return Words::tr("Exec");
        case Perspective::Boot:
            return Words::tr("Boot");
        case Perspective::Everything:
            return Words::tr("Everything");
        case Perspective::kCount:
            break;
    }
    return {};
}

QString idOf(Perspective p) {
    static constexpr const char* kIds[] = {"fetch-execute", "memory", "fork-cow", "scheduler", "processes",
                                           "syscalls",      "elf",    "exec",     "boot",      "everything"};
    static_assert(std::size(kIds) == static_cast<std::size_t>(Perspective::kCount));
    return kIds[static_cast<std::size_t>(p)];
}

}  // namespace ringside
