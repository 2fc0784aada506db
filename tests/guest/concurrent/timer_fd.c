// Timers as descriptors.
#include "note.h"

int main(void) {
    uint64_t n = 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec once = {{0, 0}, {0, 20000000}}, often = {{0, 10000000}, {0, 10000000}}, now, off = {0};
    NOTE(read(fd, &n, 8));
    NOTE(timerfd_settime(fd, 0, &once, NULL));
    NOTE(timerfd_gettime(fd, &now));
    printf("runs %d\n", now.it_value.tv_nsec > 0);
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    NOTE(poll(&watch, 1, 5000));
    NOTE(read(fd, &n, 8));
    printf("%d\n", (int)n);
    NOTE(read(fd, &n, 8));
    NOTE(read(fd, &n, 4));
    NOTE(timerfd_settime(fd, 0, &often, NULL));
    nap(75);
    NOTE(read(fd, &n, 8));
    printf("several %d\n", n >= 5 && n <= 20);
    NOTE(timerfd_settime(fd, 0, &off, &now));
    printf("interval %ld\n", now.it_interval.tv_nsec);
    NOTE(poll(&watch, 1, 20));
    int waits = timerfd_create(CLOCK_REALTIME, 0);
    struct itimerspec absolute = {{0, 0}, later(CLOCK_REALTIME, 20)};
    NOTE(timerfd_settime(waits, TFD_TIMER_ABSTIME, &absolute, NULL));
    NOTE(read(waits, &n, 8));
    printf("%d\n", (int)n);
    struct itimerspec wrong = {{0, 0}, {0, 1000000000}};
    NOTE(timerfd_settime(fd, 0, &wrong, NULL));
    NOTE(timerfd_settime(0, 0, &once, NULL));
    NOTE(timerfd_create(77, 0));
    NOTE(write(fd, &n, 8));
    return 0;
}
