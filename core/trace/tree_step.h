// The scheduler's red-black tree after one step of an insertion or removal, as the machine had it: what the view plays
// one by one. Made only for whoever wants kernel calls as well (Trace::calls).
#pragma once

#include <string>
#include <vector>

#include "core/base/types.h"

namespace ringside {

struct TreeNode {
    i32 pid = 0;
    u64 vruntime = 0;
    i32 parent = 0, left = 0, right = 0;  // PIDs; 0: none
    bool red = false;
    bool operator==(const TreeNode&) const = default;
};

struct TreeStep {
    // Whole: the tree before the operation began. Rotations and recolourings that belong together are one step, since
    // between them the links do not agree.
    enum class What : u8 { Whole, Insert, Erase, Recolour, Rotate };
    What what = What::Whole;
    i32 pid = 0;  // who is inserted or removed
    struct Rotation {
        i32 pid = 0;
        bool right = false;
        bool operator==(const Rotation&) const = default;
    };
    std::vector<Rotation> rotations;
    std::vector<i32> reddened, blackened;
    i32 root = 0, leftmost = 0;
    std::vector<TreeNode> nodes;  // in order of vruntime
    bool operator==(const TreeStep&) const = default;
};

}  // namespace ringside
