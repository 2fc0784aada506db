// timer_create in its kinds.
#include "note.h"

static volatile int ticks, lastValue, lastCode;
static void tick(int signal, siginfo_t *info, void *context) {
    ticks++;
    lastValue = info->si_value.sival_int;
    lastCode = info->si_code;
}
int main(void) {
    timer_t timer, silent, third;
    struct sigevent event = {0};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN;
    event.sigev_value.sival_int = 77;
    handleInfo(SIGRTMIN, tick, 0);
    NOTE(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec once = {{0, 0}, {0, 20000000}}, now, often = {{0, 10000000}, {0, 10000000}}, off = {0};
    NOTE(timer_gettime(timer, &now));
    printf("off %ld %ld\n", (long)now.it_value.tv_sec, now.it_value.tv_nsec);
    NOTE(timer_settime(timer, 0, &once, NULL));
    NOTE(timer_gettime(timer, &now));
    printf("runs %d\n", now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 20000000);
    while (!ticks) nap(1);
    printf("ticks %d value %d code %s\n", ticks, lastValue, lastCode == SI_TIMER ? "TIMER" : "?");
    // Expirations that nobody took are counted.
    sigset_t set = only(SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    timer_settime(timer, 0, &often, NULL);
    nap(100);
    siginfo_t info;
    sigwaitinfo(&set, &info);
    NOTE(timer_settime(timer, 0, &off, NULL));
    printf("overrun %d\n", info.si_overrun >= 5 && info.si_overrun <= 20);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    event.sigev_notify = SIGEV_NONE;
    NOTE(timer_create(CLOCK_REALTIME, &event, &silent));
    NOTE(timer_settime(silent, 0, &once, NULL));
    nap(40);
    NOTE(timer_gettime(silent, &now));
    printf("expired %ld\n", now.it_value.tv_nsec);
    ticks = 0;
    Time at = later(CLOCK_MONOTONIC, 30);
    struct itimerspec absolute = {{0, 0}, at};
    NOTE(timer_settime(timer, TIMER_ABSTIME, &absolute, NULL));
    while (!ticks) nap(1);
    printf("ticks %d\n", ticks);
    struct itimerspec wrong = {{0, 0}, {0, -5}};
    NOTE(timer_settime(timer, 0, &wrong, NULL));
    NOTE(timer_create(99, NULL, &third));
    NOTE(timer_delete(timer));
    NOTE(timer_delete(silent));
    NOTE(syscall(SYS_timer_delete, 12345));
    return 0;
}
