// Words and signs for tasks that several views share.
#pragma once

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/scene.h"

namespace ringside {

QString policyText(const Task& task);
QString flagsText(u32 flags);            // PF_KTHREAD | PF_FORKNOEXEC
QString signalSetText(SigSet set);       // "SIGINT SIGTERM", "none"
QString taskWaitText(const Task& task);  // what would wake it; empty when it does not sleep
QString msText(u64 ns);                  // "12.345 ms"
QString cloneFlagsText(u64 flags);       // CLONE_VM | CLONE_FS | … | SIGCHLD
bool isKernelThread(const Task& task);
QString nameInBrackets(const Task& task);  // [kthreadd] as ps prints kernel threads
QColor stateColor(const Theme& theme, char letter);
Subject subjectOf(const Task* task);

// A task as a small box: shape, name and PID; it travels when the next picture has it elsewhere.
double chipWidth(const Style& style, const QString& name);
double chipHeight(const Style& style);
void paintChip(Scene& scene, QPointF topLeft, double width, i32 pid, const QString& name, bool selected = false,
               bool changed = false);

}  // namespace ringside
