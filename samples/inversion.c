// Priority inversion: a high-priority thread waits for a mutex that a low one holds, while a middle one keeps the low
// one off the CPU. The argument "inherit" makes the holder run at the priority of whoever waits.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t mutex;
static sem_t held, started;
static volatile int middleRuns = 1;

static void spin(unsigned long n) {
    for (volatile unsigned long i = 0; i < n; i++) continue;
}
static void say(const char* text) {
    if (write(1, text, strlen(text)) < 0) _exit(1);
}

static void* low(void* unused) {
    pthread_mutex_lock(&mutex);
    say("low has the mutex\n");
    sem_post(&held);
    sem_wait(&started);
    spin(200000);
    say("low gives it back\n");
    pthread_mutex_unlock(&mutex);
    return unused;
}
static void* middle(void* unused) {
    say("middle computes\n");
    spin(1000000);
    middleRuns = 0;
    say("middle is done\n");
    return unused;
}
static void* high(void* unused) {
    say("high wants the mutex\n");
    pthread_mutex_lock(&mutex);
    say(middleRuns ? "high has it before middle is done\n" : "high had to wait for middle\n");
    pthread_mutex_unlock(&mutex);
    return unused;
}

static pthread_t start(void* (*function)(void*), int priority) {
    pthread_attr_t attributes;
    struct sched_param parameter = {.sched_priority = priority};
    pthread_attr_init(&attributes);
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    pthread_attr_setschedparam(&attributes, &parameter);
    pthread_t thread;
    if (pthread_create(&thread, &attributes, function, NULL) != 0) say("no real-time priority allowed\n"), _exit(1);
    return thread;
}

int main(int argc, char** argv) {
    struct sched_param most = {.sched_priority = 90};
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (argc > 1 && strcmp(argv[1], "inherit") == 0) pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &attributes);
    sem_init(&held, 0, 0);
    sem_init(&started, 0, 0);
    sched_setscheduler(0, SCHED_FIFO, &most);
    pthread_t threads[3];
    threads[0] = start(low, 10);
    sem_wait(&held);  // main has the highest priority of all: the others only run when it waits
    threads[2] = start(high, 30);
    threads[1] = start(middle, 20);
    sem_post(&started);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    return 0;
}
