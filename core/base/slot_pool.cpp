#include "core/base/slot_pool.h"

#include <new>
#include <sys/mman.h>

#include "core/base/check.h"

namespace ringside {
namespace {

constexpr std::size_t kAlignment = 64;  // of arena headers and slots

// Of this size, aligned to it.
void* mapArena(std::size_t bytes) {
    void* area = mmap(nullptr, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED) throw std::bad_alloc();
    auto* begin = static_cast<std::byte*>(area);
    const std::size_t head = (bytes - reinterpret_cast<std::uintptr_t>(begin) % bytes) % bytes;
    if (head) munmap(begin, head);
    munmap(begin + head + bytes, bytes - head);
    madvise(begin + head, bytes, MADV_HUGEPAGE);  // only a wish
    return begin + head;
}

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

SlotPool::SlotPool(std::size_t slotBytes)
    : m_slot(aligned(slotBytes)), m_slotsPerArena(static_cast<u32>((kArenaBytes - aligned(sizeof(Arena))) / m_slot)) {
    CHECK(m_slotsPerArena > 0);
}

SlotPool::~SlotPool() {
    for (Arena* arena : m_open) munmap(arena, kArenaBytes);
}

std::size_t SlotPool::arenaCount() const {
    std::lock_guard lock(m_mutex);
    return m_arenas;
}

void SlotPool::open(Arena* arena) {
    arena->place = static_cast<u32>(m_open.size());
    m_open.push_back(arena);
}

void SlotPool::close(Arena* arena) {
    m_open[arena->place] = m_open.back();
    m_open[arena->place]->place = arena->place;
    m_open.pop_back();
}

void* SlotPool::take() {
    std::lock_guard lock(m_mutex);
    if (m_open.empty()) {
        open(new (mapArena(kArenaBytes)) Arena);
        ++m_arenas;
    }
    Arena* arena = m_open.back();
    void* slot = arena->unused;
    if (slot)
        arena->unused = *static_cast<void**>(slot);
    else
        slot = reinterpret_cast<std::byte*>(arena) + aligned(sizeof(Arena)) + m_slot * arena->fresh++;
    if (++arena->taken == m_slotsPerArena) close(arena);
    return slot;
}

void SlotPool::give(void* slot) {
    Arena* arena = reinterpret_cast<Arena*>(reinterpret_cast<std::uintptr_t>(slot) & ~(kArenaBytes - 1));
    std::lock_guard lock(m_mutex);
    *static_cast<void**>(slot) = arena->unused;
    arena->unused = slot;
    if (arena->taken-- == m_slotsPerArena) open(arena);
    // One is kept, for who comes and goes.
    if (arena->taken == 0 && m_open.size() > 1) {
        close(arena);
        --m_arenas;
        munmap(arena, kArenaBytes);
    }
}

}  // namespace ringside
