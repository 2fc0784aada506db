// FUTEX_WAIT and FUTEX_WAKE: values, timeouts, counts, bad words.
#include "note.h"

static int *words;
static void *waits(void *unused) {
    __atomic_add_fetch(&words[1], 1, __ATOMIC_SEQ_CST);
    return (void *)futex(&words[0], FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}
int main(void) {
    words = sharedWords();
    Time little = {0, 20000000}, wrong = {0, 1000000000}, negative = {-1, 0};
    NOTE(futex(words, FUTEX_WAIT, 1, NULL, NULL, 0));
    Time start = monotonic();
    NOTE(futex(words, FUTEX_WAIT, 0, &little, NULL, 0));
    printf("long enough %d\n", since(start) >= 19);
    NOTE(futex(words, FUTEX_WAIT, 0, &wrong, NULL, 0));
    NOTE(futex(words, FUTEX_WAIT, 0, &negative, NULL, 0));
    NOTE(futex((int *)((char *)words + 2), FUTEX_WAIT, 0, NULL, NULL, 0));
    NOTE(futex((int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
    NOTE(futex((int *)0xffff800000000000, FUTEX_WAKE, 1, NULL, NULL, 0));
    NOTE(futex(words, 99, 0, NULL, NULL, 0));
    NOTE(futex(words, FUTEX_WAKE, 1, NULL, NULL, 0));
    pthread_t threads[5];
    for (int i = 0; i < 5; i++) pthread_create(&threads[i], NULL, waits, NULL);
    while (__atomic_load_n(&words[1], __ATOMIC_SEQ_CST) < 5) nap(1);
    nap(30);
    NOTE(futex(words, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0));
    NOTE(futex(words, FUTEX_WAKE_PRIVATE, 0, NULL, NULL, 0));
    NOTE(futex(words, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0));
    for (int i = 0; i < 5; i++) {
        void *result;
        pthread_join(threads[i], &result);
        if (result) puts("woken otherwise");
    }
    return 0;
}
