// What execve() keeps and what it drops: PID, open files and working directory stay, memory and handlers go.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int counter;
static void handler(int signal) { (void)signal; }

int main(int argc, char **argv) {
    if (argc == 1) {
        counter = 1;
        signal(SIGUSR1, handler);
        signal(SIGUSR2, SIG_IGN);
        int kept = open("/tmp", O_RDONLY | O_DIRECTORY);
        int dropped = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char a[16], b[16], pid[16];
        snprintf(a, sizeof a, "%d", kept);
        snprintf(b, sizeof b, "%d", dropped);
        snprintf(pid, sizeof pid, "%d", (int)getpid());
        char *arguments[] = {argv[0], a, b, pid, NULL};
        execv("/proc/self/exe", arguments);
        return 1;
    }
    struct sigaction one, two;
    sigaction(SIGUSR1, NULL, &one);
    sigaction(SIGUSR2, NULL, &two);
    printf("same PID:             %s\n", atoi(argv[3]) == getpid() ? "yes" : "no");
    printf("file still open:      %s\n", fcntl(atoi(argv[1]), F_GETFD) >= 0 ? "yes" : "no");
    printf("close-on-exec closed: %s\n", fcntl(atoi(argv[2]), F_GETFD) < 0 ? "yes" : "no");
    printf("memory is new:        %s\n", counter == 0 ? "yes" : "no");
    printf("handler is reset:     %s\n", one.sa_handler == SIG_DFL ? "yes" : "no");
    printf("ignored stays so:     %s\n", two.sa_handler == SIG_IGN ? "yes" : "no");
    return 0;
}
