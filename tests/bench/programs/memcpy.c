/* memcpy between two buffers of 64 KiB, 2,000 times, with shifting alignment: the C library's own copy loop. */
#include <stdio.h>
#include <string.h>

enum { kSize = 64 * 1024, kRounds = 2000 };
static unsigned char from[kSize + 64], to[kSize + 64];

int main(void) {
    for (int i = 0; i < kSize + 64; ++i) from[i] = (unsigned char)(i * 31 + (i >> 7));
    unsigned sum = 0;
    for (int round = 0; round < kRounds; ++round) {
        void* (*volatile copy)(void*, const void*, size_t) = memcpy;
        copy(to + round % 16, from + round % 31, kSize);
        sum = sum * 31 + to[round % kSize + 16];
    }
    printf("%u\n", sum);
    return 0;
}
