// Grows in one direction, as far as it is told: forks one after the other, tasks alive at once, areas, holes
// between them, open files, a sparse gigabyte, resident megabytes. `crowd` makes what the views are painted with: 50 tasks, 1,000 areas, so many MiB
// resident.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L

static char* map(long bytes, int rights) {
    char* p = mmap(NULL, (size_t)bytes, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) perror("mmap"), exit(1);
    return p;
}

static void areas(long n) {  // neighbours differ in their rights, so they do not merge
    for (long i = 0; i < n; i++)
        if (i & 1)
            map(PAGE, PROT_READ);
        else
            *map(PAGE, PROT_READ | PROT_WRITE) = 1;
}

static void holes(long n) {  // every other page is free again: where do two fit?
    for (long i = 0; i < n; i++) {
        char* p = map(2 * PAGE, PROT_READ | PROT_WRITE);
        munmap(p + PAGE, PAGE);
    }
}

static void files(long n) {
    struct rlimit most = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_NOFILE, &most);
    for (long i = 0; i < n; i++)
        if (open("/dev/null", O_RDONLY) < 0) perror("open"), exit(1);
}

static void resident(long megabytes) {
    char* p = map(megabytes << 20, PROT_READ | PROT_WRITE);
    for (long i = 0; i < megabytes << 20; i += PAGE) p[i] = 1;
}

static void tasks(long n, int* gate) {
    if (pipe(gate)) exit(1);
    for (long i = 0; i < n; i++)
        if (!fork()) {
            char c;
            close(gate[1]);
            _exit(read(gate[0], &c, 1) != 0);
        }
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const char* what = argv[1];
    long n = atol(argv[2]);
    int gate[2] = {-1, -1};
    if (!strcmp(what, "forks")) {
        for (long i = 0; i < n; i++) {
            pid_t child = fork();
            if (!child) _exit(0);
            waitpid(child, NULL, 0);
        }
    } else if (!strcmp(what, "tasks")) {
        tasks(n, gate);
    } else if (!strcmp(what, "areas")) {
        areas(n);
    } else if (!strcmp(what, "holes")) {
        holes(n);
    } else if (!strcmp(what, "files")) {
        files(n);
    } else if (!strcmp(what, "sparse")) {
        char* p = map(1L << 30, PROT_READ | PROT_WRITE);
        for (long i = 0; i < n; i++) p[(1L << 30) / n * i] = 1;
    } else if (!strcmp(what, "resident")) {
        resident(n);
    } else if (!strcmp(what, "crowd")) {
        tasks(49, gate);
        areas(1000);
        resident(n);
    }
    puts("ready");
    fflush(stdout);
    close(gate[1]);
    while (wait(NULL) > 0) continue;
    return 0;
}
