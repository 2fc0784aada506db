// Which thread takes a signal that was sent to the process: the one on that took the last such signal, then the others in
// order; when it is gone, the one after it (Linux's complete_signal and signal->curr_target).
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { kThreads = 4 };

static sem_t taken, told[kThreads];
static volatile char order[kThreads];
static volatile int taker;
static __thread int self;

static void handler(int signal) {
    (void)signal;
    taker = self;
    sem_post(&taken);
}

static void mask(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(how, &set, NULL);
}

static void wait(sem_t *semaphore) {
    while (sem_wait(semaphore) != 0) continue;
}

// Does what it is told: 'b' blocks the signal, 'u' unblocks it, 'n' nothing, 'e' ends.
static void *run(void *argument) {
    self = (int)(long)argument;
    for (;;) {
        wait(&told[self]);
        if (order[self] == 'e') return NULL;
        if (order[self] != 'n') mask(order[self] == 'b' ? SIG_BLOCK : SIG_UNBLOCK);
        sem_post(&taken);
    }
}

static void tell(int thread, char what) {
    order[thread] = what;
    sem_post(&told[thread]);
    wait(&taken);
}

static void send(const char *when) {
    kill(getpid(), SIGUSR1);
    wait(&taken);
    if (taker != 0) tell(taker, 'n');  // it has left its handler, in which it does not want another
    printf("%s: thread %d\n", when, taker);
}

int main(void) {
    struct sigaction action = {.sa_handler = handler};
    pthread_t threads[kThreads];
    sem_init(&taken, 0, 0);
    sigaction(SIGUSR1, &action, NULL);
    mask(SIG_BLOCK);
    for (long i = 1; i < kThreads; i++) {
        sem_init(&told[i], 0, 0);
        pthread_create(&threads[i], NULL, run, (void *)i);
    }
    tell(2, 'u');
    send("only the second wants it");
    tell(1, 'u');
    tell(3, 'u');
    send("all want it");
    send("once more");
    tell(2, 'b');
    send("the second does not");
    tell(2, 'u');
    send("all want it again");
    order[3] = 'e';
    sem_post(&told[3]);
    pthread_join(threads[3], NULL);
    send("the third is gone");
    tell(1, 'b');
    send("the first does not");
    order[2] = 'e';
    sem_post(&told[2]);
    pthread_join(threads[2], NULL);
    tell(1, 'u');
    send("only the first is left");
    mask(SIG_UNBLOCK);
    send("the main thread wants it, too");
    return 0;
}
