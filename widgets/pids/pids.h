// From a number to a task: the radix tree (IDR) of a PID namespace with its nodes of 64 slots, the way of one number
// through it; the struct pid with one number for each level; and the namespaces as nested boxes.
#pragma once

#include <array>
#include <vector>

#include "widgets/canvas/view.h"

namespace ringside {

struct RadixNode {
    u64 address = 0;
    u32 shift = 0, offset = 0, count = 0, first = 0;  // first: the number of its slot 0
    int parent = -1;                                  // index; -1: the root
    std::array<i32, 64> slots{};  // leaves: global PID of the task; inner nodes: 1 + index of the child; 0 empty
    int taken = -1;               // the slot on the way of the looked-up number
    bool changed = false;
    bool operator==(const RadixNode&) const = default;
};

struct PidLevel {
    u32 ns = 0, level = 0;
    i32 nr = 0;
    u64 address = 0;  // of the struct upid
    bool operator==(const PidLevel&) const = default;
};

struct NamespaceMember {
    i32 pid = 0, nr = 0;  // global, and as it is called inside
    QString name;
    bool changed = false;
    bool operator==(const NamespaceMember&) const = default;
};

struct NamespaceBox {
    u32 id = 0, level = 0;
    i32 lastPid = 0;
    std::size_t all = 0;                   // tasks it can see: its own and those of the namespaces inside it
    std::vector<NamespaceMember> members;  // its own
    std::vector<NamespaceBox> inside;
    bool operator==(const NamespaceBox&) const = default;
};

struct PidsModel {
    bool loaded = false;
    u32 ns = 0, level = 0;    // whose tree it is
    i32 number = 0, pid = 0;  // looked up, and the task it leads to (global)
    QString name;
    std::vector<RadixNode> nodes;  // parents before children
    std::size_t leftOut = 0;       // leaves that are not drawn
    u64 pidAddress = 0;            // struct pid of the task
    std::vector<PidLevel> levels;
    std::vector<NamespaceBox> namespaces;
    bool operator==(const PidsModel&) const = default;
};

PidsModel buildPids(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const PidsModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const PidsModel& model);

}  // namespace ringside
