// Cancellation put off, asked for, and at any moment.
#include "note.h"

static sem_t ready, go;
static void *putOff(void *unused) {
    int old;
    GIVES(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
    printf("was enabled %d\n", old == PTHREAD_CANCEL_ENABLE);
    sem_post(&ready);
    sem_wait(&go);
    puts("still here");
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    pthread_testcancel();
    puts("never");
    return unused;
}
static volatile int spinning;
static void *anywhere(void *unused) {
    int old;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    spinning = 1;
    for (;;) {}
    return unused;
}
static void *deferred(void *unused) {
    spinning = 1;
    while (spinning == 1) {}
    puts("finished before the next point");
    fflush(stdout);
    return (void *)7;
}
int main(void) {
    sem_init(&ready, 0, 0);
    sem_init(&go, 0, 0);
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, putOff, NULL);
    sem_wait(&ready);
    GIVES(pthread_cancel(thread));
    sem_post(&go);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    pthread_create(&thread, NULL, anywhere, NULL);
    while (!spinning) nap(1);
    GIVES(pthread_cancel(thread));
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    GIVES(pthread_setcanceltype(99, NULL));
    GIVES(pthread_setcancelstate(99, NULL));
    return 0;
}
