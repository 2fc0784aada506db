// Fork & copy-on-write: the writable pages of related processes on both sides of one RAM. A frame joined to two
// processes is shared; a write splits it. Pages of files that nobody writes are summed up in one row an area.
//
// What is shown is read from the page tables in RAM and the kernel's frame counts; the sentence is the last fork, copy
// or reuse that the run made.
#pragma once

#include <array>
#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct CowPage {
    u64 address = 0;
    u32 frame = 0;
    bool present = false, writable = false;  // of the entry
    bool mayWrite = false;                   // of the area: read-only entry + this = copy-on-write
    bool changed = false;
    QString area;
    Role role = Role::Data;
    bool operator==(const CowPage&) const = default;
};

struct CowProcess {
    i32 pid = 0, parent = 0;
    QString name;
    std::vector<CowPage> pages;  // of writable private areas, by address; of very many only the telling ones
    u64 resident = 0;            // all of them
    u64 filePages = 0;           // resident pages of read-only and shared areas
    QString fileAreas;
    bool current = false;
    bool operator==(const CowProcess&) const = default;
};

struct CowFrame {
    u32 frame = 0;
    u32 mapcount = 0;
    std::vector<i32> pids;  // of the processes shown that map it
    bool fresh = false;     // was free before the last step
    bool zero = false;      // the zero page, which everybody maps and nobody counts
    QString content;        // its first non-zero bytes
    u32 copyOf = 0;         // the last step made it of that frame
    bool operator==(const CowFrame&) const = default;
};

// One line of the story since the first fork.
struct CowStep {
    enum class Kind : u8 { Fork, Copy, Reuse, Exit } kind = Kind::Fork;
    Tick tick = 0;
    i32 pid = 0;
    u64 address = 0;  // that was written to
    QString text;     // what happened
    QString where;    // the line or function that wrote
    bool reached = false;
    bool operator==(const CowStep&) const = default;
};

struct ForkCowModel {
    bool loaded = false;
    std::vector<CowProcess> processes;
    std::vector<CowFrame> frames;  // in the order of the addresses that use them; copies next to their origin
    u64 shared = 0, single = 0;    // frames of `frames` with several / one user
    u64 copies = 0, reuses = 0, forks = 0;
    u64 fileCopies = 0;          // private copies of pages of files: no fork was needed for these
    u64 savedBytes = 0;          // what a full copy of everything shared would cost in addition
    std::vector<CowStep> story;  // around now, in order; what is still to come is known when the run has been there
    QString caption;
    Tick last = 0;      // when the last fork, copy or reuse happened; 0: never
    u64 highlight = 0;  // address of the last copy or reuse
    u32 origin = 0;     // frame that the last copy was made of; 0: the last was no copy
    bool operator==(const ForkCowModel&) const = default;
};

QString relationOf(const CowProcess& process);  // "child of 1, running"
// Name, value and what it counts.
std::vector<std::array<QString, 3>> cowTotals(const ForkCowModel& model);
std::vector<CowStep> cowStory(const Snapshot& snapshot, const ViewOptions& options);
ForkCowModel buildForkCow(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const ForkCowModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const ForkCowModel& model);

}  // namespace ringside
