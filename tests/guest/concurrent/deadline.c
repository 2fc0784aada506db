// A watchdog: a thread that works until SIGALRM tells it to stop, many times.
#include "note.h"

static volatile sig_atomic_t stop;
static void ring(int signal) { stop = 1; }
static unsigned long work(void) {
    unsigned long rounds = 0;
    while (!stop) rounds++;
    return rounds;
}
int main(void) {
    handle(SIGALRM, ring, 0);
    for (int i = 0; i < 5; i++) {
        stop = 0;
        struct itimerval soon = {{0, 0}, {0, 5000}};
        setitimer(ITIMER_REAL, &soon, NULL);
        printf("worked %d\n", work() > 0);
    }
    double f = 1.5;
    stop = 0;
    struct itimerval often = {{0, 1000}, {0, 1000}};
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 200000; i++) f = f * 1.0000001 + 1e-9;  // registers of the FPU survive handlers
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    double g = 1.5;
    for (int i = 0; i < 200000; i++) g = g * 1.0000001 + 1e-9;
    printf("same %d\n", f == g);
    return 0;
}
