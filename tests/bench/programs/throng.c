// A throng: as many tasks as the argument says, of every kind that the views of tasks draw, a twentieth of them with
// children of their own. Of ten, four compute and ask for their parent's PID all the time; two read an empty pipe, two
// wait on a futex, one is a zombie, one a process with threads that wait for its lock.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kThreads = 8, kWords = 16 };

static int pipeEnds[2];
static int* words;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void* locker(void* argument) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    return argument;
}

static void be(long i) {
    static const char* const kinds[10] = {"asker", "asker", "asker", "asker", "reader", "reader", "sleeper", "sleeper", "zombie", "threads"};
    char name[16], c;
    snprintf(name, sizeof name, "%s-%ld", kinds[i % 10], i / 100);
    prctl(PR_SET_NAME, name);
    switch (i % 10) {
        case 4:
        case 5:
            while (read(pipeEnds[0], &c, 1) > 0) continue;
            break;
        case 6:
        case 7:
            syscall(SYS_futex, &words[i % kWords], FUTEX_WAIT, 0, NULL, NULL, 0);
            break;
        case 8:
            break;
        case 9:
            pthread_mutex_lock(&lock);
            for (int t = 1; t < kThreads; t++) {
                pthread_t thread;
                pthread_create(&thread, NULL, locker, NULL);
            }
            pause();
            break;
        default:
            for (volatile long n = 0;; n++) syscall(SYS_getppid);
    }
    _exit(0);
}

int main(int argc, char** argv) {
    long n = argc > 1 ? atol(argv[1]) : 100;
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pipe(pipeEnds)) return 1;
    for (long i = 0, made = 1; made < n; i += 20) {
        made += 18 + 2 * kThreads;
        if (fork()) continue;
        // Each twentieth is the parent of the nineteen after it.
        for (long k = 1; k < 20; k++)
            if (!fork()) be(i + k);
        be(i);
    }
    for (;;) pause();
}
