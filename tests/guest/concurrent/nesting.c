// Handlers interrupted by handlers, in the order of numbers and of masks.
#include "note.h"

static char order[200];
static void handler(int signal) {
    char text[20];
    sprintf(text, "<%d ", signal);
    strcat(order, text);
    if (signal == SIGUSR1) {
        sigset_t set = only(SIGUSR2);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
    sprintf(text, "%d> ", signal);
    strcat(order, text);
}
int main(void) {
    int signals[] = {SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM};
    sigset_t all, old;
    sigfillset(&all);
    for (int masked = 0; masked < 2; masked++) {
        struct sigaction action = {0};
        action.sa_handler = handler;
        if (masked) action.sa_mask = all;
        for (int i = 0; i < 5; i++) sigaction(signals[i], &action, NULL);
        sigprocmask(SIG_BLOCK, &all, &old);
        for (int i = 4; i >= 0; i--) kill(getpid(), signals[i]);
        sigprocmask(SIG_SETMASK, &old, NULL);
        printf("%s\n", order);
        order[0] = 0;
    }
    return 0;
}
