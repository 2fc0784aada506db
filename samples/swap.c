// More memory than there is RAM (run with --ram 16M --swap 32M): pages go to the swap disk and come back.
#include <stdio.h>
#include <stdlib.h>

#define PAGE 4096

int main(int argc, char **argv) {
    size_t pages = (argc > 1 ? strtoul(argv[1], NULL, 0) : 20) * 256;  // argument: MiB
    char *memory = malloc(pages * PAGE);
    if (!memory) return 1;
    for (size_t i = 0; i < pages; i++) *(size_t *)(memory + i * PAGE) = i;
    size_t wrong = 0;
    for (size_t i = 0; i < pages; i++) wrong += *(size_t *)(memory + i * PAGE) != i;
    printf("%zu pages written and read back, %zu wrong\n", pages, wrong);
    free(memory);
    return wrong != 0;
}
