// Memory is promised by mmap() and given at the first touch: 64 pages are asked for, three become real.
#include <stdio.h>
#include <sys/mman.h>

#define PAGE 4096

int main(void) {
    char *area = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return 1;
    int sum = area[10 * PAGE];  // reading: the shared page of zeroes
    area[20 * PAGE] = 1;        // writing: a frame of its own
    area[10 * PAGE] = 2;        // the zero page is replaced by a copy
    sum += area[10 * PAGE] + area[20 * PAGE];
    printf("sum %d\n", sum);
    munmap(area, 64 * PAGE);
    return 0;
}
