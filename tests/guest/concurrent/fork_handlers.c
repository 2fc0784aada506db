// fork in a process with threads: one goes along, pthread_atfork in order.
#include "note.h"

static void before1(void) { puts("prepare 1"); }
static void parent1(void) { puts("parent 1"); }
static int inChild[2], marks;
static void child1(void) { inChild[marks++] = 1; }
static void before2(void) { puts("prepare 2"); }
static void parent2(void) { puts("parent 2"); }
static void child2(void) { inChild[marks++] = 2; }
static sem_t ready;
static void *waits(void *unused) {
    sem_post(&ready);
    for (;;) pause();
    return unused;
}
static int threads(void) {
    char line[200];
    int n = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status)) sscanf(line, "Threads: %d", &n);
    fclose(status);
    return n;
}
int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    sem_init(&ready, 0, 0);
    pthread_t thread;
    for (int i = 0; i < 2; i++) {
        pthread_create(&thread, NULL, waits, NULL);
        sem_wait(&ready);
    }
    pthread_atfork(before1, parent1, child1);
    pthread_atfork(before2, parent2, child2);
    printf("threads %d\n", threads());
    int gate[2];
    pipe(gate);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char c;
        read(gate[0], &c, 1);
        printf("child %d %d\nthreads in the child %d\n", inChild[0], inChild[1], threads());
        _exit(0);
    }
    write(gate[1], "x", 1);
    wait(NULL);
    return 0;
}
