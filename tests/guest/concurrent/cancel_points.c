// Threads cancelled while they wait, with cleanup handlers.
#include "note.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int pipes[2];
static sem_t ready;
static void say(void *text) { printf("cleanup %s\n", (char *)text); }
static void unlock(void *m) { printf("cleanup unlocks: %s\n", strerrorname_np(pthread_mutex_unlock(m))); }
static void *inRead(void *unused) {
    char c;
    pthread_cleanup_push(say, "outer");
    pthread_cleanup_push(say, "inner");
    sem_post(&ready);
    read(pipes[0], &c, 1);
    puts("never");
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return unused;
}
static void *inSleep(void *unused) {
    pthread_cleanup_push(say, "sleep");
    sem_post(&ready);
    sleep(1000);
    pthread_cleanup_pop(0);
    return unused;
}
static void *inWait(void *unused) {
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    sem_post(&ready);
    for (;;) pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(0);
    return unused;
}
static void *inSemaphore(void *unused) {
    sem_t never;
    sem_init(&never, 0, 0);
    sem_post(&ready);
    sem_wait(&never);
    return unused;
}
static void *inJoin(void *thread) {
    sem_post(&ready);
    pthread_join(*(pthread_t *)thread, NULL);
    return NULL;
}
static void *inPause(void *unused) {
    sem_post(&ready);
    for (;;) pause();
    return unused;
}
int main(void) {
    pipe(pipes);
    sem_init(&ready, 0, 0);
    pthread_t sleeper;
    pthread_create(&sleeper, NULL, inSleep, NULL);
    sem_wait(&ready);
    void *(*places[])(void *) = {inRead, inWait, inSemaphore, inJoin, inPause};
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, places[i], &sleeper);
        sem_wait(&ready);
        nap(10);
        GIVES(pthread_cancel(thread));
        pthread_join(thread, &result);
        printf("%d cancelled %d\n", i, result == PTHREAD_CANCELED);
    }
    void *result;
    pthread_cancel(sleeper);
    pthread_join(sleeper, &result);
    printf("sleeper cancelled %d\n", result == PTHREAD_CANCELED);
    GIVES(pthread_mutex_trylock(&mutex));
    return 0;
}
