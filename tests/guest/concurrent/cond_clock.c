// Condition variables with deadlines on both clocks, and broadcast.
#include "note.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition;
static int waiting, go, through;
static void *waits(void *unused) {
    pthread_mutex_lock(&mutex);
    waiting++;
    while (!go) pthread_cond_wait(&condition, &mutex);
    through++;
    pthread_mutex_unlock(&mutex);
    return unused;
}
int main(void) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    GIVES(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    clockid_t clock = 99;
    GIVES(pthread_condattr_getclock(&attributes, &clock));
    printf("monotonic %d\n", clock == CLOCK_MONOTONIC);
    pthread_cond_init(&condition, &attributes);
    pthread_mutex_lock(&mutex);
    Time start = monotonic(), end = later(CLOCK_MONOTONIC, 40);
    GIVES(pthread_cond_timedwait(&condition, &mutex, &end));
    printf("long enough %d, still ours %s\n", since(start) >= 39, strerrorname_np(pthread_mutex_trylock(&mutex)));
    Time wrong = {0, -1};
    GIVES(pthread_cond_timedwait(&condition, &mutex, &wrong));
    pthread_mutex_unlock(&mutex);
    pthread_t threads[5];
    for (int i = 0; i < 5; i++) pthread_create(&threads[i], NULL, waits, NULL);
    for (;;) {
        pthread_mutex_lock(&mutex);
        int all = waiting == 5;
        if (all) {
            go = 1;
            GIVES(pthread_cond_broadcast(&condition));
        }
        pthread_mutex_unlock(&mutex);
        if (all) break;
        nap(1);
    }
    for (int i = 0; i < 5; i++) pthread_join(threads[i], NULL);
    printf("through %d\n", through);
    GIVES(pthread_cond_destroy(&condition));
    return 0;
}
