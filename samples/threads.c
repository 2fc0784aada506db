// Four threads share one address space: with a mutex the sum is right, without it steps get lost.
#include <pthread.h>
#include <stdio.h>

#define STEPS 2000

static int guarded;
static volatile int unguarded;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *unused) {
    for (int i = 0; i < STEPS; i++) {
        unguarded = unguarded + 1;  // read, add, write: may be interrupted in between
        pthread_mutex_lock(&mutex);
        guarded++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    printf("with the mutex: %d of %d\n", guarded, 4 * STEPS);
    printf("without it steps %s\n", unguarded <= 4 * STEPS ? "may get lost" : "appear from nowhere");
    return 0;
}
