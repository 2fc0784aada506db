// Stacks, detached threads, joins that fail, and equal threads.
#include "note.h"

static sem_t done;
static void *sizes(void *unused) {
    char big[200000];
    memset(big, 1, sizeof big);
    sem_post(&done);
    return (void *)(long)big[1000];
}
static void *self(void *unused) { return (void *)pthread_self(); }
int main(void) {
    sem_init(&done, 0, 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    size_t size;
    int state;
    GIVES(pthread_attr_setstacksize(&attributes, 100));
    GIVES(pthread_attr_setstacksize(&attributes, 512 * 1024));
    GIVES(pthread_attr_getstacksize(&attributes, &size));
    GIVES(pthread_attr_setguardsize(&attributes, 8192));
    GIVES(pthread_attr_getdetachstate(&attributes, &state));
    printf("%zu joinable %d\n", size, state == PTHREAD_CREATE_JOINABLE);
    pthread_t thread;
    void *result;
    pthread_create(&thread, &attributes, sizes, NULL);
    GIVES(pthread_join(thread, &result));
    printf("%ld\n", (long)result);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    GIVES(pthread_create(&thread, &attributes, sizes, NULL));
    sem_wait(&done);
    sem_wait(&done);
    void *mine = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_init(&attributes);
    GIVES(pthread_attr_setstack(&attributes, mine, 1 << 18));
    pthread_create(&thread, &attributes, self, NULL);
    pthread_join(thread, &result);
    printf("equal %d\n", pthread_equal(thread, (pthread_t)result) != 0);
    return 0;
}
