// Threads that meet at an eventfd.
#include "note.h"

static int fd;
static void *adds(void *unused) {
    uint64_t one = 1;
    for (int i = 0; i < 50; i++) write(fd, &one, 8);
    return unused;
}
int main(void) {
    fd = eventfd(0, 0);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, adds, NULL);
    uint64_t sum = 0, n;
    while (sum < 150) {
        read(fd, &n, 8);
        sum += n;
    }
    printf("%d\n", (int)sum);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    NOTE(read(semaphore, &n, 8));
    NOTE((long)n);
    NOTE(read(semaphore, &n, 8));
    NOTE(read(semaphore, &n, 8));
    n = ~0ull;
    NOTE(write(semaphore, &n, 8));
    n = ~0ull - 1;
    NOTE(write(semaphore, &n, 8));
    n = 1;
    NOTE(write(semaphore, &n, 8));
    NOTE(write(semaphore, &n, 4));
    return 0;
}
