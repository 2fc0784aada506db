// FUTEX_CMP_REQUEUE and FUTEX_WAKE_OP.
#include "note.h"

static int *words;
static void *waits(void *on) {
    __atomic_add_fetch(&words[8], 1, __ATOMIC_SEQ_CST);
    return (void *)futex(&words[(long)on], FUTEX_WAIT, 0, NULL, NULL, 0);
}
static pthread_t threads[6];
static void start(int n, long on) {
    words[8] = 0;
    for (int i = 0; i < n; i++) pthread_create(&threads[i], NULL, waits, (void *)on);
    while (__atomic_load_n(&words[8], __ATOMIC_SEQ_CST) < n) nap(1);
    nap(30);
}
int main(void) {
    words = sharedWords();
    start(5, 0);
    NOTE(futex(&words[0], FUTEX_CMP_REQUEUE, 1, (Time *)2, &words[1], 99));
    NOTE(futex(&words[0], FUTEX_CMP_REQUEUE, 1, (Time *)2, &words[1], 0));
    NOTE(futex(&words[1], FUTEX_WAKE, 10, NULL, NULL, 0));
    NOTE(futex(&words[0], FUTEX_WAKE, 10, NULL, NULL, 0));
    for (int i = 0; i < 5; i++) pthread_join(threads[i], NULL);
    start(2, 0);
    // words[2] += 5, was it 0? Then wake there as well.
    int op = FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0);
    NOTE(futex(&words[0], FUTEX_WAKE_OP, 1, (Time *)10, &words[2], op));
    printf("%d\n", words[2]);
    NOTE(futex(&words[2], FUTEX_WAKE_OP, 1, (Time *)10, &words[0], FUTEX_OP(FUTEX_OP_SET, 3, FUTEX_OP_CMP_GT, 7)));
    printf("%d\n", words[0]);
    NOTE(futex(&words[2], FUTEX_WAKE_OP, 1, (Time *)10, &words[0], FUTEX_OP(FUTEX_OP_XOR, 1, FUTEX_OP_CMP_LT, 7)));
    printf("%d\n", words[0]);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    NOTE(futex(&words[0], FUTEX_CMP_REQUEUE, -1, (Time *)1, &words[1], words[0]));
    return 0;
}
