// One 2 MiB page instead of 512 small ones: one fault, one entry in the page directory, one TLB entry (run with --thp).
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#define HUGE (2UL << 20)

int main(void) {
    char *area = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return 1;
    char *aligned = (char *)(((uintptr_t)area + HUGE - 1) & ~(HUGE - 1));
    madvise(aligned, HUGE, MADV_HUGEPAGE);
    unsigned sum = 0;
    for (size_t at = 0; at < HUGE; at += 4096) aligned[at] = 1;
    for (size_t at = 0; at < HUGE; at += 4096) sum += (unsigned char)aligned[at];
    printf("%u pages touched\n", sum);
    return 0;
}
