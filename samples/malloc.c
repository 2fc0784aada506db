// Small blocks come from the heap, which brk() moves; large ones get an area of their own from mmap().
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    char *start = sbrk(0);
    char *small[100];
    for (int i = 0; i < 100; i++) small[i] = malloc(4000);
    printf("100 small blocks: the heap has grown: %s\n", (char *)sbrk(0) > start ? "yes" : "no");
    char *end = sbrk(0);
    char *large = malloc(1 << 20);
    printf("one large block: the heap has grown: %s\n", (char *)sbrk(0) > end ? "yes" : "no");
    large[0] = 1;
    free(large);  // munmap: really gone
    for (int i = 0; i < 100; i++) free(small[i]);
    return 0;
}
