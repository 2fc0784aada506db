// Two threads take two mutexes in different order: each waits for the other, for ever. Look at what both wait on.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t fork1 = PTHREAD_MUTEX_INITIALIZER, fork2 = PTHREAD_MUTEX_INITIALIZER;

static void eat(const char *who, pthread_mutex_t *first, pthread_mutex_t *second) {
    pthread_mutex_lock(first);
    printf("%s has one fork\n", who);
    fflush(stdout);
    usleep(1000);
    pthread_mutex_lock(second);
    printf("%s eats\n", who);
}
static void *plato(void *unused) {
    eat("Plato", &fork1, &fork2);
    return unused;
}
static void *hegel(void *unused) {
    eat("Hegel", &fork2, &fork1);
    return unused;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, plato, NULL);
    pthread_create(&b, NULL, hegel, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
