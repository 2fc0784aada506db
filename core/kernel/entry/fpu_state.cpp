#include "core/kernel/entry/fpu_state.h"

#include <cstring>

namespace ringside {
namespace {

constexpr u64 kRegisters = 32, kXmm = 160;
constexpr u32 kMxcsrMask = 0xffff;

template <class T>
void put(std::string& image, u64 at, T value) {
    std::memcpy(image.data() + at, &value, sizeof value);
}
template <class T>
T get(const std::string& image, u64 at) {
    T value;
    std::memcpy(&value, image.data() + at, sizeof value);
    return value;
}

unsigned tagOf(const Float80& f) {
    const unsigned exponent = f.signExponent & 0x7fff;
    if (exponent == 0) return f.mantissa == 0 ? 1 : 2;
    if (exponent == 0x7fff || !(f.mantissa >> 63)) return 2;
    return 0;
}

}  // namespace

std::string fxsave(const Registers& regs) {
    std::string image(kFxsaveSize, '\0');
    const X87& x = regs.x87;
    u8 abridged = 0;
    for (unsigned i = 0; i < 8; ++i)
        if ((x.tags >> (2 * i) & 3) != 3) abridged |= static_cast<u8>(1u << i);
    put(image, 0, x.control);
    put(image, 2, x.status);
    put(image, 4, abridged);
    put(image, 6, x.opcode);
    put(image, 8, x.lastIp);
    put(image, 16, x.lastDp);
    put(image, 24, regs.mxcsr);
    put(image, 28, kMxcsrMask);
    const unsigned top = x.status >> 11 & 7;
    for (unsigned i = 0; i < 8; ++i) {
        put(image, kRegisters + 16 * i, x.st[(top + i) & 7].mantissa);
        put(image, kRegisters + 16 * i + 8, x.st[(top + i) & 7].signExponent);
    }
    for (unsigned i = 0; i < 16; ++i) {
        put(image, kXmm + 16 * i, regs.xmm[i].q[0]);
        put(image, kXmm + 16 * i + 8, regs.xmm[i].q[1]);
    }
    return image;
}

void fxrstor(Registers& regs, const std::string& image) {
    if (image.size() < kFxsaveSize) {
        regs.x87 = X87{};
        regs.mxcsr = 0x1f80;
        regs.xmm = {};
        return;
    }
    X87& x = regs.x87;
    x.control = get<u16>(image, 0);
    x.status = get<u16>(image, 2);
    x.opcode = get<u16>(image, 6) & 0x7ff;
    x.lastIp = get<u64>(image, 8);
    x.lastDp = get<u64>(image, 16);
    regs.mxcsr = get<u32>(image, 24) & kMxcsrMask;
    const unsigned top = x.status >> 11 & 7;
    for (unsigned i = 0; i < 8; ++i) {
        x.st[(top + i) & 7].mantissa = get<u64>(image, kRegisters + 16 * i);
        x.st[(top + i) & 7].signExponent = get<u16>(image, kRegisters + 16 * i + 8);
    }
    const u8 abridged = get<u8>(image, 4);
    x.tags = 0;
    for (unsigned i = 0; i < 8; ++i)
        x.tags = static_cast<u16>(x.tags | (abridged >> i & 1 ? tagOf(x.st[i]) : 3u) << (2 * i));
    for (unsigned i = 0; i < 16; ++i) {
        regs.xmm[i].q[0] = get<u64>(image, kXmm + 16 * i);
        regs.xmm[i].q[1] = get<u64>(image, kXmm + 16 * i + 8);
    }
}

}  // namespace ringside
