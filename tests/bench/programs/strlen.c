/* strlen over a string of 64 KiB, 4,000 times, from shifting starts: the C library's own scan loop. */
#include <stdio.h>
#include <string.h>

enum { kSize = 64 * 1024, kRounds = 4000 };
static char text[kSize + 1];

int main(void) {
    memset(text, 'x', kSize);
    unsigned long sum = 0;
    for (int round = 0; round < kRounds; ++round) {
        size_t (*volatile length)(const char*) = strlen;
        sum += length(text + round % 97);
    }
    printf("%lu\n", sum);
    return 0;
}
