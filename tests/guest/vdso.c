// The vDSO: its clocks stand between two system calls, and its areas are what the kernel made them, no more, no less.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOTE(call)                                                    \
    do {                                                              \
        errno = 0;                                                    \
        long note_ = (long)(call);                                    \
        printf("%s: %ld %s\n", #call, note_, strerrorname_np(errno)); \
    } while (0)

static int64_t ns(struct timespec t) { return t.tv_sec * INT64_C(1000000000) + t.tv_nsec; }

static int between(int clock) {
    struct timespec before, here, after;
    for (int i = 0; i < 300; i++) {
        syscall(SYS_clock_gettime, clock, &before);
        if (clock_gettime(clock, &here)) return 0;
        syscall(SYS_clock_gettime, clock, &after);
        if (here.tv_nsec < 0 || here.tv_nsec > 999999999 || ns(before) > ns(here) || ns(here) > ns(after)) return 0;
    }
    return 1;
}

// The area whose name begins so: its start, size and rights.
static char* area(const char* name, long* size, char rights[5]) {
    FILE* maps = fopen("/proc/self/maps", "r");
    char line[512], *found = NULL;
    unsigned long start, end;
    while (fgets(line, sizeof line, maps))
        if (strstr(line, name) && sscanf(line, "%lx-%lx %4s", &start, &end, rights) == 3)
            found = (char*)start, *size = (long)(end - start);
    fclose(maps);
    return found;
}

// That line of /proc/self/smaps.
static void row(const char* name, const char* what) {
    FILE* smaps = fopen("/proc/self/smaps", "r");
    char line[512];
    unsigned long start, end;
    int here = 0;
    while (fgets(line, sizeof line, smaps)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) here = strstr(line, name) != NULL;
        if (here && !strncmp(line, what, strlen(what))) printf("%s %s", name, line);
    }
    fclose(smaps);
}

int main(void) {
    static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 11};
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++)
        printf("clock %d: %d\n", clocks[i], between(clocks[i]));
    struct timespec t;
    NOTE(clock_gettime(10, &t));
    NOTE(clock_gettime(12, &t));
    NOTE(clock_gettime(-1, &t));
    for (int clock = 0; clock < 13; clock++) {
        struct timespec ours = {9, 9}, theirs = {9, 9};
        int a = clock_getres(clock, &ours), b = (int)syscall(SYS_clock_getres, clock, &theirs);
        if (clock != 8 && clock != 9)
            printf("getres %d: %d %d %d\n", clock, a, b, !memcmp(&ours, &theirs, sizeof ours));
    }
    struct timeval tv;
    struct timezone zone = {1, 1};
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    NOTE(gettimeofday(&tv, &zone));
    printf("%d %d, %d\n", zone.tz_minuteswest, zone.tz_dsttime, tv.tv_sec - real.tv_sec <= 1);
    printf("time %d\n", labs(time(NULL) - real.tv_sec) <= 1);
    printf("cpu %d\n", sched_getcpu() >= 0);

    char* elf = (char*)getauxval(AT_SYSINFO_EHDR);
    printf("elf %d\n", memcmp(elf, "\177ELF", 4));
    long size, vvarSize;
    char rights[5], vvarRights[5];
    char* vdso = area("[vdso]", &size, rights);
    char* vvar = area("[vvar]", &vvarSize, vvarRights);
    printf("%d %s %ld, %d %s %ld\n", vdso == elf, rights, size, vvar < vdso, vvarRights, vvarSize);
    row("[vdso]", "VmFlags");
    row("[vvar]", "VmFlags");
    row("[vvar]", "Rss");
    NOTE(munmap(vdso, 4096));
    NOTE(munmap(vvar + 4096, 4096));
    NOTE(mprotect(vvar, vvarSize, PROT_READ | PROT_WRITE));
    NOTE(mprotect(vvar, vvarSize, PROT_READ | PROT_EXEC));
    NOTE(mprotect(vdso, 4096, PROT_READ));
    NOTE(madvise(vvar, vvarSize, MADV_DONTNEED));
    NOTE(madvise(vdso, 4096, MADV_DONTFORK));
    NOTE(mremap(vdso, size, 2 * size, MREMAP_MAYMOVE) == MAP_FAILED);
    NOTE(mremap(vdso, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, vdso - 0x100000) == MAP_FAILED);
    NOTE(mmap(vdso, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
    // A private copy of a page of the kernel's.
    NOTE(mprotect(vdso, size, PROT_READ | PROT_WRITE | PROT_EXEC));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        elf[9] = 42;
        printf("child: %d %d\n", elf[9], between(CLOCK_MONOTONIC));
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("parent: %d\n", elf[9]);
    // Moved away, it still knows where [vvar] is: below itself. So both must go.
    char* place = mmap(NULL, 0x100000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NOTE(mremap(vdso, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place + 0x10000) == place + 0x10000);
    printf("moved: %d\n", memcmp(place + 0x10000, "\177ELF", 4));
    NOTE(munmap(place, 0x100000));
    NOTE(munmap(vvar, vvarSize));
    printf("gone: %d %d\n", area("[vdso]", &size, rights) == NULL, area("[vvar]", &size, rights) == NULL);
    return 0;
}
