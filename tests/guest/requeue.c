// Condition variables with priority inheritance, as futex(2) has them: FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAIT = 128, WAKE, REQUEUE = 128 + 3, LOCK_PI = 128 + 6, UNLOCK_PI, WAIT_REQUEUE_PI = 128 + 11, CMP_REQUEUE_PI, CLOCK_RT = 256 };

#define NOTE(call)                                                         \
    do {                                                                   \
        errno = 0;                                                         \
        long note_ = (long)(call);                                         \
        printf("%s: %ld %s\n", #call, note_, strerrorname_np(errno));      \
    } while (0)

static uint32_t word, lock, other;
static volatile int order[8], count, results[8];
static volatile pid_t numbers[8];

static long futex(uint32_t* at, int op, uint32_t value, const void* timeout, uint32_t* second, uint32_t value3) {
    return syscall(SYS_futex, at, op, value, timeout, second, value3);
}
static long cmpRequeue(int wake, long move, uint32_t* to, uint32_t value) {
    return futex(&word, CMP_REQUEUE_PI, wake, (void*)move, to, value);
}
static struct timespec after(clockid_t clock, long ms) {
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}
static void handler(int s) { (void)s; }

struct Job {
    int index, op;
    long timeoutMs;
    int locksFirst;
};

static void* waiter(void* p) {
    const struct Job* job = p;
    numbers[job->index] = gettid();
    if (job->locksFirst) futex(&lock, LOCK_PI, 0, NULL, NULL, 0);
    struct timespec until = after(CLOCK_MONOTONIC, job->timeoutMs);
    long r = job->op == WAIT ? futex(&word, WAIT, 0, NULL, NULL, 0)
                             : futex(&word, WAIT_REQUEUE_PI, 0, job->timeoutMs ? &until : NULL, &lock, 0);
    results[job->index] = r < 0 ? -errno : r;
    if (r == 0 && job->op != WAIT) {
        order[count++] = job->index;
        if ((lock & 0x3fffffff) != (uint32_t)gettid()) order[count - 1] = -1;
        usleep(2000);
        futex(&lock, UNLOCK_PI, 0, NULL, NULL, 0);
    }
    if (job->locksFirst) futex(&lock, UNLOCK_PI, 0, NULL, NULL, 0);
    return NULL;
}

static pthread_t threads[8];
static struct Job jobs[8];
// Starts a waiter and lets it fall asleep.
static void start(int index, int op, long timeoutMs, int locksFirst) {
    jobs[index] = (struct Job){index, op, timeoutMs, locksFirst};
    results[index] = 77;
    pthread_create(&threads[index], NULL, waiter, &jobs[index]);
    usleep(30000);
}
static void join(int index) {
    pthread_join(threads[index], NULL);
    printf("waiter %d: %d\n", index, results[index]);
}
static void tellOrder(void) {
    for (int i = 0; i < count; i++) printf("%d ", order[i]);
    printf("in this order; the lock %x\n", lock);
    count = 0;
}

int main(void) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGUSR1, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct timespec soon = after(CLOCK_MONOTONIC, 5);
    NOTE(futex(&word, WAIT_REQUEUE_PI, 0, NULL, &word, 0));
    NOTE(futex(&word, WAIT_REQUEUE_PI, 5, NULL, &lock, 0));
    NOTE(futex(&word, WAIT_REQUEUE_PI, 0, &soon, &lock, 0));
    soon = after(CLOCK_REALTIME, 5);
    NOTE(futex(&word, WAIT_REQUEUE_PI | CLOCK_RT, 0, &soon, &lock, 0));
    NOTE(futex((uint32_t*)1, WAIT_REQUEUE_PI, 0, NULL, &lock, 0));
    NOTE(futex(&word, WAIT_REQUEUE_PI, 0, NULL, (uint32_t*)6, 0));
    NOTE(cmpRequeue(0, 1, &lock, 0));
    NOTE(cmpRequeue(2, 1, &lock, 0));
    NOTE(cmpRequeue(-1, 1, &lock, 0));
    NOTE(cmpRequeue(1, -1, &lock, 0));
    NOTE(cmpRequeue(1, 1, &word, 0));
    NOTE(cmpRequeue(1, 1, &lock, 3));
    NOTE(cmpRequeue(1, 1, &lock, 0));
    NOTE(futex(&word, CMP_REQUEUE_PI | CLOCK_RT, 1, NULL, &lock, 0));

    puts("The wrong kinds of waiters:");
    start(0, WAIT, 0, 0);
    NOTE(cmpRequeue(1, 1, &lock, 0));
    NOTE(futex(&word, WAKE, 1, NULL, NULL, 0));
    join(0);
    start(0, WAIT_REQUEUE_PI, 0, 0);
    NOTE(futex(&word, WAKE, 1, NULL, NULL, 0));
    NOTE(futex(&word, REQUEUE, 1, (void*)1, &other, 0));
    NOTE(cmpRequeue(1, 1, &other, 0));
    lock = 0x3ffffff0;
    NOTE(cmpRequeue(1, 1, &lock, 0));
    printf("%x\n", lock);
    lock = 0;

    puts("The lock is free:");
    start(1, WAIT_REQUEUE_PI, 0, 0);
    start(2, WAIT_REQUEUE_PI, 0, 0);
    NOTE(cmpRequeue(1, 10, &lock, 0));
    for (int i = 0; i < 3; i++) join(i);
    tellOrder();

    puts("The lock is held:");
    NOTE(futex(&lock, LOCK_PI, 0, NULL, NULL, 0));
    for (int i = 0; i < 4; i++) start(i, WAIT_REQUEUE_PI, 0, 0);
    NOTE(cmpRequeue(1, 1, &lock, 0));
    usleep(20000);
    printf("nobody yet: %d, waiters bit %d\n", count, lock >> 31);
    NOTE(cmpRequeue(1, 10, &lock, 0));
    NOTE(cmpRequeue(1, 10, &lock, 0));
    NOTE(futex(&lock, UNLOCK_PI, 0, NULL, NULL, 0));
    for (int i = 0; i < 4; i++) join(i);
    tellOrder();

    puts("Time is over, before and after it is moved:");
    start(0, WAIT_REQUEUE_PI, 10, 0);
    join(0);
    NOTE(futex(&lock, LOCK_PI, 0, NULL, NULL, 0));
    start(0, WAIT_REQUEUE_PI, 90, 0);
    NOTE(cmpRequeue(1, 1, &lock, 0));
    join(0);
    NOTE(futex(&lock, UNLOCK_PI, 0, NULL, NULL, 0));
    printf("%x\n", lock);

    puts("A signal, before and after it is moved:");
    NOTE(futex(&lock, LOCK_PI, 0, NULL, NULL, 0));
    start(0, WAIT_REQUEUE_PI, 0, 0);
    pthread_kill(threads[0], SIGUSR1);
    usleep(30000);
    printf("waits on: %d\n", results[0]);
    NOTE(cmpRequeue(1, 1, &lock, 0));
    pthread_kill(threads[0], SIGUSR1);
    join(0);
    NOTE(futex(&lock, UNLOCK_PI, 0, NULL, NULL, 0));
    printf("%x\n", lock);

    puts("It holds the lock itself:");
    start(0, WAIT_REQUEUE_PI, 150, 1);
    NOTE(cmpRequeue(1, 1, &lock, 0));
    join(0);
    printf("%x\n", lock);
    return 0;
}
