// Kernel path: the nested kernel functions of the last step, or of the selected event in it, with the cycles that each
// cost and a sentence on what it is for. The functions are those the kernel model really called (KernelCall scopes),
// with Linux 6.1's names.
#pragma once

#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct KernelPathRow {
    int depth = 0;
    QString name;  // of a function, or of an event between the functions
    QString what;  // one sentence
    bool event = false;
    Role role = Role::Kernel;
    u64 cycles = 0;
    u64 tick = 0;
    bool operator==(const KernelPathRow&) const = default;
};

struct KernelPathModel {
    bool loaded = false;
    QString title;
    std::vector<KernelPathRow> rows;
    u64 cycles = 0;
    Tick elsewhere = 0;  // of the selected event, when it is not in the last step: one must go there
    bool operator==(const KernelPathModel&) const = default;
};

KernelPathModel buildKernelPath(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const KernelPathModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const KernelPathModel& model);

// What a kernel function is for, in a sentence; empty when it is not among the explained ones.
QString kernelFunctionSentence(const QString& name);

}  // namespace ringside
