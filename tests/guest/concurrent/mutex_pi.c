// Mutexes that inherit priority: contended, error-checking, robust, and with a deadline.
#include "note.h"

static pthread_mutex_t make(int kind, int robust) {
    pthread_mutex_t mutex;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    GIVES(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT));
    pthread_mutexattr_settype(&attributes, kind);
    if (robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    GIVES(pthread_mutex_init(&mutex, &attributes));
    return mutex;
}
static int count;
static void *counts(void *mutex) {
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(mutex);
        int seen = count;
        if (i % 20 == 0) sched_yield();
        count = seen + 1;
        pthread_mutex_unlock(mutex);
    }
    return NULL;
}
static void *dies(void *mutex) {
    pthread_mutex_lock(mutex);
    return NULL;
}
static void *tries(void *mutex) {
    GIVES(pthread_mutex_trylock(mutex));
    Time end = later(CLOCK_REALTIME, 30);
    GIVES(pthread_mutex_timedlock(mutex, &end));
    return NULL;
}
int main(void) {
    pthread_mutex_t normal = make(PTHREAD_MUTEX_NORMAL, 0), checked = make(PTHREAD_MUTEX_ERRORCHECK, 0),
                    robust = make(PTHREAD_MUTEX_NORMAL, 1);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, counts, &normal);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    printf("%d\n", count);
    GIVES(pthread_mutex_lock(&checked));
    GIVES(pthread_mutex_lock(&checked));
    pthread_create(&threads[0], NULL, tries, &checked);
    pthread_join(threads[0], NULL);
    GIVES(pthread_mutex_unlock(&checked));
    GIVES(pthread_mutex_unlock(&checked));
    pthread_create(&threads[0], NULL, dies, &robust);
    pthread_join(threads[0], NULL);
    GIVES(pthread_mutex_lock(&robust));
    GIVES(pthread_mutex_consistent(&robust));
    GIVES(pthread_mutex_unlock(&robust));
    return 0;
}
