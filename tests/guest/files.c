// Regular files: flags of open, positions, holes, append, truncation, unlinked files, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char buffer[10000];
#define SHOW(call)                                                                          \
    do {                                                                                    \
        errno = 0;                                                                          \
        long result_ = (long)(call);                                                        \
        printf("%s = %ld%s%s\n", #call, result_, result_ < 0 ? " " : "", result_ < 0 ? strerrorname_np(errno) : ""); \
    } while (0)

int main(void) {
    char dir[] = "/tmp/guestXXXXXX";
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    umask(022);
    int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666), other;
    struct stat st;
    SHOW(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
    SHOW(write(fd, "0123456789", 10));
    SHOW(lseek(fd, 5, SEEK_SET));
    SHOW(read(fd, buffer, 100));
    SHOW(read(fd, buffer, 100));
    SHOW(pread(fd, buffer, 3, 2));
    printf("%.3s\n", buffer);
    SHOW(pwrite(fd, "XY", 2, 4));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, -100, SEEK_CUR));
    SHOW(lseek(fd, 0, 99));
    SHOW(lseek(fd, 8190, SEEK_SET));
    SHOW(write(fd, "end", 3));
    fstat(fd, &st);
    printf("size %ld mode %o links %d\n", (long)st.st_size, st.st_mode, (int)st.st_nlink);
    SHOW(pread(fd, buffer, 10000, 0));
    int zeroes = 0;
    for (int i = 10; i < 8190; i++) zeroes += buffer[i] == 0;
    printf("%d %.10s %.3s\n", zeroes, buffer, buffer + 8190);
    SHOW(ftruncate(fd, 7));
    SHOW(ftruncate(fd, 9));
    SHOW(pread(fd, buffer, 100, 0));
    printf("%d %d\n", buffer[7], buffer[8]);
    SHOW(ftruncate(fd, -1));
    other = open("a", O_WRONLY | O_APPEND);
    SHOW(write(other, "tail", 4));
    SHOW(read(other, buffer, 1));
    SHOW(lseek(other, 0, SEEK_CUR));
    struct iovec v[3] = {{"one ", 4}, {"", 0}, {"two", 3}};
    SHOW(writev(other, v, 3));
    SHOW(lseek(fd, 9, SEEK_SET));
    struct iovec r[2] = {{buffer, 4}, {buffer + 100, 50}};
    SHOW(readv(fd, r, 2));
    printf("%.4s|%.7s\n", buffer, buffer + 100);
    SHOW(unlink("a"));
    SHOW(open("a", O_RDONLY));
    SHOW(pread(fd, buffer, 4, 0));
    fstat(fd, &st);
    printf("links %d\n", (int)st.st_nlink);
    SHOW(open(".", O_WRONLY));
    SHOW(open("a/b", O_RDONLY));
    SHOW(open("", O_RDONLY));
    SHOW(open("x/", O_RDWR | O_CREAT, 0600));
    SHOW(open(NULL, O_RDONLY));
    SHOW(close(fd));
    SHOW(close(fd));
    SHOW(read(fd, buffer, 1));
    SHOW(write(-1, buffer, 1));
    SHOW(read(0, (void *)-4096L, 10) < 0);
    fd = open("b", O_RDWR | O_CREAT | O_TRUNC, 0640);
    SHOW(write(fd, (void *)8, 5));
    SHOW(write(fd, NULL, 0));
    fstat(fd, &st);
    printf("mode %o\n", st.st_mode);
    FILE *f = fopen("c", "w+");
    for (int i = 0; i < 1000; i++) fprintf(f, "line %d\n", i);
    rewind(f);
    int lines = 0;
    while (fgets(buffer, sizeof buffer, f)) lines++;
    fseek(f, -10, SEEK_END);
    fgets(buffer, sizeof buffer, f);
    printf("%d lines, %ld, %s", lines, ftell(f), buffer);
    fclose(f);
    SHOW(truncate("c", 100));
    SHOW(stat("c", &st));
    printf("%ld\n", (long)st.st_size);
    SHOW(unlink("b"));
    SHOW(unlink("c"));
    SHOW(chdir("/"));
    SHOW(rmdir(dir));
    return 0;
}
