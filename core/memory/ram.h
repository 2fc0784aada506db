// The simulated computer's RAM: 4 KiB frames, copy-on-write between copies of the machine. A frame that was never
// written is all zero and costs nothing. All reads and writes are physical and little-endian.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/base/cow.h"
#include "core/base/page_marks.h"
#include "core/base/types.h"

namespace ringside {

class Ram {
 public:
    // `bytes` is a multiple of 2 MiB.
    explicit Ram(u64 bytes);

    u64 size() const { return u64{m_frameCount} << kPageShift; }
    u32 frameCount() const { return m_frameCount; }
    bool contains(PhysAddr a, u64 length) const { return a.value <= size() && length <= size() - a.value; }

    // The 4096 bytes of a frame. The pointer is good until the frame is next written or the Ram copied or destroyed.
    const u8* frame(FrameNo f) const {
        const Frame* found = find(f);
        return found ? found->bytes.data() : kZeroFrame.data();
    }
    // The same, to be written at [offset, offset + length): clones what is shared with a copy. Good until the next copy
    // of this Ram.
    u8* writableFrame(FrameNo f, u64 offset = 0, u64 length = kPageSize);
    // Makes the frame all zero and gives its host memory back.
    void clearFrame(FrameNo f);
    // True when the frame was never written since it was last cleared (it then costs no host memory).
    bool isUntouched(FrameNo f) const;

    // May cross frames. The range must be inside RAM.
    void read(PhysAddr a, std::span<u8> out) const;
    void write(PhysAddr a, std::span<const u8> in);
    template <class T>
    T load(PhysAddr a) const {
        T value;
        if (pageOffset(a.value) + sizeof value <= kPageSize) [[likely]] {
            CHECK(contains(a, sizeof value));
            std::memcpy(&value, frame(frameOf(a)) + pageOffset(a.value), sizeof value);
        } else {
            read(a, {reinterpret_cast<u8*>(&value), sizeof value});
        }
        return value;
    }
    template <class T>
    void store(PhysAddr a, const T& value) {
        write(a, {reinterpret_cast<const u8*>(&value), sizeof value});
    }

    // Changes whenever host pointers handed out by writableFrame() may have become stale (after a copy).
    u64 epoch() const { return m_epoch.value(); }

    // Host bytes of the frames cloned or first written since this Ram was last copied: what a copy made now would keep
    // alive once all of them are written again.
    u64 freshBytes() const { return m_freshEpoch == m_epoch.value() ? m_fresh * kPageSize : 0; }

    // ---- for what a CPU caches about frames; not state, never copied ------------------------------------------------
    // Which Ram this is: another value after assignment. A copy is another one.
    u64 identity() const { return m_tracking.identity; }
    // Changes whenever the bytes of some frame have moved in host memory (first write, copy on write, clear).
    u64 moves() const { return m_tracking.moves; }
    // From now on the next writableFrame(f) or clearFrame(f) puts `f` on the touched list and ends the watch.
    void watch(FrameNo f);
    const std::vector<FrameNo>& touched() const { return m_tracking.touched; }
    void forgetTouched() { m_tracking.touched.clear(); }

    // ---- who writes where: for time travel; not state, never copied ----------------------------------------------
    struct Written {
        FrameNo frame;
        PageMarks marks;
    };
    // From now on every write is noted; taking the notes ends that. By frame.
    void beginNotes();
    std::vector<Written> takeNotes();
    // To be called by whoever stores through a pointer that writableFrame() was given with length 0; `frame` is that
    // pointer.
    [[gnu::always_inline]] static void noteStore(u8* frame, u64 offset, unsigned size) {
        auto& marks = reinterpret_cast<Frame*>(frame)->marks;
        if ((offset & (PageMarks::kGranule - 1)) + std::min<u64>(size, PageMarks::kGranule) <= PageMarks::kGranule)
            [[likely]] {
            marks.set(offset);
            if (size > PageMarks::kGranule) marks.set(offset + PageMarks::kGranule);
        } else {
            noteStores(frame, offset, size);
        }
    }
    static void noteStores(u8* frame, u64 address, u64 length);
    // From now on, writes (other than through such pointers) to these bytes are noticed; length 0: no longer.
    void guard(PhysAddr begin, u64 length);
    bool takeGuardHit() { return std::exchange(m_tracking.guardHit, false); }

    // What of this Ram `other` does not share: host bytes that would be free without it.
    u64 bytesApart(const Ram& other) const;

    friend bool operator==(const Ram& a, const Ram& b);

 private:
    // A tree of narrow nodes: the first write after a copy clones what leads to the frame, and each clone counts a
    // reference of all children. With nodes of 32 that is a fraction of copying the frame; with 512 it was the most of
    // it.
    static constexpr u32 kFan = 32;
    struct Frame {
        alignas(16) std::array<u8, kPageSize> bytes;  // first: noteStore() goes from there to the rest
        u64 epoch;
        PageMarks marks;  // written since the notes numbered `notes` began
        u64 notes;
    };
    template <class Child>
    struct Node {
        std::array<std::shared_ptr<Child>, kFan> children;
        u64 epoch;
    };
    using Leaf = Node<Frame>;
    using Branch = Node<Leaf>;
    alignas(16) static constexpr std::array<u8, kPageSize> kZeroFrame{};

    const Frame* find(FrameNo f) const {
        CHECK(f.value < m_frameCount);
        const Branch* branch = m_branches[f.value / (kFan * kFan)].get();
        if (!branch) return nullptr;
        const Leaf* leaf = branch->children[f.value / kFan % kFan].get();
        return leaf ? leaf->children[f.value % kFan].get() : nullptr;
    }
    std::shared_ptr<Frame>& editable(FrameNo f);
    struct Tracking {
        Tracking() : identity(Epoch().value()) {}
        Tracking(const Tracking&) : Tracking() {}
        Tracking(Tracking&&) = default;
        Tracking& operator=(const Tracking&) { return *this = Tracking(); }
        Tracking& operator=(Tracking&&) = default;
        u64 identity;
        u64 moves = 0;
        u64 notes = 0;  // their number; 0: none are taken
        std::vector<FrameNo> written, cleared;
        PhysAddr guardBegin;
        u64 guardLength = 0;
        bool guardHit = false;
        std::vector<bool> watched;
        std::vector<FrameNo> touched;
    };
    void touch(FrameNo f) {
        if (m_tracking.watched.empty() || !m_tracking.watched[f.value]) [[likely]]
            return;
        m_tracking.watched[f.value] = false;
        m_tracking.touched.push_back(f);
    }
    void notice(FrameNo f, u64 offset, u64 length) {
        const u64 begin = addressOf(f).value + offset;
        if (begin < m_tracking.guardBegin.value + m_tracking.guardLength &&
            m_tracking.guardBegin.value < begin + length)
            m_tracking.guardHit = true;
    }
    u32 m_frameCount;
    std::vector<std::shared_ptr<Branch>> m_branches;
    Tracking m_tracking;
    Epoch m_epoch;
    u64 m_fresh = 0;  // frames with the epoch m_freshEpoch
    u64 m_freshEpoch = 0;
};

}  // namespace ringside
