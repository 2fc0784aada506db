// Signals to one thread and to the process; masks are inherited.
#include "note.h"

static __thread int mine;
static void count(int signal) {
    (void)signal;
    mine++;
}
static sem_t ready, go;
static void *waits(void *unused) {
    sem_post(&ready);
    sem_wait(&go);
    return (void *)(long)mine;
}
static void *blocked(void *unused) {
    sigset_t now;
    pthread_sigmask(0, NULL, &now);
    printf("inherited %d\n", sigismember(&now, SIGUSR2));
    sem_post(&ready);
    int signal = 0;
    sigset_t set = only(SIGUSR2);
    printf("sigwait %s", strerrorname_np(sigwait(&set, &signal)));
    printf(" got it %d\n", signal == SIGUSR2);
    return NULL;
}
int main(void) {
    sem_init(&ready, 0, 0);
    sem_init(&go, 0, 0);
    handle(SIGUSR1, count, SA_RESTART);
    pthread_t a, b;
    pthread_create(&a, NULL, waits, NULL);
    pthread_create(&b, NULL, waits, NULL);
    sem_wait(&ready);
    sem_wait(&ready);
    for (int i = 0; i < 3; i++) {
        pthread_kill(a, SIGUSR1);
        nap(10);
    }
    GIVES(pthread_kill(b, 0));
    GIVES(pthread_kill(b, 1000));
    sem_post(&go);
    sem_post(&go);
    void *inA, *inB;
    pthread_join(a, &inA);
    pthread_join(b, &inB);
    printf("a %ld b %ld main %d\n", (long)inA, (long)inB, mine);
    sigset_t set = only(SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&a, NULL, blocked, NULL);
    sem_wait(&ready);
    kill(getpid(), SIGUSR2);
    pthread_join(a, NULL);
    // To the thread itself, and to one by its number.
    mine = 0;
    raise(SIGUSR1);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
    printf("main %d\n", mine);
    NOTE(syscall(SYS_tgkill, getpid(), 99999, SIGUSR1));
    NOTE(syscall(SYS_tgkill, -1, 1, SIGUSR1));
    return 0;
}
