// dup, dup2, dup3, fcntl, close-on-exec, shared positions, flock, sendfile, copy_file_range, memfd.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call)                                                                          \
    do {                                                                                    \
        errno = 0;                                                                          \
        long result_ = (long)(call);                                                        \
        printf("%s = %ld%s%s\n", #call, result_, result_ < 0 ? " " : "", result_ < 0 ? strerrorname_np(errno) : ""); \
    } while (0)

// A call, its result, and the error it left.
#define NOTE(call)                                            \
    do {                                                      \
        errno = 0;                                            \
        long note_ = (long)(call);                            \
        printf("%ld %s\n", note_, strerrorname_np(errno));    \
    } while (0)


int main(void) {
    char path[] = "/tmp/guestXXXXXX";
    int a = mkstemp(path);
    if (write(a, "0123456789", 10) != 10) return 1;
    int b = dup(a);
    lseek(b, 3, SEEK_SET);
    SHOW(lseek(a, 0, SEEK_CUR));
    SHOW(dup2(a, 50));
    SHOW(dup2(999, 51));
    SHOW(dup2(a, -1));
    SHOW(dup3(a, 60, O_CLOEXEC));
    SHOW(dup3(a, a, 0));
    SHOW(fcntl(50, F_GETFD));
    SHOW(fcntl(60, F_GETFD));
    SHOW(fcntl(a, F_DUPFD, 70));
    SHOW(fcntl(a, F_DUPFD_CLOEXEC, 70));
    SHOW(fcntl(50, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl(50, F_GETFD));
    SHOW(fcntl(a, F_GETFL) & O_ACCMODE);
    SHOW(fcntl(a, F_SETFL, O_APPEND));
    SHOW(!!(fcntl(b, F_GETFL) & O_APPEND));
    SHOW(fcntl(999, F_GETFL));
    pid_t child = fork();
    if (child == 0) {
        lseek(a, 7, SEEK_SET);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    SHOW(lseek(a, 0, SEEK_CUR));
    int other = open(path, O_RDWR);
    SHOW(flock(a, LOCK_EX));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(b, LOCK_UN));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    int out = memfd_create("x", 0);
    off_t offset = 2;
    SHOW(sendfile(out, other, &offset, 5));
    SHOW(offset);
    off_t from = 0;
    SHOW(copy_file_range(other, &from, out, NULL, 4, 0));
    char text[32] = {0};
    SHOW(pread(out, text, 19, 0));
    puts(text);
    int n = -1;
    SHOW(lseek(out, 4, SEEK_SET));
    SHOW(ioctl(out, FIONREAD, &n));
    SHOW(n);
    SHOW(ioctl(out, TIOCGWINSZ, text));
    struct stat st;
    SHOW(close_range(50, 80, 0));
    SHOW(fstat(60, &st));
    SHOW(posix_fallocate(out, 0, 10000));
    fstat(out, &st);
    SHOW(st.st_size);
    int pathOnly = open(path, O_PATH);
    SHOW(read(pathOnly, text, 1));
    SHOW(fstat(pathOnly, &st));
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY), full = open("/dev/full", O_WRONLY);
    SHOW(write(null, "x", 1));
    SHOW(read(null, text, 5));
    SHOW(read(zero, text, 5));
    SHOW(write(full, "x", 1));
    snprintf(text, sizeof text, "/proc/self/fd/%d", other);
    int again = open(text, O_RDONLY);
    SHOW(lseek(again, 0, SEEK_CUR));
    SHOW(unlink(path));
    SHOW(access(path, F_OK));
    return 0;
}
