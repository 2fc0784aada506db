// A long run to travel in: calls, stores all over a table, system calls, and things that happen once, at its beginning.
// journey PROCESSES ROUNDS; prints where the things are.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kTable = 1 << 18 };
static unsigned table[kTable];
static volatile unsigned long counter;                         // written all the time
static volatile unsigned long neighbour;                       // written once, beside the counter
static volatile unsigned char __attribute__((aligned(4096))) lonely[4096];  // a page written once

static void __attribute__((noinline)) once(void) {
    neighbour = 1;
    lonely[100] = 1;
}
static void __attribute__((noinline, aligned(4096))) elsewhere(void) { neighbour = 2; }

static unsigned __attribute__((noinline)) mix(unsigned x, int depth) {
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return depth ? mix(x, depth - 1) + 1 : x;
}

static void work(unsigned seed, unsigned long rounds) {
    unsigned x = seed;
    for (unsigned long i = 0; i < rounds; ++i) {
        for (int k = 0; k < 64; ++k) {
            x = mix(x, 3);
            table[(i * 64 + x % 4096) % kTable] += x;
            ++counter;
        }
        if (i % 16 == 0) getppid();
    }
}

int main(int argc, char** argv) {
    const int processes = argc > 1 ? atoi(argv[1]) : 1;
    const unsigned long rounds = argc > 2 ? strtoul(argv[2], 0, 10) : 1000;
    printf("%p %p %p %p %p %p\n", (void*)&counter, (void*)&neighbour, (void*)&lonely[100], (void*)once,
           (void*)elsewhere, (void*)mix);
    fflush(stdout);
    once();
    elsewhere();
    for (int p = 1; p < processes; ++p)
        if (fork() == 0) {
            work(p + 1, rounds);
            _exit(0);
        }
    work(1, rounds);
    while (wait(0) > 0) {
    }
    return 0;
}
