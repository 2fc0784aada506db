// String and memory functions at every alignment.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    static char a[512], b[512];
    unsigned long hash = 5381;
    for (int from = 0; from < 32; from++)
        for (int to = 0; to < 32; to++)
            for (int n = 0; n < 130; n += 13) {
                for (int i = 0; i < 512; i++) a[i] = (char)(i * 7 + n), b[i] = 0;
                memcpy(b + to, a + from, (size_t)n);
                memmove(b + to + 3, b + to, (size_t)n);
                memset(b + 300 + from, to, (size_t)n);
                for (int i = 0; i < 512; i++) hash = hash * 33 + (unsigned char)b[i];
            }
    printf("%lx\n", hash);
    unsigned long lengths = 0;
    for (int start = 0; start < 64; start++)
        for (int n = 0; n < 200; n += 7) {
            memset(a, 'x', sizeof a);
            a[start + n] = 0;
            lengths += strlen(a + start) * 3 + (size_t)(strchr(a + start, 0) - a);
            a[start + n] = 'y';
            lengths += (size_t)((char *)memchr(a + start, 'y', 300) - a);
        }
    printf("%lu\n", lengths);
    printf("%d %d %d\n", strcmp("abc", "abd") < 0, strcmp("b", "a") > 0, strncmp("abcdef", "abcxyz", 3));
    printf("%s %s %s\n", strstr("hello world", "o w"), strrchr("a/b/c", '/'), strpbrk("key=value", "="));
    char text[] = "one,two;three";
    for (char *t = strtok(text, ",;"); t; t = strtok(NULL, ",;")) printf("<%s>", t);
    printf("\n%zu %zu\n", strspn("aabbc", "ab"), strcspn("hello", "l"));
    char *copy = strdup("duplicated");
    printf("%s %d\n", copy, memcmp(copy, "duplicates", 10) < 0);
    free(copy);
    return 0;
}
