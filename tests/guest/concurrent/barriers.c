// Phases that nobody enters before all have left the one before.
#include "note.h"

enum { kThreads = 5, kPhases = 10 };
static pthread_barrier_t barrier;
static int in[kPhases], early, serial;
static void *run(void *unused) {
    for (int phase = 0; phase < kPhases; phase++) {
        __atomic_add_fetch(&in[phase], 1, __ATOMIC_SEQ_CST);
        int result = pthread_barrier_wait(&barrier);
        if (result == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&in[phase], __ATOMIC_SEQ_CST) != kThreads) early++;
    }
    return unused;
}
int main(void) {
    GIVES(pthread_barrier_init(&barrier, NULL, 0));
    GIVES(pthread_barrier_init(&barrier, NULL, kThreads));
    pthread_t threads[kThreads];
    for (int i = 0; i < kThreads; i++) pthread_create(&threads[i], NULL, run, NULL);
    for (int i = 0; i < kThreads; i++) pthread_join(threads[i], NULL);
    printf("serial %d, early %d\n", serial, early);
    GIVES(pthread_barrier_destroy(&barrier));
    return 0;
}
