// Spin locks, on one CPU too.
#include "note.h"

static pthread_spinlock_t lock;
static int count;
static void *run(void *unused) {
    for (int i = 0; i < 2000; i++) {
        pthread_spin_lock(&lock);
        count++;
        pthread_spin_unlock(&lock);
    }
    return unused;
}
int main(void) {
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    printf("%d\n", count);
    GIVES(pthread_spin_lock(&lock));
    GIVES(pthread_spin_trylock(&lock));
    GIVES(pthread_spin_unlock(&lock));
    return 0;
}
