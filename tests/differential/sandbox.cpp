#include "tests/differential/sandbox.h"

namespace ringside::sandbox {

namespace {

void fill(std::span<u8> bytes, u64 seed) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        const u64 word = seed ^ (seed >> 29);
        __builtin_memcpy(bytes.data() + i, &word, 8);
    }
}

}  // namespace

void fillData(std::span<u8> data) { fill(data, 0x5eed); }
void fillReadOnly(std::span<u8> page) { fill(page, 0xbead); }

bool isRepeating(const Case& c) {
    for (unsigned i = 0; i < c.codeLength; ++i)
        if (c.code[i] == 0xf2 || c.code[i] == 0xf3) return true;
    return false;
}

void makeBlind(const Case& c, u8* data) {
    for (const Blind& b : c.blind)
        for (u32 i = b.offset; i < b.offset + b.length && i < kDataSize; ++i) data[i] = 0;
}

u64 hashOf(const u8* data) {
    std::array<u64, 4> lane{1, 2, 3, 4};
    for (std::size_t i = 0; i < kDataSize; i += 32) {
        for (unsigned k = 0; k < 4; ++k) {
            u64 word;
            __builtin_memcpy(&word, data + i + 8 * k, 8);
            lane[k] = (lane[k] ^ word) * 0x9e3779b97f4a7c15;
            lane[k] ^= lane[k] >> 32;
        }
    }
    return lane[0] ^ (lane[1] * 3) ^ (lane[2] * 5) ^ (lane[3] * 7);
}

}  // namespace ringside::sandbox
