#include "core/kernel/proc/idr.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/kernel/mm/slab.h"
#include "core/kernel/os.h"

namespace ringside {
namespace {
u32 slotOf(u64 number, u8 shift) { return static_cast<u32>(number >> shift) & (kIdrSlots - 1); }
// shift_maxindex: the highest number a tree with such a root reaches
u64 reach(u8 shift) { return (u64{kIdrSlots} << shift) - 1; }
}  // namespace

TaskId Idr::find(i32 number) const {
    const u64 index = static_cast<u64>(number);
    if (number < 0 || m_root == 0 || index > reach(node(m_root).shift)) return {};
    for (u32 at = m_root;;) {
        const IdrNode& n = node(at);
        const u32 entry = n.slots[slotOf(index, n.shift)];
        if (entry == 0 || n.shift == 0) return TaskId{entry};
        at = entry;
    }
}

// idr_get_free, without making the nodes it goes through
i32 Idr::nextFree(i32 from) const {
    u64 index = static_cast<u64>(std::max(from, 0));
    while (m_root != 0 && index <= reach(node(m_root).shift)) {
        const IdrNode* n = &node(m_root);
        while (true) {
            const u32 slot = slotOf(index, n->shift);
            const u64 tags = n->free >> slot;
            if (tags == 0) {  // nothing free from here on in this node: the number after its last
                index = (index | reach(n->shift)) + 1;
                break;
            }
            if (const int skip = __builtin_ctzll(tags); skip > 0)
                index = ((index >> n->shift) + static_cast<u64>(skip)) << n->shift;
            const u32 entry = n->slots[slotOf(index, n->shift)];
            if (n->shift == 0 || entry == 0) return static_cast<i32>(index);
            n = &node(entry);
        }
    }
    return static_cast<i32>(index);
}

std::vector<std::pair<i32, TaskId>> Idr::entries() const {
    std::vector<std::pair<i32, TaskId>> out;
    const auto visit = [&](const auto& self, u32 link, u64 base) -> void {
        const IdrNode& n = node(link);
        for (u32 slot = 0; slot < kIdrSlots; ++slot) {
            if (n.slots[slot] == 0) continue;
            const u64 number = base | u64{slot} << n.shift;
            if (n.shift == 0)
                out.emplace_back(static_cast<i32>(number), TaskId{n.slots[slot]});
            else
                self(self, n.slots[slot], number);
        }
    };
    if (m_root != 0) visit(visit, m_root, 0);
    return out;
}

std::size_t Idr::nodeCount() const {
    return static_cast<std::size_t>(
        std::count_if(m_nodes.begin(), m_nodes.end(), [](const IdrNode& n) { return n.address != 0; }));
}

u32 Idr::newNode(Os& os, u8 shift) {
    const u64 address = slabAlloc(os, kIdrNodeSize);
    if (address == 0) return 0;
    const auto unused = std::find_if(m_nodes.begin(), m_nodes.end(), [](const IdrNode& n) { return n.address == 0; });
    const u32 link = static_cast<u32>(unused - m_nodes.begin()) + 1;
    if (unused == m_nodes.end()) m_nodes.emplace_back();
    edit(link) = IdrNode{};
    edit(link).address = address;
    edit(link).shift = shift;
    return link;
}

void Idr::freeNode(Os& os, u32 link) {
    slabFree(os, kIdrNodeSize, node(link).address);
    edit(link) = IdrNode{};
}

// The tag of a slot, and of the slots above it: set when anything below is free.
void Idr::markFree(u32 link, u32 slot, bool free) {
    while (link != 0) {
        IdrNode& n = edit(link);
        const bool before = n.free != 0;
        n.free = free ? n.free | u64{1} << slot : n.free & ~(u64{1} << slot);
        if (before == (n.free != 0)) return;
        slot = n.offset;
        link = n.parent;
    }
}

bool Idr::insert(Os& os, i32 number, TaskId task) {
    const u64 index = static_cast<u64>(number);
    CHECK(number >= 0 && task != TaskId{});
    // radix_tree_extend: grows at the root; an empty tree begins with as many levels as the number needs.
    u8 shift = 0;
    while (index > reach(shift)) shift = static_cast<u8>(shift + kIdrShift);
    if (m_root == 0 && (m_root = newNode(os, shift)) == 0) return false;
    while (index > reach(node(m_root).shift)) {
        const u32 above = newNode(os, static_cast<u8>(node(m_root).shift + kIdrShift));
        if (above == 0) return false;
        edit(above).slots[0] = m_root;
        edit(above).count = 1;
        edit(m_root).parent = above;
        if (node(m_root).free == 0) edit(above).free &= ~u64{1};
        m_root = above;
    }
    u32 at = m_root;
    while (node(at).shift > 0) {
        const u32 slot = slotOf(index, node(at).shift);
        u32 child = node(at).slots[slot];
        if (child == 0) {
            child = newNode(os, static_cast<u8>(node(at).shift - kIdrShift));
            if (child == 0) return false;
            edit(child).offset = static_cast<u8>(slot);
            edit(child).parent = at;
            edit(at).slots[slot] = child;
            ++edit(at).count;
        }
        at = child;
    }
    const u32 slot = slotOf(index, 0);
    CHECK(node(at).slots[slot] == 0);
    edit(at).slots[slot] = task.value;
    ++edit(at).count;
    markFree(at, slot, false);
    return true;
}

void Idr::replace(i32 number, TaskId task) {
    CHECK(contains(number));
    u32 at = m_root;
    while (node(at).shift > 0) at = node(at).slots[slotOf(static_cast<u64>(number), node(at).shift)];
    edit(at).slots[slotOf(static_cast<u64>(number), 0)] = task.value;
}

// __radix_tree_delete and delete_node
void Idr::erase(Os& os, i32 number) {
    if (!contains(number)) return;
    u32 at = m_root;
    while (node(at).shift > 0) at = node(at).slots[slotOf(static_cast<u64>(number), node(at).shift)];
    const u32 slot = slotOf(static_cast<u64>(number), 0);
    edit(at).slots[slot] = 0;
    --edit(at).count;
    markFree(at, slot, true);
    while (at != 0 && node(at).count == 0) {
        const u32 parent = node(at).parent;
        if (parent != 0) {
            edit(parent).slots[node(at).offset] = 0;
            --edit(parent).count;
        } else {
            m_root = 0;
        }
        freeNode(os, at);
        at = parent;
    }
    if (m_root != 0) shrink(os);
}

// radix_tree_shrink: a root that only leads to its first child is not needed; the last leaf of an idr stays.
void Idr::shrink(Os& os) {
    while (node(m_root).shift > 0 && node(m_root).count == 1 && node(m_root).slots[0] != 0) {
        const u32 child = node(m_root).slots[0];
        edit(child).parent = 0;
        freeNode(os, m_root);
        m_root = child;
    }
}

}  // namespace ringside
