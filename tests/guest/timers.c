// Time that only goes forward: nanosleep, clocks, setitimer, timerfd, alarm; what is printed does not depend on speed.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)

static volatile int ticks;
static void handler(int s) { (void)s, ticks++; }
static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
    int64_t begin = now();
    struct timespec tenth = {0, 20000000}, left = {0, 0};
    printf("sleep %d, ", nanosleep(&tenth, NULL));
    printf("long enough %d\n", now() - begin >= 20000000);
    int forward = 1;
    int64_t previous = now();
    for (int i = 0; i < 1000; i++) {
        int64_t next = now();
        forward &= next >= previous;
        previous = next;
    }
    printf("forward %d\n", forward);
    signal(SIGALRM, handler);
    struct itimerval every = {{0, 5000}, {0, 5000}};
    setitimer(ITIMER_REAL, &every, NULL);
    while (ticks < 3) pause();
    struct itimerval off = {{0, 0}, {0, 0}}, was;
    setitimer(ITIMER_REAL, &off, &was);
    printf("ticks %d, interval %ld\n", ticks >= 3, (long)was.it_interval.tv_usec);
    struct timespec second = {1, 0};
    struct itimerval soon = {{0, 0}, {0, 10000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    NOTE(nanosleep(&second, &left));
    printf("some left %d\n", left.tv_nsec > 0);
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec spec = {{0, 0}, {0, 10000000}};
    uint64_t expirations = 0;
    timerfd_settime(fd, 0, &spec, NULL);
    NOTE((int)read(fd, &expirations, 8));
    usleep(15000);
    printf("%d", (int)read(fd, &expirations, 8));
    printf(" %d\n", (int)expirations);
    struct timespec bad = {0, 1000000000};
    NOTE(nanosleep(&bad, NULL));
    struct timespec target;
    clock_gettime(CLOCK_MONOTONIC, &target);
    target.tv_nsec += 5000000;
    if (target.tv_nsec >= 1000000000) target.tv_nsec -= 1000000000, target.tv_sec++;
    printf("%d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target, NULL));
    printf("%u\n", alarm(100));
    printf("%d\n", alarm(0) > 90);
    struct timespec resolution;
    clock_getres(CLOCK_MONOTONIC, &resolution);
    printf("%ld %ld\n", (long)resolution.tv_sec, resolution.tv_nsec);
    printf("%d\n", time(NULL) > 1000000000);
    struct tm tm = {.tm_year = 123, .tm_mon = 10, .tm_mday = 14, .tm_hour = 22, .tm_min = 13, .tm_sec = 20};
    char text[64];
    time_t t = timegm(&tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %j", gmtime(&t));
    printf("%ld %s\n", (long)t, text);
    return 0;
}
