#include "core/memory/ram.h"

namespace ringside {
namespace {

// What `node` points at, owned by `epoch` alone: made or cloned when it is not.
template <class T>
T& own(std::shared_ptr<T>& node, u64 epoch) {
    if (!node || node->epoch != epoch) {
        node = node ? std::make_shared<T>(*node) : std::make_shared<T>();
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

u8* Ram::writableFrame(FrameNo f) {
    const u64 epoch = m_epoch.value();
    std::shared_ptr<Frame>& frame = editable(f);
    touch(f);
    if (frame && frame->epoch == epoch) return frame->bytes.data();
    m_fresh = m_freshEpoch == epoch ? m_fresh + 1 : 1;
    m_freshEpoch = epoch;
    ++m_tracking.moves;
    return own(frame, epoch).bytes.data();
}

void Ram::clearFrame(FrameNo f) {
    if (isUntouched(f)) return;
    editable(f).reset();
    ++m_tracking.moves;
    touch(f);
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
        std::memcpy(writableFrame(frameOf(a)) + offset, in.data(), n);
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
