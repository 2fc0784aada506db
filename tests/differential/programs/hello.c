/* A bit of everything that a C program does early in its life: text, numbers, memory, sorting, floating point. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int order(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

int main(void) {
    char* words[] = {"ring", "page", "fault", "stack", "table", "frame"};
    qsort(words, 6, sizeof words[0], order);
    for (int i = 0; i < 6; ++i) printf("%s %d %x\n", words[i], i * i - 7, (unsigned)strlen(words[i]) * 2654435761u);
    char* text = malloc(5000);
    memset(text, 'a', 4999);
    text[4999] = 0;
    printf("%zu %p\n", strlen(text), (void*)memchr(text, 'b', 4999));
    double sum = 0;
    for (int i = 1; i < 200; ++i) sum += sqrt(i) / (i + 0.5);
    printf("%.12g %Lg %.3e\n", sum, (long double)sum * 3, strtod("6.02214076e23", NULL));
    free(text);
    return 0;
}
