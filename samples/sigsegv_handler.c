// A page fault repaired by the program itself: the SIGSEGV handler gives the right, and the store is tried again.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static char *page;
static volatile int faults;

static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    if ((char *)info->si_addr != page + 100) _exit(1);
    faults++;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

int main(void) {
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    page[100] = 'x';  // not allowed, until the handler has been here
    printf("stored '%c' after %d fault\n", page[100], faults);
    return 0;
}
