// futex(2) itself: EAGAIN, timeout, wake counts, requeue, between processes.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_REQUEUE = 3 };

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)

static long futex(int *word, int op, int value, const struct timespec *timeout, int *other, int value3) {
    return syscall(SYS_futex, word, op, value, timeout, other, value3);
}

int main(void) {
    int *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    NOTE(futex(words, FUTEX_WAIT, 1, NULL, NULL, 0));
    struct timespec little = {0, 1000000};
    NOTE(futex(words, FUTEX_WAIT, 0, &little, NULL, 0));
    printf("%ld\n", futex(words, FUTEX_WAKE, 10, NULL, NULL, 0));
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            __atomic_add_fetch(&words[1], 1, __ATOMIC_SEQ_CST);
            futex(words, FUTEX_WAIT, 0, NULL, NULL, 0);
            _exit(0);
        }
    while (__atomic_load_n(&words[1], __ATOMIC_SEQ_CST) != 3) usleep(1000);
    usleep(50000);
    printf("wake one %ld\n", futex(words, FUTEX_WAKE, 1, NULL, NULL, 0));
    printf("requeue %ld\n", futex(words, FUTEX_REQUEUE, 0, (void *)1, words + 2, 0));
    printf("wake there %ld\n", futex(words + 2, FUTEX_WAKE, 10, NULL, NULL, 0));
    printf("wake here %ld\n", futex(words, FUTEX_WAKE, 10, NULL, NULL, 0));
    int n = 0;
    while (wait(NULL) > 0) n++;
    printf("%d\n", n);
    NOTE(futex((int *)((char *)words + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
    return 0;
}
