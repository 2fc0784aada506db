// The radix tree from numbers to tasks of a PID namespace (Linux 6.1 lib/radix-tree.c, lib/idr.c,
// include/linux/xarray.h): nodes of 64 slots, each level taking six bits of the number. A node remembers in the tag
// IDR_FREE below which of its slots a number is still to be had, so that the next free one is found without looking at
// all.
//
// A slot holds a node (inner levels) or a task's id (where Linux has a struct pid *). Nodes are entries of `nodes`,
// linked by index + 1; freed ones are used again. Their addresses come from the slab.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;

inline constexpr u32 kIdrShift = 6, kIdrSlots = 64;  // XA_CHUNK_SHIFT, XA_CHUNK_SIZE
inline constexpr u32 kIdrNodeSize = 576;             // sizeof(struct xa_node)

struct IdrNode {
    u64 address = 0;  // of the struct xa_node; 0: this entry of `nodes` is not in use
    u8 shift = 0;     // bits of the number below this node's six
    u8 offset = 0;    // the slot in its parent
    u8 count = 0;     // slots in use
    u32 parent = 0;
    u64 free = ~u64{0};                  // tag IDR_FREE: below these slots a number is free
    std::array<u32, kIdrSlots> slots{};  // 0: empty
    bool operator==(const IdrNode&) const = default;
};

class Idr {
 public:
    TaskId find(i32 number) const;  // id 0: none
    bool contains(i32 number) const { return find(number) != TaskId{}; }
    bool empty() const { return m_root == 0; }
    i32 nextFree(i32 from) const;  // the lowest number ≥ from that is not taken; it may need another level
    std::vector<std::pair<i32, TaskId>> entries() const;

    // False: no memory for a node. `number` must be free.
    bool insert(Os& os, i32 number, TaskId task);
    void replace(i32 number, TaskId task);  // idr_replace
    void erase(Os& os, i32 number);

    u32 root() const { return m_root; }
    const IdrNode& node(u32 link) const { return m_nodes[link - 1]; }
    std::size_t nodeCount() const;
    bool operator==(const Idr&) const = default;

 private:
    IdrNode& edit(u32 link) { return m_nodes[link - 1]; }
    u32 newNode(Os& os, u8 shift);
    void freeNode(Os& os, u32 link);
    void markFree(u32 link, u32 slot, bool free);
    void shrink(Os& os);

    u32 m_root = 0;
    std::vector<IdrNode> m_nodes;
};

}  // namespace ringside
