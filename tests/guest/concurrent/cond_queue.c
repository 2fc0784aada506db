// A bounded queue between producers and consumers.
#include "note.h"

enum { kRoom = 4, kEach = 300 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t notEmpty = PTHREAD_COND_INITIALIZER, notFull = PTHREAD_COND_INITIALIZER;
static int queue[kRoom], first, used, most;
static void *produce(void *from) {
    for (int i = 0; i < kEach; i++) {
        pthread_mutex_lock(&mutex);
        while (used == kRoom) pthread_cond_wait(&notFull, &mutex);
        queue[(first + used++) % kRoom] = (int)(long)from + i;
        if (used > most) most = used;
        pthread_cond_signal(&notEmpty);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}
static void *consume(void *unused) {
    long sum = 0;
    for (int i = 0; i < kEach; i++) {
        pthread_mutex_lock(&mutex);
        while (used == 0) pthread_cond_wait(&notEmpty, &mutex);
        sum += queue[first];
        first = (first + 1) % kRoom;
        used--;
        pthread_cond_signal(&notFull);
        pthread_mutex_unlock(&mutex);
    }
    return (void *)sum;
}
int main(void) {
    pthread_t threads[6];
    for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, produce, (void *)(i * 1000));
    for (int i = 3; i < 6; i++) pthread_create(&threads[i], NULL, consume, NULL);
    long sum = 0;
    for (int i = 0; i < 6; i++) {
        void *part;
        pthread_join(threads[i], &part);
        sum += (long)part;
    }
    printf("sum %ld, left %d, never above room %d\n", sum, used, most <= kRoom);
    return 0;
}
