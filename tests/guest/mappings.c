// mmap: anonymous, private and shared files, fixed, protection, partial unmap, mremap, tails of pages, faults.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
static sigjmp_buf back;
static siginfo_t last;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    last = *info;
    siglongjmp(back, 1);
}
static void touch(const char *what, volatile char *p, int write) {
    if (sigsetjmp(back, 1) == 0) {
        if (write)
            *p = 1;
        else
            (void)*p;
        printf("%s: fine\n", what);
    } else {
        printf("%s: signal %d code %d address %s\n", what, last.si_signo, last.si_code, last.si_addr == p ? "right" : "wrong");
    }
}

int main(void) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    char *a = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int zero = 1;
    for (int i = 0; i < 8 * PAGE; i++) zero &= a[i] == 0;
    printf("zeroed %d\n", zero);
    memset(a, 'a', 8 * PAGE);
    munmap(a + 2 * PAGE, PAGE);
    touch("hole", a + 2 * PAGE + 5, 0);
    touch("beside", a + 3 * PAGE, 0);
    mprotect(a + 4 * PAGE, PAGE, PROT_READ);
    touch("read only", a + 4 * PAGE, 1);
    touch("read it", a + 4 * PAGE, 0);
    mprotect(a + 5 * PAGE, PAGE, PROT_NONE);
    touch("none", a + 5 * PAGE + 100, 0);
    touch("null", NULL, 1);
    char *fixed = mmap(a + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    printf("fixed %d %d\n", fixed == a + 2 * PAGE, fixed[0]);
    char name[] = "/tmp/guestXXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    char text[5000];
    for (int i = 0; i < 5000; i++) text[i] = (char)('A' + i % 26);
    if (write(fd, text, 5000) != 5000) return 1;
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    printf("%c %c %d %d\n", shared[0], private[4999], shared[5000], private[2 * PAGE - 1]);
    shared[1] = '!';
    private[2] = '?';
    private[3] = shared[1];
    char buffer[5];
    if (pread(fd, buffer, 5, 0) != 5) return 1;
    printf("%.5s %.5s %.5s\n", buffer, shared, private);
    if (pwrite(fd, "www", 3, 4097) != 3) return 1;
    printf("%.5s %.5s\n", shared + PAGE, private + PAGE);
    touch("behind the end", shared + 2 * PAGE, 0);
    if (ftruncate(fd, 100)) return 1;
    touch("cut off", shared + PAGE, 0);
    touch("tail of the last page", shared + 200, 1);
    printf("tail %d\n", shared[150]);
    pid_t child = fork();
    if (child == 0) {
        shared[50] = 'c';
        private[50] = 'c';
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("after the child: %c %c\n", shared[50], private[50]);
    char *b = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    child = fork();
    if (child == 0) {
        strcpy(b, "shared with the child");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    puts(b);
    char *c = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(c, "moves along");
    c = mremap(c, 2 * PAGE, 40 * PAGE, MREMAP_MAYMOVE);
    printf("%s %d\n", c, c[39 * PAGE]);
    c = mremap(c, 40 * PAGE, PAGE, 0);
    touch("shrunk", c + PAGE, 0);
    strcpy(c, "will be dropped");
    madvise(c, PAGE, MADV_DONTNEED);
    printf("dropped: '%s'\n", c);
    printf("%s %s %s\n", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? strerrorname_np(errno) : "?",
           mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED ? strerrorname_np(errno) : "?",
           mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 5) == MAP_FAILED ? strerrorname_np(errno) : "?");
    int ro = open("/proc/self/exe", O_RDONLY);
    printf("%s\n", mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED ? strerrorname_np(errno) : "?");
    char *elf = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ro, 0);
    printf("%d%.3s\n", elf[0], elf + 1);
    char *heap = sbrk(0);
    printf("brk %d\n", brk(heap + 100 * PAGE) == 0 && heap[99 * PAGE] == 0);
    return 0;
}
