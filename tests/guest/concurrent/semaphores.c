// Unnamed semaphores between threads and processes.
#include "note.h"

static sem_t semaphore;
static void *posts(void *unused) {
    for (int i = 0; i < 3; i++) sem_post(&semaphore);
    return unused;
}
static void nothing(int signal) { (void)signal; }
int main(void) {
    int value;
    NOTE(sem_init(&semaphore, 0, 2));
    NOTE(sem_trywait(&semaphore));
    NOTE(sem_wait(&semaphore));
    NOTE(sem_trywait(&semaphore));
    Time end = later(CLOCK_REALTIME, 20), wrong = {0, 2000000000};
    NOTE(sem_timedwait(&semaphore, &end));
    NOTE(sem_timedwait(&semaphore, &wrong));
    pthread_t thread;
    pthread_create(&thread, NULL, posts, NULL);
    for (int i = 0; i < 3; i++) sem_wait(&semaphore);
    pthread_join(thread, NULL);
    NOTE(sem_getvalue(&semaphore, &value));
    printf("value %d\n", value);
    // A handler without SA_RESTART ends the wait; with it, it goes on.
    handle(SIGALRM, nothing, 0);
    struct itimerval soon = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    NOTE(sem_wait(&semaphore));
    sem_t *between = shared(sizeof *between);
    NOTE(sem_init(between, 1, 0));
    if (fork() == 0) {
        nap(10);
        sem_post(between);
        _exit(0);
    }
    NOTE(sem_wait(between));
    wait(NULL);
    sem_t full;
    sem_init(&full, 0, SEM_VALUE_MAX);
    NOTE(sem_post(&full));
    NOTE(sem_init(&full, 0, (unsigned)SEM_VALUE_MAX + 1));
    return 0;
}
