// nanosleep and clock_nanosleep: durations, moments, remainders.
#include "note.h"

static void nothing(int signal) {}
int main(void) {
    Time start = monotonic(), little = {0, 30000000}, none = {0, 0}, wrong = {0, 1000000000}, left = {9, 9};
    NOTE(nanosleep(&little, NULL));
    printf("%d\n", since(start) >= 29);
    NOTE(nanosleep(&none, NULL));
    NOTE(nanosleep(&wrong, NULL));
    start = monotonic();
    Time at = later(CLOCK_MONOTONIC, 30);
    GIVES(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL));
    printf("%d\n", since(start) >= 29);
    GIVES(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &none, NULL));
    at = later(CLOCK_REALTIME, 20);
    GIVES(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL));
    GIVES(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &little, NULL));
    GIVES(clock_nanosleep(99, 0, &little, NULL));
    handle(SIGALRM, nothing, 0);
    struct itimerval soon = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    at = later(CLOCK_MONOTONIC, 5000);
    GIVES(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, &left));
    printf("untouched %ld\n", (long)left.tv_sec);
    setitimer(ITIMER_REAL, &soon, NULL);
    Time ten = {10, 0};
    GIVES(clock_nanosleep(CLOCK_REALTIME, 0, &ten, &left));
    printf("left %ld\n", (long)left.tv_sec);
    Time resolution;
    NOTE(clock_getres(CLOCK_MONOTONIC, &resolution));
    printf("%ld\n", resolution.tv_nsec);
    NOTE(clock_gettime(99, &resolution));
    usleep(1000);
    NOTE(sleep(0));
    return 0;
}
