// qsort of 100,000 numbers, bsearch, and a small generator.
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

int main(void) {
    enum { N = 100000 };
    unsigned *v = malloc(N * sizeof *v), state = 12345, sum = 0;
    for (int i = 0; i < N; i++) v[i] = state = state * 1664525u + 1013904223u;
    unsigned wanted = v[77777];
    qsort(v, N, sizeof *v, compare);
    int sorted = 1;
    for (int i = 1; i < N; i++) sorted &= v[i - 1] <= v[i];
    for (int i = 0; i < N; i += 1000) sum = sum * 31 + v[i];
    unsigned *found = bsearch(&wanted, v, N, sizeof *v, compare);
    printf("%d %u %d\n", sorted, sum, found && *found == wanted);
    free(v);
    return 0;
}
