// Memory for objects of one type that come and go by the thousand and are kept for long: frames of RAM. To touch a
// fresh page costs several times what copying one costs, so the slots lie in huge pages where the host has them, and
// are used again before fresh ones are. Any thread may take and give.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/types.h"

namespace ringside {

class SlotPool {
 public:
    explicit SlotPool(std::size_t slotBytes);
    SlotPool(const SlotPool&) = delete;
    SlotPool& operator=(const SlotPool&) = delete;
    ~SlotPool();  // all slots have been given back

    void* take();
    void give(void* slot);
    std::size_t arenaCount() const;

 private:
    static constexpr std::size_t kArenaBytes = std::size_t{2} << 20;  // and its alignment: finds the arena of a slot
    struct Arena {
        void* unused = nullptr;  // slots that were given back, each holding the address of the next
        u32 taken = 0;
        u32 fresh = 0;  // from here on no slot has ever been taken
        u32 place = 0;  // in m_open
    };
    void open(Arena* arena);
    void close(Arena* arena);

    const std::size_t m_slot;
    const u32 m_slotsPerArena;
    mutable std::mutex m_mutex;
    std::vector<Arena*> m_open;  // those with room; the last one is taken from
    std::size_t m_arenas = 0;
};

// For std::allocate_shared.
template <class T>
struct PoolAllocator {
    using value_type = T;
    PoolAllocator() = default;
    template <class U>
    PoolAllocator(const PoolAllocator<U>&) {}
#ifdef __SANITIZE_ADDRESS__  // sees more when each has memory of its own
    T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
    void deallocate(T* slot, std::size_t n) { std::allocator<T>().deallocate(slot, n); }
#else
    T* allocate(std::size_t) { return static_cast<T*>(pool().take()); }
    void deallocate(T* slot, std::size_t) { pool().give(slot); }
#endif
    friend bool operator==(const PoolAllocator&, const PoolAllocator&) { return true; }

 private:
    static SlotPool& pool() {
        static SlotPool& one = *new SlotPool(sizeof(T));  // outlives whatever static objects hold
        return one;
    }
};

}  // namespace ringside
