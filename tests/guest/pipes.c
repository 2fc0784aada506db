// Pipes: order, capacity, end of file, EPIPE, O_NONBLOCK, atomic writes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)

static char big[200000];

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    int p[2];
    if (pipe(p)) return 1;
    printf("%d ", (int)write(p[1], "hello", 5));
    printf("%d\n", (int)read(p[0], big, 100));
    fcntl(p[1], F_SETFL, O_NONBLOCK);
    long filled = 0, n;
    while ((n = write(p[1], big, 4096)) > 0) filled += n;
    printf("capacity ");
    NOTE(filled);
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    long drained = 0;
    while ((n = read(p[0], big, 10000)) > 0) drained += n;
    printf("drained ");
    NOTE(drained);
    printf("size %d\n", fcntl(p[1], F_GETPIPE_SZ));
    signal(SIGPIPE, SIG_IGN);
    close(p[0]);
    n = write(p[1], "x", 1);
    printf("no reader ");
    NOTE(n);
    close(p[1]);
    if (pipe(p)) return 1;
    pid_t child = fork();
    if (child == 0) {
        close(p[0]);
        memset(big, 'a', sizeof big);
        ssize_t done = write(p[1], big, sizeof big);  // more than fits: sleeps
        _exit(done == sizeof big ? 0 : 1);
    }
    close(p[1]);
    long total = 0;
    while ((n = read(p[0], big, sizeof big)) > 0) {
        for (long i = 0; i < n; i++) total += big[i] == 'a';
    }
    int status;
    waitpid(child, &status, 0);
    printf("through %ld, writer %d, end %ld\n", total, WEXITSTATUS(status), n);
    close(p[0]);
    if (pipe2(p, O_CLOEXEC)) return 1;
    child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        close(p[0]);
        for (;;)
            if (write(p[1], big, 1000) < 0) _exit(1);
    }
    close(p[1]);
    n = read(p[0], big, 1000);
    close(p[0]);
    waitpid(child, &status, 0);
    printf("killed by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
    return 0;
}
