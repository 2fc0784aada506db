// SIGCHLD ignored, SA_NOCLDWAIT, and siginfo of every kind of end.
#include "note.h"

static void ends(int how) {
    pid_t pid = fork();
    if (pid == 0) {
        if (how < 0) kill(getpid(), -how);
        _exit(how);
    }
    siginfo_t info = {0};
    waitid(P_PID, pid, &info, WEXITED);
    printf("%d: signal %d code %d status %d uid %d pid %d\n", how, info.si_signo, info.si_code, info.si_status,
           info.si_uid == getuid(), info.si_pid == pid);
}
int main(void) {
    ends(0);
    ends(7);
    ends(-SIGTERM);
    ends(-SIGKILL);
    struct sigaction action = {0};
    action.sa_handler = SIG_IGN;
    sigaction(SIGCHLD, &action, NULL);
    if (fork() == 0) _exit(1);
    NOTE(wait(NULL));
    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
    if (fork() == 0) _exit(1);
    NOTE(wait(NULL));
    action.sa_flags = 0;
    sigaction(SIGCHLD, &action, NULL);
    pid_t pid = fork();
    if (pid == 0) _exit(9);
    siginfo_t info = {0};
    NOTE(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
    NOTE(waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
    printf("still there %d\n", info.si_status);
    NOTE(waitid(P_PID, pid, &info, WEXITED));
    NOTE(waitid(P_PID, getpid(), &info, 0));
    NOTE(waitid(99, 0, &info, WEXITED));
    return 0;
}
