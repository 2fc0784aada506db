// Timers that run a function in a thread, and that signal one thread.
#include "note.h"

static sem_t called;
static int value;
static void run(union sigval v) {
    value = v.sival_int;
    sem_post(&called);
}
static __thread int mine;
static void count(int signal) { mine++; }
static sem_t ready;
static pid_t number;
static void *target(void *unused) {
    number = (pid_t)syscall(SYS_gettid);
    sem_post(&ready);
    while (!mine) nap(1);
    return (void *)(long)mine;
}
int main(void) {
    sem_init(&called, 0, 0);
    sem_init(&ready, 0, 0);
    timer_t timer;
    struct sigevent event = {0};
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = run;
    event.sigev_value.sival_int = 33;
    NOTE(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec soon = {{0, 0}, {0, 10000000}};
    timer_settime(timer, 0, &soon, NULL);
    sem_wait(&called);
    printf("value %d\n", value);
    timer_delete(timer);
    handle(SIGUSR1, count, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, target, NULL);
    sem_wait(&ready);
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
#ifdef __GLIBC__
    event._sigev_un._tid = number;
#else
    event.sigev_notify_thread_id = number;
#endif
    NOTE(timer_create(CLOCK_MONOTONIC, &event, &timer));
    timer_settime(timer, 0, &soon, NULL);
    void *result;
    pthread_join(thread, &result);
    printf("thread %ld main %d\n", (long)result, mine);
    return 0;
}
