// Stopped and continued children, and what the parent is told.
#include "note.h"

static volatile int told, code;
static void child(int signal, siginfo_t *info, void *context) {
    told++;
    code = info->si_code;
}
static const char *codeName(int c) {
    return c == CLD_EXITED ? "EXITED" : c == CLD_KILLED ? "KILLED" : c == CLD_STOPPED ? "STOPPED" : c == CLD_CONTINUED ? "CONTINUED" : "?";
}
static void report(pid_t pid, int options) {
    int status = 0;
    pid_t got = waitpid(pid, &status, options);
    printf("%s: ", got == pid ? "it" : got == 0 ? "nothing" : strerrorname_np(errno));
    if (got > 0)
        printf("exited %d stopped %d continued %d signaled %d", WIFEXITED(status), WIFSTOPPED(status),
               WIFCONTINUED(status), WIFSIGNALED(status));
    // A continued child that ends at once may be told of once or twice.
    printf("; told %d %s\n", told > 0, told && options != 0 ? codeName(code) : "");
    told = 0;
}
int main(void) {
    for (int quiet = 0; quiet < 2; quiet++) {
        handleInfo(SIGCHLD, child, SA_RESTART | (quiet ? SA_NOCLDSTOP : 0));
        pid_t pid = fork();
        if (pid == 0) {
            for (;;) pause();
        }
        kill(pid, SIGSTOP);
        report(pid, WUNTRACED);
        report(pid, WUNTRACED | WNOHANG);
        kill(pid, SIGTERM);  // waits until it runs again
        report(pid, WNOHANG);
        kill(pid, SIGSTOP);
        sigset_t none;
        siginfo_t info = {0};
        handle(SIGTERM, SIG_DFL, 0);
        kill(pid, SIGCONT);
        report(pid, 0);
        NOTE(waitid(P_PID, pid, &info, WEXITED));
        pid = fork();
        if (pid == 0) {
            for (;;) pause();
        }
        setpgid(pid, pid);  // its parent in another group of the session keeps it from being orphaned
        kill(pid, SIGTSTP);
        NOTE(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
        NOTE(waitid(P_PID, pid, &info, WSTOPPED));
        printf("code %s status %d\n", codeName(info.si_code), info.si_status == SIGTSTP);
        kill(pid, SIGCONT);
        NOTE(waitid(P_PID, pid, &info, WCONTINUED));
        printf("code %s status %d\n", codeName(info.si_code), info.si_status == SIGCONT);
        kill(pid, SIGKILL);
        NOTE(waitid(P_PID, pid, &info, WEXITED));
        printf("code %s status %d\n", codeName(info.si_code), info.si_status == SIGKILL);
        told = 0;
    }
    return 0;
}
