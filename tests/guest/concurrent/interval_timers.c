// setitimer on its three clocks, and alarm.
#include "note.h"

static volatile int real, virtual, profile;
static void count(int signal) {
    if (signal == SIGALRM) real++;
    if (signal == SIGVTALRM) virtual++;
    if (signal == SIGPROF) profile++;
}
int main(void) {
    handle(SIGALRM, count, SA_RESTART);
    handle(SIGVTALRM, count, SA_RESTART);
    handle(SIGPROF, count, SA_RESTART);
    struct itimerval often = {{0, 10000}, {0, 10000}}, now, off = {0};
    NOTE(setitimer(ITIMER_REAL, &often, NULL));
    while (real < 3) nap(1);
    NOTE(setitimer(ITIMER_REAL, &off, &now));
    printf("interval %ld\n", (long)now.it_interval.tv_usec);
    NOTE(setitimer(ITIMER_VIRTUAL, &often, NULL));
    NOTE(setitimer(ITIMER_PROF, &often, NULL));
    nap(50);
    printf("asleep: at most one of each %d\n", virtual <= 1 && profile <= 1);
    while (virtual < 3 || profile < 3) {}
    setitimer(ITIMER_VIRTUAL, &off, NULL);
    setitimer(ITIMER_PROF, &off, NULL);
    puts("all ran");
    NOTE(alarm(100));
    NOTE(alarm(50) > 90);
    NOTE(getitimer(ITIMER_REAL, &now));
    printf("%d\n", now.it_value.tv_sec >= 48);
    NOTE(alarm(0) > 40);
    NOTE(alarm(0));
    NOTE(setitimer(9, &often, NULL));
    struct itimerval wrong = {{0, 0}, {0, 1000000}};
    NOTE(setitimer(ITIMER_REAL, &wrong, NULL));
    return 0;
}
