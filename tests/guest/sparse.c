// 100 MB of malloc, touched here and there.
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    const size_t size = 100u << 20;
    unsigned char *p = malloc(size);
    if (!p) return 1;
    unsigned sum = 0;
    for (size_t i = 0; i < size; i += 1 << 20) p[i] = (unsigned char)(i >> 20);
    for (size_t i = 0; i < size; i += 1 << 19) sum += p[i];
    printf("%u\n", sum);
    p = realloc(p, size / 2);
    printf("%d\n", p[49 << 20]);
    free(p);
    char *many[2000];
    for (int i = 0; i < 2000; i++) {
        many[i] = malloc((size_t)(i % 97) * 16 + 1);
        many[i][0] = (char)i;
    }
    for (int i = 0; i < 2000; i += 2) free(many[i]);
    for (int i = 0; i < 2000; i += 2) many[i] = calloc(1, (size_t)(i % 31) * 8 + 1);
    int total = 0;
    for (int i = 0; i < 2000; i++) total += many[i][0];
    printf("%d\n", total);
    return 0;
}
