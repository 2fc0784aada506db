#include "tests/differential/random.h"

namespace ringside::sandbox {

u64 Random::integer() {
    switch (below(8)) {
        case 0:
        case 1:
            return pick({0,
                         1,
                         2,
                         3,
                         0x7f,
                         0x80,
                         0xff,
                         0x100,
                         0x7fff,
                         0x8000,
                         0xffff,
                         0x7fffffff,
                         0x80000000,
                         0xffffffff,
                         0x100000000,
                         0x7fffffffffffffff,
                         0x8000000000000000,
                         0xffffffffffffffff,
                         0xfffffffffffffffe,
                         0xffffffff80000000,
                         0xffffffffffff8000,
                         0xffffffffffffff80,
                         0x5555555555555555,
                         0xaaaaaaaaaaaaaaaa});
        case 2:
            return below(70);
        case 3:
            return ~below(70);
        case 4:
            return u64{1} << below(64);
        case 5:
            return next() >> below(64);
        default:
            return next();
    }
}

u32 Random::single() {
    const u32 sign = static_cast<u32>(next() & 0x80000000);
    switch (below(6)) {
        case 0:
            return sign | static_cast<u32>(pick({0, 1, 0x007fffff, 0x00800000, 0x7f7fffff, 0x7f800000, 0x7fc00000,
                                                 0x7f800001, 0x7fffffff, 0x7fbfffff, 0x3f800000, 0x00400000}));
        case 1:  // about where integers end, and halves
            return sign |
                   static_cast<u32>(pick({0x3f000000, 0x3fc00000, 0x40200000, 0x4f000000, 0x4effffff, 0x5f000000,
                                          0x5effffff, 0x42fe0000, 0x43000000, 0x46fffe00, 0x4b000001, 0x3effffff}));
        case 2:
            return static_cast<u32>(next());
        case 3:
            return sign | static_cast<u32>((1 + below(40)) << 23 | (next() & 0x7fffff));
        default:
            return sign | static_cast<u32>((100 + below(60)) << 23 | (next() & 0x7fffff));
    }
}

u64 Random::twofold() {
    const u64 sign = next() & 0x8000000000000000;
    switch (below(6)) {
        case 0:
            return sign | pick({0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x7ff0000000000000,
                                0x7ff8000000000000, 0x7ff0000000000001, 0x7fffffffffffffff, 0x7ff7ffffffffffff,
                                0x3ff0000000000000, 0x0008000000000000});
        case 1:
            return sign | pick({0x3fe0000000000000, 0x3ff8000000000000, 0x4004000000000000, 0x41e0000000000000,
                                0x41dfffffffe00000, 0x41dfffffffc00000, 0x43e0000000000000, 0x43dfffffffffffff,
                                0x36a0000000000000, 0x380fffffffffffff, 0x47efffffffffffff, 0x47f0000000000000,
                                0x3810000000000000, 0x4330000000000001});
        case 2:
            return next();
        case 3:
            return sign | (1 + below(100)) << 52 | (next() >> 12);
        default:
            return sign | (990 + below(80)) << 52 | (next() >> 12);
    }
}

Float80 Random::extended() {
    const u16 sign = static_cast<u16>(next() & 0x8000);
    const auto with = [&](u64 exponent, u64 mantissa) { return Float80{mantissa, static_cast<u16>(sign | exponent)}; };
    constexpr u64 kOne = 0x8000000000000000;
    switch (below(8)) {
        case 0:
            return with(0, pick({0, 1, 0x7fffffffffffffff, kOne, 0xffffffffffffffff}));
        case 1:
            return with(0x7fff, pick({kOne, kOne | 1, 0xc000000000000000, 0xbfffffffffffffff, 0xffffffffffffffff}));
        case 2:
            return with(percent(50) ? 0x7fff : below(0x7fff), pick({0, 1, 0x4000000000000000, 0x7fffffffffffffff}));
        case 3:
            return with(0x3fff + below(70) - 3, percent(50) ? kOne : kOne | next());
        case 4:
            return with(pick({1, 2, 0x3c01, 0x3c00, 0x3f81, 0x3f80, 0x43fe, 0x407e, 0x7ffe, 0x7ffd}), kOne | next());
        case 5:
            return with(below(0x7fff), kOne | next());
        default:
            return with(0x3fff - 20 + below(40), kOne | next());
    }
}

u64 Random::decimal() {
    u64 value = 0;
    for (unsigned i = 0; i < 16; ++i) value = value << 4 | below(percent(98) ? 10 : 16);
    return value;
}

}  // namespace ringside::sandbox
