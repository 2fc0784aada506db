// CPU hogs, one for each argument, which is its nice value: see whose vruntime runs fastest.
// hogs 0 0 5 10
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc || i < 3; i++) {
        int nice = i < argc ? atoi(argv[i]) : 0;
        if (fork() == 0) {
            setpriority(PRIO_PROCESS, 0, nice);
            volatile unsigned long work = 0;
            while (work < 3000000) work++;
            printf("nice %d has finished\n", nice);
            fflush(stdout);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) continue;
    return 0;
}
