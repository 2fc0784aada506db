// A handler runs on top of whatever was interrupted: the kernel builds a frame on the stack and sigreturn takes it away.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t count;

static void handler(int signal) {
    count++;
    const char *text = signal == SIGUSR1 ? "in the handler of SIGUSR1\n" : "in the handler of SIGUSR2\n";
    if (write(1, text, strlen(text)) < 0) _exit(1);
}

int main(void) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR1);
    sigset_t block, old;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR2);
    sigprocmask(SIG_BLOCK, &block, &old);
    raise(SIGUSR2);  // stays pending
    puts("SIGUSR2 is pending");
    fflush(stdout);
    sigprocmask(SIG_SETMASK, &old, NULL);  // now it comes
    printf("%d signals handled\n", count);
    return 0;
}
