// What the programs here share. They print only what is the same on every run: order comes from locks and waits.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

// linux/futex.h, which musl's compiler does not find
enum {
    FUTEX_WAIT,
    FUTEX_WAKE,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE,
    FUTEX_WAKE_OP,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET
};
enum { FUTEX_PRIVATE = 128, FUTEX_CLOCK_REALTIME = 256, FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129 };
enum { FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_XOR = 4, FUTEX_OP_CMP_EQ = 0, FUTEX_OP_CMP_LT = 2, FUTEX_OP_CMP_GT = 4 };
#define FUTEX_OP(op, oparg, cmp, cmparg) ((op) << 28 | (cmp) << 24 | (oparg) << 12 | (cmparg))
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000
#define FUTEX_TID_MASK 0x3fffffff
struct robust_list {
    struct robust_list* next;
};
struct robust_list_head {
    struct robust_list list;
    long futex_offset;
    struct robust_list* pending;
};

// A call that leaves errno, and one that returns the error.
#define NOTE(call)                                                                                             \
    do {                                                                                                       \
        errno = 0;                                                                                             \
        long note_ = (long)(call);                                                                             \
        printf("%s = %ld%s%s\n", #call, note_, note_ < 0 ? " " : "", note_ < 0 ? strerrorname_np(errno) : ""); \
    } while (0)
#define GIVES(call) printf("%s: %s\n", #call, strerrorname_np(call))

typedef struct timespec Time;
static inline void nap(long ms) {
    Time t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) != 0) {
    }
}
static inline Time later(clockid_t clock, long ms) {
    Time t;
    clock_gettime(clock, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}
static inline long since(Time start) {  // milliseconds
    Time now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
}
static inline Time monotonic(void) { return later(CLOCK_MONOTONIC, 0); }
static inline long futex(volatile int* word, int op, int value, const Time* timeout, volatile int* other, int value3) {
    return syscall(SYS_futex, word, op, value, timeout, other, value3);
}
static inline void* shared(size_t size) {
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
static inline int* sharedWords(void) { return (int*)shared(4096); }
static inline void handle(int signal, void (*handler)(int), int flags) {
    struct sigaction action = {0};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}
static inline void handleInfo(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
    handle(signal, (void (*)(int))(void*)handler, flags | SA_SIGINFO);
}
static inline sigset_t only(int signal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    return set;
}
