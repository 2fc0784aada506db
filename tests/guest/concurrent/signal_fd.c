// Signals read from a descriptor.
#include "note.h"

int main(void) {
    sigset_t set = only(SIGUSR1);
    sigaddset(&set, SIGRTMIN + 2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    printf("made %d\n", fd >= 0);
    struct signalfd_siginfo info[4];
    NOTE(read(fd, info, sizeof info));
    NOTE(read(fd, info, 10));
    kill(getpid(), SIGUSR1);
    union sigval value = {.sival_int = 5};
    sigqueue(getpid(), SIGRTMIN + 2, value);
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    NOTE(poll(&watch, 1, 0));
    long n = read(fd, info, sizeof info) / (long)sizeof info[0];
    for (long i = 0; i < n; i++)
        printf("USR1 %d value %d code %d\n", info[i].ssi_signo == SIGUSR1, (int)info[i].ssi_int * (info[i].ssi_code == SI_QUEUE),
               info[i].ssi_code);
    NOTE(poll(&watch, 1, 0));
    set = only(SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    NOTE(signalfd(fd, &set, 0) == fd);
    kill(getpid(), SIGUSR1);
    NOTE(poll(&watch, 1, 0));
    kill(getpid(), SIGUSR2);
    NOTE(poll(&watch, 1, 0));
    NOTE(signalfd(0, &set, 0));
    NOTE(signalfd(-1, &set, 0x12345));
    return 0;
}
