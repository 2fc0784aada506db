// Producer and consumer with a condition variable: who has to wait sleeps in futex() until the other signals.
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int slot, full;

static void *produce(void *unused) {
    for (int i = 1; i <= 5; i++) {
        pthread_mutex_lock(&mutex);
        while (full) pthread_cond_wait(&changed, &mutex);
        slot = i * i;
        full = 1;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

int main(void) {
    pthread_t producer;
    pthread_create(&producer, NULL, produce, NULL);
    for (int i = 0; i < 5; i++) {
        pthread_mutex_lock(&mutex);
        while (!full) pthread_cond_wait(&changed, &mutex);
        printf("got %d\n", slot);
        full = 0;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    pthread_join(producer, NULL);
    return 0;
}
