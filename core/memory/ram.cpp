#include "core/memory/ram.h"

#include <algorithm>

#include "core/base/slot_pool.h"

namespace ringside {
namespace {

// What `node` points at, owned by `epoch` alone: made or cloned when it is not.
template <class T>
T& own(std::shared_ptr<T>& node, u64 epoch) {
    if (!node || node->epoch != epoch) {
        const PoolAllocator<T> pool;
        node = node ? std::allocate_shared<T>(pool, *node) : std::allocate_shared<T>(pool);
        node->epoch = epoch;
    }
    return *node;
}

}  // namespace

Ram::Ram(u64 bytes)
    : m_frameCount(static_cast<u32>(bytes >> kPageShift)),
      m_branches((m_frameCount + kFan * kFan - 1) / (kFan * kFan)) {
    CHECK(bytes % (512 * kPageSize) == 0);
}

std::shared_ptr<Ram::Frame>& Ram::editable(FrameNo f) {
    CHECK(f.value < m_frameCount);
    const u64 epoch = m_epoch.value();
    Branch& branch = own(m_branches[f.value / (kFan * kFan)], epoch);
    return own(branch.children[f.value / kFan % kFan], epoch).children[f.value % kFan];
}

u8* Ram::writableFrame(FrameNo f, u64 offset, u64 length) {
    const u64 epoch = m_epoch.value();
    std::shared_ptr<Frame>& frame = editable(f);
    touch(f);
    if (!frame || frame->epoch != epoch) {
        m_fresh = m_freshEpoch == epoch ? m_fresh + 1 : 1;
        m_freshEpoch = epoch;
        ++m_tracking.moves;
        own(frame, epoch);
        if (frame->notes != m_tracking.notes) {
            frame->notes = m_tracking.notes;
            frame->marks = {};
            if (m_tracking.notes) m_tracking.written.push_back(f);
        }
    }
    if (length != 0) {
        frame->marks.setRange(offset, length);
        if (m_tracking.guardLength) [[unlikely]]
            notice(f, offset, length);
    }
    return frame->bytes.data();
}

void Ram::clearFrame(FrameNo f) {
    if (isUntouched(f)) return;
    editable(f).reset();
    ++m_tracking.moves;
    if (m_tracking.notes) m_tracking.cleared.push_back(f);
    if (m_tracking.guardLength) notice(f, 0, kPageSize);
    touch(f);
}

void Ram::beginNotes() {
    m_epoch = Epoch();  // whoever holds a pointer to write through must ask again, and is noted
    m_tracking.notes = m_epoch.value();
    m_tracking.written.clear();
    m_tracking.cleared.clear();
}

std::vector<Ram::Written> Ram::takeNotes() {
    std::vector<Written> notes;
    notes.reserve(m_tracking.written.size() + m_tracking.cleared.size());
    for (FrameNo f : m_tracking.written) {
        if (const Frame* frame = find(f)) notes.push_back({f, frame->marks});
    }
    for (FrameNo f : m_tracking.cleared) notes.emplace_back(f).marks.setAll();
    std::sort(notes.begin(), notes.end(), [](const Written& a, const Written& b) { return a.frame < b.frame; });
    auto to = notes.begin();
    for (auto from = notes.begin(); from != notes.end(); ++from) {
        if (to != notes.begin() && std::prev(to)->frame == from->frame)
            std::prev(to)->marks |= from->marks;
        else
            *to++ = *from;
    }
    notes.erase(to, notes.end());
    m_tracking.notes = 0;
    m_tracking.written.clear();
    m_tracking.cleared.clear();
    return notes;
}

void Ram::guard(PhysAddr begin, u64 length) {
    m_tracking.guardBegin = begin;
    m_tracking.guardLength = length;
    m_tracking.guardHit = false;
}

u64 Ram::bytesApart(const Ram& other) const {
    u64 bytes = 0;
    for (std::size_t b = 0; b < m_branches.size(); ++b) {
        const Branch* ours = m_branches[b].get();
        const Branch* theirs = b < other.m_branches.size() ? other.m_branches[b].get() : nullptr;
        if (ours == theirs || !ours) continue;
        bytes += sizeof(Branch);
        for (std::size_t l = 0; l < kFan; ++l) {
            const Leaf* leaf = ours->children[l].get();
            const Leaf* otherLeaf = theirs ? theirs->children[l].get() : nullptr;
            if (leaf == otherLeaf || !leaf) continue;
            bytes += sizeof(Leaf);
            for (std::size_t f = 0; f < kFan; ++f)
                if (leaf->children[f] && (!otherLeaf || leaf->children[f] != otherLeaf->children[f]))
                    bytes += sizeof(Frame);
        }
    }
    return bytes;
}

void Ram::noteStores(u8* frame, u64 address, u64 length) {
    reinterpret_cast<Frame*>(frame)->marks.setRange(pageOffset(address), length);
}

void Ram::watch(FrameNo f) {
    if (m_tracking.watched.empty()) m_tracking.watched.resize(m_frameCount);
    m_tracking.watched[f.value] = true;
}

bool Ram::isUntouched(FrameNo f) const { return !find(f); }

void Ram::read(PhysAddr a, std::span<u8> out) const {
    CHECK(contains(a, out.size()));
    while (!out.empty()) {
        const u64 offset = pageOffset(a.value);
        const std::size_t n = std::min<std::size_t>(out.size(), kPageSize - offset);
        std::memcpy(out.data(), frame(frameOf(a)) + offset, n);
        out = out.subspan(n);
        a += n;
    }
}

void Ram::write(PhysAddr a, std::span<const u8> in) {
    CHECK(contains(a, in.size()));
    while (!in.empty()) {
        const u64 offset = pageOffset(a.value);
        const std::size_t n = std::min<std::size_t>(in.size(), kPageSize - offset);
        std::memcpy(writableFrame(frameOf(a), offset, n) + offset, in.data(), n);
        in = in.subspan(n);
        a += n;
    }
}

bool operator==(const Ram& a, const Ram& b) {
    if (a.m_frameCount != b.m_frameCount) return false;
    for (u32 f = 0; f < a.m_frameCount;) {
        if (f % (Ram::kFan * Ram::kFan) == 0 &&
            a.m_branches[f / (Ram::kFan * Ram::kFan)] == b.m_branches[f / (Ram::kFan * Ram::kFan)]) {
            f += Ram::kFan * Ram::kFan;
            continue;
        }
        const u8 *x = a.frame(FrameNo(f)), *y = b.frame(FrameNo(f));
        if (x != y && std::memcmp(x, y, kPageSize) != 0) return false;
        ++f;
    }
    return true;
}

}  // namespace ringside
