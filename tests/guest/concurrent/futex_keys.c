// One word at two addresses: shared mappings, files, private copies.
#include "note.h"

int main(void) {
    int *a = sharedWords();
    FILE *file = tmpfile();
    ftruncate(fileno(file), 4096);
    int *f = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    int *g = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    int *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    Time some = {0, 400000000};
    if (fork() == 0) {
        int woken = futex(g, FUTEX_WAIT, 0, &some, NULL, 0) == 0;
        printf("by the other mapping: %d\n", woken);
        fflush(stdout);
        _exit(0);
    }
    nap(60);
    NOTE(futex(f, FUTEX_WAKE, 1, NULL, NULL, 0));
    wait(NULL);
    if (fork() == 0) {
        printf("private word: %d\n", futex(own, FUTEX_WAIT, 0, &some, NULL, 0) == 0);
        fflush(stdout);
        _exit(0);
    }
    nap(60);
    NOTE(futex(own, FUTEX_WAKE, 1, NULL, NULL, 0));
    wait(NULL);
    if (fork() == 0) {
        printf("private flag on a shared word: %d\n", futex(a, FUTEX_WAIT_PRIVATE, 0, &some, NULL, 0) == 0);
        fflush(stdout);
        _exit(0);
    }
    nap(60);
    NOTE(futex(a, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    wait(NULL);
    return 0;
}
