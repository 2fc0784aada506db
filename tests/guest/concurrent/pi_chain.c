// What the kernel writes into the word of a lock with priority inheritance, and how it ends: handed over, given up,
// lost in a circle, left behind by a thread that ended.
#include "note.h"

enum { LOCK_PI = 6, UNLOCK_PI = 7, TRYLOCK_PI = 8 };

static volatile int first, second, lost;
static volatile int ready, other;

static long lock(volatile int* word) { return futex(word, LOCK_PI, 0, NULL, NULL, 0); }
static long unlock(volatile int* word) { return futex(word, UNLOCK_PI, 0, NULL, NULL, 0); }
static const char* owner(int word) {
    const int tid = word & FUTEX_TID_MASK;
    return tid == 0 ? "nobody" : tid == syscall(SYS_gettid) ? "me" : tid == other ? "the other" : "somebody";
}
static void say(const char* when, int word) {
    printf("%s: %s%s%s\n", when, owner(word), word & FUTEX_WAITERS ? ", waiters" : "",
           word & FUTEX_OWNER_DIED ? ", owner died" : "");
}
// Until the thread sleeps in a system call.
static void sleeps(int tid) {
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    while (state != 'S') {
        FILE* file = fopen(path, "r");
        if (!file || fscanf(file, "%*d %*s %c", &state) != 1) exit(1);
        fclose(file);
        sched_yield();
    }
}

static void* waits(void* unused) {
    other = syscall(SYS_gettid);
    ready = 1;
    if (lock(&first) != 0) exit(1);
    say("handed over", first);
    if (unlock(&first) != 0) exit(1);
    say("nobody waited any more", first);
    return unused;
}
static void* takesSecond(void* unused) {
    other = syscall(SYS_gettid);
    lock(&second);
    ready = 1;
    lock(&first);
    unlock(&first);
    unlock(&second);
    return unused;
}
static void* leaves(void* unused) {
    other = syscall(SYS_gettid);
    lock(&lost);
    ready = 1;
    while (!(lost & FUTEX_WAITERS)) sched_yield();
    nap(20);
    return unused;
}

int main(void) {
    pthread_t thread;
    NOTE(lock(&first));
    say("taken", first);
    NOTE(lock(&first));
    NOTE(futex(&first, TRYLOCK_PI, 0, NULL, NULL, 0));
    NOTE(unlock(&second));

    pthread_create(&thread, NULL, waits, NULL);
    while (!ready) sched_yield();
    sleeps(other);
    say("one waits", first);
    unlock(&first);
    pthread_join(thread, NULL);

    Time soon = later(CLOCK_REALTIME, 20);
    NOTE(lock(&first));
    ready = 0;
    pthread_create(&thread, NULL, takesSecond, NULL);
    while (!ready) sched_yield();
    sleeps(other);
    NOTE(lock(&second));
    say("a circle", second);
    NOTE(futex(&second, LOCK_PI, 0, &soon, NULL, 0));
    NOTE(unlock(&first));
    pthread_join(thread, NULL);
    say("both free", first | second);

    ready = 0;
    pthread_create(&thread, NULL, leaves, NULL);
    while (!ready) sched_yield();
    soon = later(CLOCK_REALTIME, 5);
    NOTE(futex(&lost, LOCK_PI, 0, &soon, NULL, 0));
    NOTE(lock(&lost));
    say("it ended with the lock", lost);
    pthread_join(thread, NULL);
    NOTE(unlock(&lost));
    say("free", lost);

    lost = 0x3ffffff0;
    NOTE(lock(&lost));
    lost = 1 << 30;
    NOTE(lock(&lost));
    say("found without an owner", lost);
    return 0;
}
