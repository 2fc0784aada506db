// Small questions that many views ask a machine: who is this task, what is this page used for, how is an entry spelled.
#pragma once

#include <QString>
#include <optional>

#include "core/kernel/proc/wait_queue.h"
#include "core/machine/machine.h"
#include "widgets/canvas/view.h"

namespace ringside {

QString hex(u64 value);  // 0x401000
QString hexDigits(u64 value, int digits);
QString sizeText(u64 bytes);         // "4 KiB", "2 MiB"
QString countText(u64 n);            // 12,345
QString taskText(const Task& task);  // "fork_cow 2"

// The task a view is about: the selected one, else the current one (else the first that has memory).
const Task* taskOf(const Machine& machine, const Subject& selection);
const Task* taskByPid(const Machine& machine, i32 pid);  // global PID
const Task* taskOfMm(const Machine& machine, MmId mm);   // the group leader that uses it
PagingMode pagingOf(const Machine& machine, const Task& task);

// The latest event at or before now of one of the kinds in `mask` (RunUntil::bit).
std::optional<Event> lastEvent(const Snapshot& snapshot, u64 mask);

QString nameOf(PageUse use);
QString labelOf(EventKind kind);    // "Page fault"
QString areaName(const Vma& area);  // "[heap]", "/bin/ls text" …
struct AreaKind {
    QString name;  // what the textbooks call it: text, data, bss, heap, stack …
    Role color;
};
AreaKind kindOf(const Mm& mm, const Vma& area);
QString rightsText(const Vma& area);          // "r-xp"
QString entryBits(u64 entry, int level);      // "P RW US A D NX"
QString entrySentence(u64 entry, int level);  // what the bits mean
QString levelName(int level);                 // PML4, PDPT, PD, PT
QString systemCallName(u64 number);
QString nameOfSignal(int signal);
QString stateText(const Task& task);  // "R running", "Z zombie"
char stateLetter(const Task& task);
QString waitText(WaitKind kind);  // what a task asleep on such a queue waits for

}  // namespace ringside
