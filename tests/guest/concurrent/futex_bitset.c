// Waiting with bits, until a moment on either clock.
#include "note.h"

static int *words;
static void *waits(void *bits) {
    __atomic_add_fetch(&words[1], 1, __ATOMIC_SEQ_CST);
    futex(words, FUTEX_WAIT_BITSET, 0, NULL, NULL, (int)(long)bits);
    return bits;
}
int main(void) {
    words = sharedWords();
    Time end = later(CLOCK_MONOTONIC, 20), start = monotonic();
    NOTE(futex(words, FUTEX_WAIT_BITSET, 0, &end, NULL, -1));
    printf("long enough %d\n", since(start) >= 19);
    end = later(CLOCK_REALTIME, 20);
    NOTE(futex(words, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &end, NULL, -1));
    Time past = {1, 0};
    NOTE(futex(words, FUTEX_WAIT_BITSET, 0, &past, NULL, -1));
    NOTE(futex(words, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
    NOTE(futex(words, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    pthread_t threads[3];
    for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, waits, (void *)(1L << i));
    while (__atomic_load_n(&words[1], __ATOMIC_SEQ_CST) < 3) nap(1);
    nap(30);
    NOTE(futex(words, FUTEX_WAKE_BITSET, 10, NULL, NULL, 8));
    NOTE(futex(words, FUTEX_WAKE_BITSET, 10, NULL, NULL, 2));
    pthread_join(threads[1], NULL);
    NOTE(futex(words, FUTEX_WAKE_BITSET, 1, NULL, NULL, 5));
    NOTE(futex(words, FUTEX_WAKE, 10, NULL, NULL, 0));
    pthread_join(threads[0], NULL);
    pthread_join(threads[2], NULL);
    return 0;
}
