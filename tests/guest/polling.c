// poll, select, epoll, eventfd, socketpair, signalfd: what is ready and when.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    int p[2], q[2];
    if (pipe(p) || pipe(q)) return 1;
    struct pollfd f[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {-1, POLLIN, 7}};
    printf("%d ", poll(f, 3, 0));
    printf("%x %x %x\n", f[0].revents, f[1].revents, f[2].revents);
    if (write(p[1], "x", 1) != 1) return 1;
    printf("%d ", poll(f, 1, -1));
    printf("%x\n", f[0].revents);
    char c;
    if (read(p[0], &c, 1) != 1) return 1;
    printf("timeout %d\n", poll(f, 1, 5));
    pid_t child = fork();
    if (child == 0) {
        usleep(10000);
        if (write(p[1], "y", 1) != 1) _exit(1);
        _exit(0);
    }
    printf("woken %d ", poll(f, 1, 5000));
    printf("%x\n", f[0].revents);
    waitpid(child, NULL, 0);
    if (read(p[0], &c, 1) != 1) return 1;
    close(p[1]);
    printf("hung up %d ", poll(f, 1, 0));
    printf("%x\n", f[0].revents);
    f[0].fd = 900;
    printf("bad %d ", poll(f, 1, 0));
    printf("%x\n", f[0].revents);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(q[0], &in);
    FD_SET(q[1], &out);
    struct timeval none = {0, 0};
    printf("select %d ", select(q[1] + 1, &in, &out, NULL, &none));
    printf("%d %d\n", !!FD_ISSET(q[0], &in), !!FD_ISSET(q[1], &out));
    int e = epoll_create1(0), v = eventfd(3, EFD_NONBLOCK);
    struct epoll_event event = {EPOLLIN, {.u32 = 11}}, got[4];
    printf("add %d", epoll_ctl(e, EPOLL_CTL_ADD, v, &event));
    event.data.u32 = 12;
    printf(" %d", epoll_ctl(e, EPOLL_CTL_ADD, q[0], &event));
    printf(" ");
    NOTE(epoll_ctl(e, EPOLL_CTL_ADD, q[0], &event));
    int n = epoll_wait(e, got, 4, 0);
    printf("ready %d %u %x\n", n, got[0].data.u32, got[0].events);
    uint64_t value;
    if (read(v, &value, 8) != 8) return 1;
    printf("eventfd %lu\n", (unsigned long)value);
    NOTE((int)read(v, &value, 8));
    if (write(q[1], "abc", 3) != 3) return 1;
    n = epoll_wait(e, got, 4, -1);
    printf("ready %d %u\n", n, got[0].data.u32);
    event.events = EPOLLIN | EPOLLET;
    printf("modify %d\n", epoll_ctl(e, EPOLL_CTL_MOD, q[0], &event));
    n = epoll_wait(e, got, 4, 0);
    printf("edge %d", n);
    printf(" %d\n", epoll_wait(e, got, 4, 0));
    printf("delete %d\n", epoll_ctl(e, EPOLL_CTL_DEL, q[0], NULL));
    printf("none %d\n", epoll_wait(e, got, 4, 1));
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s)) return 1;
    if (write(s[0], "ping", 4) != 4) return 1;
    char text[10] = {0};
    n = (int)read(s[1], text, 10);
    printf("socket %d %s", n, text);
    n = (int)send(s[1], "pong!", 5, 0);
    memset(text, 0, sizeof text);
    n = (int)recv(s[0], text, 10, 0);
    printf(" %d %s\n", n, text);
    shutdown(s[0], SHUT_WR);
    printf("shut %d\n", (int)read(s[1], text, 10));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int sf = signalfd(-1, &set, SFD_NONBLOCK);
    struct signalfd_siginfo info;
    NOTE((int)read(sf, &info, sizeof info));
    raise(SIGUSR1);
    printf("%d", (int)read(sf, &info, sizeof info));
    printf(" %d\n", (int)info.ssi_signo);
    NOTE(socket(AF_INET6 + 100, SOCK_STREAM, 0));
    return 0;
}
