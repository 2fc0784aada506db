// Many readers or one writer.
#include "note.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int value, torn, inside, most;
static void *reads(void *unused) {
    for (int i = 0; i < 100; i++) {
        pthread_rwlock_rdlock(&lock);
        int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        if (now > most) most = now;
        int before = value;
        sched_yield();
        if (before != value || before % 2) torn++;
        __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        pthread_rwlock_unlock(&lock);
    }
    return unused;
}
static void *writes(void *unused) {
    for (int i = 0; i < 100; i++) {
        pthread_rwlock_wrlock(&lock);
        if (__atomic_load_n(&inside, __ATOMIC_SEQ_CST)) torn++;
        value++;
        sched_yield();
        value++;
        pthread_rwlock_unlock(&lock);
    }
    return unused;
}
static void *tries(void *unused) {
    GIVES(pthread_rwlock_tryrdlock(&lock));
    GIVES(pthread_rwlock_trywrlock(&lock));
    Time end = later(CLOCK_REALTIME, 20);
    GIVES(pthread_rwlock_timedwrlock(&lock, &end));
    return unused;
}
int main(void) {
    pthread_t threads[5];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, reads, NULL);
    for (int i = 3; i < 5; i++) pthread_create(&threads[i], NULL, writes, NULL);
    for (int i = 0; i < 5; i++) pthread_join(threads[i], NULL);
    printf("value %d, torn %d, readers at once at most 3: %d\n", value, torn, most <= 3);
    GIVES(pthread_rwlock_wrlock(&lock));
    pthread_create(&threads[0], NULL, tries, NULL);
    pthread_join(threads[0], NULL);
    GIVES(pthread_rwlock_unlock(&lock));
    GIVES(pthread_rwlock_rdlock(&lock));
    pthread_create(&threads[0], NULL, tries, NULL);
    pthread_join(threads[0], NULL);
    return 0;
}
