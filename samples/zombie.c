// A child that has ended stays as a zombie, all memory gone but its exit status kept, until its parent asks for it.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0) _exit(7);
    usleep(20000);  // the child is a zombie meanwhile
    char path[64], line[128];
    snprintf(path, sizeof path, "/proc/%d/status", child);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        if (line[0] == 'S' && line[1] == 't') fputs(line, stdout);
    if (status) fclose(status);
    int code;
    waitpid(child, &code, 0);
    printf("reaped: exit status %d\n", WEXITSTATUS(code));
    return 0;
}
