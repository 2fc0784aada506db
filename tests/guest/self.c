// What a process finds out about itself in /proc, as far as it is the same everywhere.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(void) {
    char text[4096], path[64];
    FILE *f = fopen("/proc/self/maps", "r");
    int stack = 0, heap = 0, self = 0, executable = 0;
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = 0;
    free(malloc(10));
    while (fgets(text, sizeof text, f)) {
        stack += strstr(text, "[stack]") != NULL;
        heap += strstr(text, "[heap]") != NULL;
        self += strstr(text, exe) != NULL;
        unsigned long from, to;
        char rights[8];
        sscanf(text, "%lx-%lx %7s", &from, &to, rights);
        if ((unsigned long)main >= from && (unsigned long)main < to) executable = strcmp(rights, "r-xp") == 0;
    }
    fclose(f);
    printf("stack %d self %d executable %d\n", stack, self >= 2, executable);
    f = fopen("/proc/self/status", "r");
    while (fgets(text, sizeof text, f)) {
        int pid;
        if (sscanf(text, "Pid: %d", &pid) == 1) printf("pid %d\n", pid == getpid());
        if (strncmp(text, "Threads:", 8) == 0 || strncmp(text, "State:", 6) == 0) fputs(text, stdout);
    }
    fclose(f);
    snprintf(path, sizeof path, "/proc/%d/cmdline", getpid());
    int fd = open(path, O_RDONLY);
    n = read(fd, text, sizeof text);
    close(fd);
    printf("cmdline ends with 0: %d\n", n > 0 && text[n - 1] == 0);
    fd = open("/proc/self/pagemap", O_RDONLY);
    static volatile char page[8192];
    page[4096] = 1;
    unsigned long entry = 0;
    if (pread(fd, &entry, 8, (off_t)((unsigned long)&page[4096] / 4096 * 8)) == 8) printf("present %d\n", (int)(entry >> 63));
    close(fd);
    symlink("/proc/self/cwd", "/tmp/unused");
    unlink("/tmp/unused");
    char cwd[4096], linked[4096];
    n = readlink("/proc/self/cwd", linked, sizeof linked - 1);
    linked[n > 0 ? n : 0] = 0;
    printf("cwd %d\n", getcwd(cwd, sizeof cwd) && strcmp(cwd, linked) == 0);
    struct utsname u;
    uname(&u);
    printf("%s %s\n", u.sysname, u.machine);
    struct stat st;
    printf("%d ", stat("/dev/null", &st));
    printf("%o\n", st.st_mode);
    printf("%d %d\n", access("/proc/self/fd/0", F_OK), access("/proc/999999", F_OK));
    printf("%d\n", open("/dev/fd/77", O_RDONLY));
    return heap > 3;
}
