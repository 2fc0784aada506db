// SA_RESETHAND, SA_NODEFER, masks, and what sigaction tells.
#include "note.h"

static int depth, deepest, calls;
static void nests(int signal) {
    depth++;
    calls++;
    if (depth > deepest) deepest = depth;
    if (calls < 4) raise(signal);
    depth--;
}
static char order[100];
static void first(int signal) {
    strcat(order, "[1");
    raise(SIGUSR2);
    strcat(order, "1]");
}
static void second(int signal) { strcat(order, "(2)"); }
int main(void) {
    handle(SIGUSR1, nests, 0);
    raise(SIGUSR1);
    printf("deferred: %d calls, depth %d\n", calls, deepest);
    calls = deepest = 0;
    handle(SIGUSR1, nests, SA_NODEFER);
    raise(SIGUSR1);
    printf("nodefer: %d calls, depth %d\n", calls, deepest);
    struct sigaction now;
    handle(SIGUSR2, second, SA_RESETHAND);
    raise(SIGUSR2);
    sigaction(SIGUSR2, NULL, &now);
    printf("%s default again %d\n", order, now.sa_handler == SIG_DFL);
    order[0] = 0;
    handle(SIGUSR1, first, 0);
    handle(SIGUSR2, second, 0);
    raise(SIGUSR1);
    printf("%s\n", order);
    order[0] = 0;
    struct sigaction action = {0};
    action.sa_handler = first;
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("%s\n", order);
    NOTE(sigaction(SIGKILL, &action, NULL));
    NOTE(sigaction(SIGSTOP, &action, NULL));
    NOTE(sigaction(0, &action, NULL));
    NOTE(sigaction(65, &action, NULL));
    NOTE(sigaction(SIGKILL, NULL, &now));
    sigset_t both = only(SIGKILL);
    sigaddset(&both, SIGUSR1);
    sigprocmask(SIG_BLOCK, &both, NULL);
    sigprocmask(SIG_BLOCK, NULL, &both);
    printf("blocked: KILL %d USR1 %d\n", sigismember(&both, SIGKILL), sigismember(&both, SIGUSR1));
    NOTE(sigprocmask(77, &both, NULL));
    return 0;
}
