// The words everything else is written in: fixed-size integers, addresses that can not be mixed up, time.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace ringside {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;

// A number that is only comparable with its own kind. `value` is public: these are units, not abstractions.
template <class Tag, class Rep = u64>
struct Strong {
    Rep value = 0;

    constexpr Strong() = default;
    constexpr explicit Strong(Rep v) : value(v) {}
    friend constexpr auto operator<=>(Strong, Strong) = default;
    friend constexpr Strong operator+(Strong a, Rep n) { return Strong(static_cast<Rep>(a.value + n)); }
    friend constexpr Strong operator-(Strong a, Rep n) { return Strong(static_cast<Rep>(a.value - n)); }
    friend constexpr Rep operator-(Strong a, Strong b) { return static_cast<Rep>(a.value - b.value); }
    constexpr Strong& operator+=(Rep n) { return *this = *this + n; }
    constexpr Strong& operator++() { return *this += 1; }
};

inline constexpr u64 kPageSize = 4096;
inline constexpr u64 kPageShift = 12;

struct VirtAddrTag;
struct PhysAddrTag;
struct FrameTag;
using VirtAddr = Strong<VirtAddrTag>;   // what a program uses
using PhysAddr = Strong<PhysAddrTag>;   // what RAM is indexed with
using FrameNo = Strong<FrameTag, u32>;  // PhysAddr >> 12

constexpr FrameNo frameOf(PhysAddr a) { return FrameNo(static_cast<u32>(a.value >> kPageShift)); }
constexpr PhysAddr addressOf(FrameNo f) { return PhysAddr(u64{f.value} << kPageShift); }
constexpr u64 pageOffset(u64 address) { return address & (kPageSize - 1); }
constexpr u64 pageDown(u64 address) { return address & ~(kPageSize - 1); }
constexpr u64 pageUp(u64 address) { return pageDown(address + kPageSize - 1); }

using Tick = u64;    // position on the timeline: instructions and delivered traps since power-on
using Cycles = u64;  // simulated CPU cycles since power-on

}  // namespace ringside

template <class Tag, class Rep>
struct std::hash<ringside::Strong<Tag, Rep>> {
    std::size_t operator()(ringside::Strong<Tag, Rep> s) const noexcept { return std::hash<Rep>{}(s.value); }
};
