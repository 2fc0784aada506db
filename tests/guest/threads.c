// Threads: join, mutexes, condition variables, barriers, once, thread-local storage, semaphores, detach, cancel.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static sem_t semaphore;
static int counter, initialised, turn, serial;
static __thread int local = 5;
static pthread_key_t key;
static int destroyed;

static void initialise(void) { initialised++; }
static void destroy(void *value) { destroyed += *(int *)value; }
static void *count(void *argument) {
    pthread_once(&once, initialise);
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    local += *(int *)argument;
    pthread_setspecific(key, argument);
    return (void *)(long)local;
}
static char order[64];
static void *takeTurns(void *argument) {
    int me = *(int *)argument;
    for (int round = 0; round < 5; round++) {
        pthread_mutex_lock(&mutex);
        while (turn != me) pthread_cond_wait(&condition, &mutex);
        order[strlen(order)] = (char)('a' + me);
        turn = (turn + 1) % 3;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}
static void *meet(void *argument) {
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
    return argument;
}
static void *postLater(void *argument) {
    usleep(5000);
    sem_post(&semaphore);
    return argument;
}
static void *forever(void *argument) {
    for (;;) usleep(1000);
    return argument;
}

int main(void) {
    pthread_t t[8];
    int ids[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    pthread_key_create(&key, destroy);
    for (int i = 0; i < 8; i++) pthread_create(&t[i], NULL, count, &ids[i]);
    long sum = 0;
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(t[i], &result);
        sum += (long)result;
    }
    printf("%d %ld %d %d %d\n", counter, sum, initialised, local, destroyed);
    for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, takeTurns, &ids[i]);
    for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
    puts(order);
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, meet, NULL);
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    printf("serial %d\n", serial);
    sem_init(&semaphore, 0, 0);
    pthread_create(&t[0], NULL, postLater, NULL);
    printf("trywait ");
    NOTE(sem_trywait(&semaphore));
    printf("wait %d\n", sem_wait(&semaphore));
    pthread_join(t[0], NULL);
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += 5000000;
    if (deadline.tv_nsec >= 1000000000) deadline.tv_nsec -= 1000000000, deadline.tv_sec++;
    pthread_mutex_lock(&mutex);
    printf("timed wait %s\n", strerrorname_np(pthread_cond_timedwait(&condition, &mutex, &deadline)));
    pthread_mutex_unlock(&mutex);
    pthread_create(&t[0], NULL, forever, NULL);
    usleep(3000);
    pthread_cancel(t[0]);
    void *result;
    pthread_join(t[0], &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t checked;
    pthread_mutex_init(&checked, &attributes);
    pthread_mutex_lock(&checked);
    printf("%s %s\n", strerrorname_np(pthread_mutex_lock(&checked)), strerrorname_np(pthread_mutex_trylock(&checked)));
    pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_rdlock(&rw);
    pthread_rwlock_rdlock(&rw);
    printf("%s\n", strerrorname_np(pthread_rwlock_trywrlock(&rw)));
    return 0;
}
