// Which calls go on after a handler, with SA_RESTART and without.
#include "note.h"

static void nothing(int signal) {}
static void soon(int ms) {
    struct itimerval timer = {{0, 0}, {0, ms * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}
int main(void) {
    int pipes[2], status;
    char c;
    pipe(pipes);
    for (int restart = 0; restart < 2; restart++) {
        handle(SIGALRM, nothing, restart ? SA_RESTART : 0);
        printf("SA_RESTART %d\n", restart);
        pid_t child = fork();
        if (child == 0) {
            nap(80);
            write(pipes[1], "x", 1);
            nap(80);
            _exit(3);
        }
        soon(20);
        NOTE(read(pipes[0], &c, 1));
        soon(20);
        NOTE(waitpid(child, &status, 0) == child ? 1 : -1);
        if (!restart) {
            read(pipes[0], &c, 1);
            waitpid(child, &status, 0);
        }
        soon(20);
        NOTE(poll(NULL, 0, 5000));
        soon(20);
        NOTE(select(0, NULL, NULL, NULL, &(struct timeval){5, 0}));
        soon(20);
        Time five = {5, 0}, left = {0, 0};
        NOTE(nanosleep(&five, &left));
        printf("left %ld\n", (long)left.tv_sec);
        soon(20);
        GIVES(clock_nanosleep(CLOCK_MONOTONIC, 0, &five, &left));
        soon(20);
        NOTE(pause());
        int word = 0;
        soon(20);
        Time some = {0, 100000000};
        NOTE(futex(&word, FUTEX_WAIT, 0, &some, NULL, 0));
    }
    return 0;
}
