#include "core/memory/ram.h"

namespace ringside {
namespace {
alignas(64) constexpr std::array<u8, kPageSize> kZeroFrame{};
}

Ram::Ram(u64 bytes) : m_frameCount(static_cast<u32>(bytes >> kPageShift)), m_chunks(m_frameCount / 512) {
    CHECK(bytes % (512 * kPageSize) == 0);
}

const u8* Ram::frame(FrameNo f) const {
    CHECK(f.value < m_frameCount);
    const auto& chunk = m_chunks[f.value / 512];
    if (!chunk) return kZeroFrame.data();
    const auto& frame = chunk->frames[f.value % 512];
    return frame ? frame->bytes.data() : kZeroFrame.data();
}

u8* Ram::writableFrame(FrameNo f) {
    CHECK(f.value < m_frameCount);
    const u64 epoch = m_epoch.value();
    auto& chunk = m_chunks[f.value / 512];
    if (!chunk) {
        chunk = std::make_shared<Chunk>();
        chunk->epoch = epoch;
    } else if (chunk->epoch != epoch) {
        chunk = std::make_shared<Chunk>(*chunk);
        chunk->epoch = epoch;
    }
    touch(f);
    auto& frame = chunk->frames[f.value % 512];
    if (frame && frame->epoch == epoch) return frame->bytes.data();
    m_fresh = m_freshEpoch == epoch ? m_fresh + 1 : 1;
    m_freshEpoch = epoch;
    frame = frame ? std::make_shared<Frame>(*frame) : std::make_shared<Frame>();
    frame->epoch = epoch;
    ++m_tracking.moves;
    return frame->bytes.data();
}

void Ram::clearFrame(FrameNo f) {
    CHECK(f.value < m_frameCount);
    if (isUntouched(f)) return;
    auto& chunk = m_chunks[f.value / 512];
    if (chunk->epoch != m_epoch.value()) {
        chunk = std::make_shared<Chunk>(*chunk);
        chunk->epoch = m_epoch.value();
    }
    chunk->frames[f.value % 512].reset();
    ++m_tracking.moves;
    touch(f);
}

void Ram::watch(FrameNo f) {
    if (m_tracking.watched.empty()) m_tracking.watched.resize(m_frameCount);
    m_tracking.watched[f.value] = true;
}

bool Ram::isUntouched(FrameNo f) const {
    const auto& chunk = m_chunks[f.value / 512];
    return !chunk || !chunk->frames[f.value % 512];
}

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
    for (u32 c = 0; c < a.m_chunks.size(); ++c) {
        if (a.m_chunks[c] == b.m_chunks[c]) continue;
        for (u32 f = c * 512; f < (c + 1) * 512; ++f) {
            const u8 *x = a.frame(FrameNo(f)), *y = b.frame(FrameNo(f));
            if (x != y && std::memcmp(x, y, kPageSize) != 0) return false;
        }
    }
    return true;
}

}  // namespace ringside
