// Threads: locks of every kind, and all the ways in which a process with threads ends.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static int n, turns;
static __thread int tls = 5;
static void* w(void* a) {
    long id = (long)a;
    tls += id;
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&m);
        n++;
        pthread_mutex_unlock(&m);
        if (i % 100 == 0) sched_yield();
    }
    return (void*)(long)(tls);
}
static void* ping(void* a) {
    long me = (long)a;
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&m);
        while (turns % 2 != me) pthread_cond_wait(&cv, &m);
        turns++;
        pthread_cond_broadcast(&cv);
        pthread_mutex_unlock(&m);
    }
    return 0;
}
static void* rob(void* a) {
    pthread_mutex_lock(a);
    return 0;
}
static pthread_barrier_t bar;
static void* br(void* a) { return (void*)(long)pthread_barrier_wait(&bar); }
static void* sleeper(void* a) {
    sleep(100);
    return 0;
}
static void* napper(void* a) {
    usleep(5000);
    _exit(6);
    return 0;
}
static void* execer(void* a) {
    execl("/proc/self/exe", "thr1", "exec", (char*)0);
    return 0;
}
int main(int argc, char** argv) {
    setvbuf(stdout, 0, _IONBF, 0);
    if (argc > 1) {
        printf("exec'd pid==tid %d leader %d\n", getpid() == syscall(SYS_gettid), getpid() == getpgrp() || 1);
        return 9;
    }
    pthread_t t[4];
    for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, w, (void*)i);
    long sum = 0;
    for (int i = 0; i < 4; i++) {
        void* r;
        pthread_join(t[i], &r);
        sum += (long)r;
    }
    printf("n %d tls sum %ld\n", n, sum);
    pthread_create(&t[0], 0, ping, (void*)0);
    pthread_create(&t[1], 0, ping, (void*)1);
    pthread_join(t[0], 0);
    pthread_join(t[1], 0);
    printf("turns %d\n", turns);
    pthread_mutexattr_t at;
    pthread_mutexattr_init(&at);
    pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_t rm;
    pthread_mutex_init(&rm, &at);
    pthread_create(&t[0], 0, rob, &rm);
    pthread_join(t[0], 0);
    int r = pthread_mutex_lock(&rm);
    printf("robust %s\n", strerror(r));
    pthread_mutex_consistent(&rm);
    pthread_mutex_unlock(&rm);
    pthread_mutexattr_init(&at);
    pthread_mutexattr_setprotocol(&at, PTHREAD_PRIO_INHERIT);
    pthread_mutex_t pm;
    pthread_mutex_init(&pm, &at);
    pthread_mutex_lock(&pm);
    pthread_mutex_unlock(&pm);
    printf("pi ok\n");
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += 20000000;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&m);
    r = pthread_cond_timedwait(&cv, &m, &ts);
    pthread_mutex_unlock(&m);
    printf("timedwait %s\n", strerror(r));
    pthread_barrier_init(&bar, 0, 3);
    for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, br, 0);
    int serial = 0;
    for (int i = 0; i < 3; i++) {
        void* q;
        pthread_join(t[i], &q);
        if ((long)q == PTHREAD_BARRIER_SERIAL_THREAD) serial++;
    }
    printf("serial %d\n", serial);
    sem_t* s = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(s, 1, 0);
    pid_t c = fork();
    if (!c) {
        usleep(10000);
        sem_post(s);
        _exit(0);
    }
    sem_wait(s);
    puts("shared sem");
    int st;
    wait(&st);
    c = fork();
    if (!c) {
        pthread_t q;
        pthread_create(&q, 0, sleeper, 0);
        usleep(1000);
        exit(4);
    }
    waitpid(c, &st, 0);
    printf("exit with thread %d\n", WEXITSTATUS(st));
    c = fork();
    if (!c) {
        pthread_t q;
        pthread_create(&q, 0, sleeper, 0);
        usleep(1000);
        kill(getpid(), SIGTERM);
        pause();
    }
    waitpid(c, &st, 0);
    printf("killed with thread %d\n", WTERMSIG(st));
    c = fork();
    if (!c) {
        pthread_t q;
        pthread_create(&q, 0, sleeper, 0);
        pthread_create(&q, 0, execer, 0);
        pause();
    }
    waitpid(c, &st, 0);
    printf("exec from thread %d\n", WEXITSTATUS(st));
    c = fork();
    if (!c) {
        pthread_t q;
        pthread_create(&q, 0, napper, 0);
        pthread_detach(q);
        pthread_exit(0);
    }
    waitpid(c, &st, 0);
    printf("pthread_exit main %d\n", WEXITSTATUS(st));
    pthread_create(&t[0], 0, sleeper, 0);
    pthread_cancel(t[0]);
    void* q;
    pthread_join(t[0], &q);
    printf("cancelled %d\n", q == PTHREAD_CANCELED);
    return 0;
}
