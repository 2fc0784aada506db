// Containers that are copied in microseconds: a copy shares every chunk, a write clones the chunk it touches.
//
// Each chunk carries the epoch of the container that created it; a container whose epoch differs clones before it
// writes. Copying gives *both* containers a fresh epoch, so no reference count is inspected and no lock is taken, and a
// copy may be read and dropped by another thread while the original runs on.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/types.h"

namespace ringside {

class Epoch {
 public:
    Epoch() : m_value(next()) {}
    Epoch(const Epoch& other) : m_value(next()) { other.m_value.store(next(), std::memory_order_relaxed); }
    Epoch& operator=(const Epoch& other) {
        m_value.store(next(), std::memory_order_relaxed);
        other.m_value.store(next(), std::memory_order_relaxed);
        return *this;
    }
    u64 value() const { return m_value.load(std::memory_order_relaxed); }

 private:
    static u64 next() {
        static std::atomic<u64> counter{1};
        return counter.fetch_add(1, std::memory_order_relaxed);
    }
    mutable std::atomic<u64> m_value;
};

// A fixed-size array of T in chunks of `kChunk` (about 8 KiB: cloning one is quick, and so is copying all the
// pointers); a missing chunk means that all its elements are T{}.
template <class T, std::size_t kChunk = std::bit_floor(8192 / sizeof(T))>
class CowArray {
 public:
    CowArray() = default;
    explicit CowArray(std::size_t size) : m_size(size), m_chunks((size + kChunk - 1) / kChunk) {}

    std::size_t size() const { return m_size; }
    void resize(std::size_t size) {
        CHECK(size >= m_size);
        m_size = size;
        m_chunks.resize((size + kChunk - 1) / kChunk);
    }

    const T& operator[](std::size_t i) const {
        static const T empty{};
        CHECK(i < m_size);
        const auto& chunk = m_chunks[i / kChunk];
        return chunk ? chunk->items[i % kChunk] : empty;
    }

    // The element, to be written: clones its chunk when that is shared.
    T& edit(std::size_t i) {
        CHECK(i < m_size);
        auto& chunk = m_chunks[i / kChunk];
        if (!chunk) {
            chunk = std::make_shared<Chunk>();
            chunk->epoch = m_epoch.value();
        } else if (chunk->epoch != m_epoch.value()) {
            chunk = std::make_shared<Chunk>(*chunk);
            chunk->epoch = m_epoch.value();
        }
        return chunk->items[i % kChunk];
    }

    friend bool operator==(const CowArray& a, const CowArray& b) {
        if (a.m_size != b.m_size) return false;
        for (std::size_t c = 0; c < a.m_chunks.size(); ++c) {
            if (a.m_chunks[c] == b.m_chunks[c]) continue;
            for (std::size_t i = c * kChunk; i < std::min(a.m_size, (c + 1) * kChunk); ++i)
                if (!(a[i] == b[i])) return false;
        }
        return true;
    }

 private:
    struct Chunk {
        std::array<T, kChunk> items{};
        u64 epoch = 0;
    };
    std::size_t m_size = 0;
    std::vector<std::shared_ptr<Chunk>> m_chunks;
    Epoch m_epoch;
};

// Objects by id, in id order. Iterating gives (id, object) pairs. Objects are shared with copies until edited; a
// reference from `at`, `find` or `edit` is good until the next `edit` of the same object or a change of the table.
// Ids grow, so what is new comes last; what goes is often among the oldest, so a gap is kept in front.
template <class Id, class T>
class CowTable {
 public:
    bool contains(Id id) const { return find(id) != nullptr; }
    std::size_t size() const { return m_slots.size() - static_cast<std::size_t>(m_gap); }
    bool empty() const { return size() == 0; }

    const T* find(Id id) const {
        auto it = lower(id);
        return it != m_slots.end() && it->first == id ? &it->second->object : nullptr;
    }
    const T& at(Id id) const {
        const T* object = find(id);
        CHECK(object != nullptr);
        return *object;
    }
    T& edit(Id id) {
        const auto it = place(id);
        CHECK(it != m_slots.end() && it->first == id);
        if (it->second->epoch != m_epoch.value())
            it->second = std::make_shared<Slot>(it->second->object, m_epoch.value());
        return it->second->object;
    }
    T& insert(Id id, T object) {
        auto it = place(id);
        CHECK(it == m_slots.end() || it->first != id);
        it = m_slots.emplace(it, id, std::make_shared<Slot>(std::move(object), m_epoch.value()));
        return it->second->object;
    }
    void erase(Id id) {
        const auto it = place(id), first = m_slots.begin() + m_gap;
        CHECK(it != m_slots.end() && it->first == id);
        if (it - first >= m_slots.end() - it) {
            m_slots.erase(it);
            return;
        }
        std::move_backward(first, it, it + 1);
        *first = {};
        if (++m_gap * 2 < std::ssize(m_slots)) return;
        m_slots.erase(m_slots.begin(), m_slots.begin() + m_gap);
        m_gap = 0;
    }

    class Iterator {
     public:
        explicit Iterator(const CowTable* table, std::size_t index) : m_table(table), m_index(index) {}
        std::pair<Id, const T&> operator*() const {
            const auto& slot = m_table->m_slots[m_index];
            return {slot.first, slot.second->object};
        }
        Iterator& operator++() {
            ++m_index;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return m_index != other.m_index; }

     private:
        const CowTable* m_table;
        std::size_t m_index;
    };
    Iterator begin() const { return Iterator(this, static_cast<std::size_t>(m_gap)); }
    Iterator end() const { return Iterator(this, m_slots.size()); }

    friend bool operator==(const CowTable& a, const CowTable& b) {
        const auto same = [](const auto& x, const auto& y) {
            return x.first == y.first && (x.second == y.second || x.second->object == y.second->object);
        };
        return std::equal(a.m_slots.begin() + a.m_gap, a.m_slots.end(), b.m_slots.begin() + b.m_gap, b.m_slots.end(),
                          same);
    }

 private:
    struct Slot {
        Slot(T o, u64 e) : object(std::move(o)), epoch(e) {}
        T object;
        u64 epoch;
    };
    using Slots = std::vector<std::pair<Id, std::shared_ptr<Slot>>>;
    static bool lessId(const std::pair<Id, std::shared_ptr<Slot>>& slot, Id id) { return slot.first < id; }
    typename Slots::const_iterator lower(Id id) const {
        return std::lower_bound(m_slots.begin() + m_gap, m_slots.end(), id, lessId);
    }
    typename Slots::iterator place(Id id) {
        return std::lower_bound(m_slots.begin() + m_gap, m_slots.end(), id, lessId);
    }

    Slots m_slots;
    std::ptrdiff_t m_gap = 0;  // slots at the front that are not in use
    Epoch m_epoch;
};

}  // namespace ringside
