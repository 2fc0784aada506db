// A lock that is waited for with a deadline.
#include "note.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t locked, done;
static void *holder(void *unused) {
    pthread_mutex_lock(&mutex);
    sem_post(&locked);
    sem_wait(&done);
    pthread_mutex_unlock(&mutex);
    return unused;
}
int main(void) {
    sem_init(&locked, 0, 0);
    sem_init(&done, 0, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, holder, NULL);
    sem_wait(&locked);
    Time start = monotonic(), end = later(CLOCK_REALTIME, 50);
    GIVES(pthread_mutex_timedlock(&mutex, &end));
    printf("waited long enough: %d\n", since(start) >= 49);
    Time past = {0, 0}, wrong = {0, 1000000000};
    GIVES(pthread_mutex_timedlock(&mutex, &past));
    GIVES(pthread_mutex_timedlock(&mutex, &wrong));
    sem_post(&done);
    end = later(CLOCK_REALTIME, 60000);
    GIVES(pthread_mutex_timedlock(&mutex, &end));
    GIVES(pthread_mutex_unlock(&mutex));
    pthread_join(thread, NULL);
    return 0;
}
