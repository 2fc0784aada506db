// Variables of each thread.
#include "note.h"

static __thread int number = 7;
static __thread char text[20] = "initial";
static __thread long zeroed[10];
static pthread_barrier_t barrier;
static void *addresses[4];
static void *run(void *argument) {
    long me = (long)argument;
    if (number != 7 || strcmp(text, "initial") || zeroed[9]) puts("not fresh");
    number += (int)me;
    snprintf(text, sizeof text, "thread %ld", me);
    zeroed[9] = me;
    addresses[me] = &number;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 4; i++)
        if (i != me && addresses[i] == &number) puts("shared");
    pthread_barrier_wait(&barrier);
    if (zeroed[9] != me) puts("overwritten");
    return strdup(text);
}
int main(void) {
    pthread_barrier_init(&barrier, NULL, 4);
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run, (void *)i);
    for (int i = 0; i < 4; i++) {
        void *said;
        pthread_join(threads[i], &said);
        puts(said);
    }
    printf("main has %d %s\n", number, text);
    return 0;
}
