// What read, write and their relatives check, and in which order: position, descriptor, kind of file, rights, address.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char* error(long result) { return result < 0 ? strerrorname_np(errno) : "-"; }

int main(void) {
    char name[] = "/tmp/transfers";
    int both = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600), reads = open(name, O_RDONLY), writes = open(name, O_WRONLY);
    int ends[2];
    if (pipe(ends) != 0) return 1;
    const int files[] = {both, reads, writes, ends[0], ends[1], 99};
    static const char* const names[] = {"both", "reads", "writes", "pipe out", "pipe in", "none"};
    static const long calls[] = {SYS_read, SYS_write, SYS_pread64, SYS_pwrite64};
    static const char* const callNames[] = {"read", "write", "pread64", "pwrite64"};
    static char buffer[8] = "abcdefg";
    for (int c = 0; c < 4; c++)
        for (int f = 0; f < 6; f++) {
            printf("%s %s:", callNames[c], names[f]);
            const long sizes[] = {-1, 1L << 63, 3};
            for (int s = 0; s < 3; s++)
                for (long at = -1; at < 1; at++) {
                    if (s == 2 && c == 0 && f == 3) continue;  // would wait
                    long result = syscall(calls[c], files[f], buffer, sizes[s], at);
                    printf(" %ld %s", result, error(result));
                }
            long result = syscall(calls[c], files[f], (void*)(1L << 50), 1, 0L);
            printf(" %ld %s\n", result, error(result));
        }
    // Several buffers, one of which ends in memory that is not there.
    char tail[16] = "";
    struct iovec parts[] = {{buffer, 3}, {NULL, 0}, {buffer + 3, 4}}, into[] = {{tail, 2}, {tail + 8, 8}};
    printf("%ld ", (long)pwritev(both, parts, 3, 1));
    printf("%ld %s %s\n", (long)preadv(both, into, 2, 2), tail, tail + 8);
    into[1].iov_base = (void*)8;
    long result = preadv(both, into, 2, 0);
    printf("%ld %s\n", result, error(result));
    result = preadv(both, into + 1, 1, 0);
    printf("%ld %s\n", result, error(result));
    parts[1] = (struct iovec){(void*)8, 2};
    result = pwritev(both, parts, 3, 100);
    printf("%ld %s %ld\n", result, error(result), (long)lseek(both, 0, SEEK_END));
    unlink(name);
    return 0;
}
