// How a shell starts a program: fork a copy of itself, replace the copy with execve, wait for its exit status.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char *self = argc > 1 && argv[1][0] == '/' ? argv[1] : argv[0];
    if (argc > 2) {  // we are the new program
        printf("new program, argument '%s'\n", argv[2]);
        return 3;
    }
    pid_t child = fork();
    if (child == 0) {
        char *arguments[] = {self, self, "hello", NULL};
        execv(self, arguments);
        perror("execv");  // only reached when it failed
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child exited with %d\n", WEXITSTATUS(status));
    return 0;
}
