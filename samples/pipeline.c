// Two processes and a pipe, as in `seq 5 | tr`: the reader sleeps while the pipe is empty and ends when no writer is left.
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int ends[2];
    if (pipe(ends) != 0) return 1;
    if (fork() == 0) {  // the writer
        close(ends[0]);
        const char *words[] = {"one\n", "two\n", "three\n"};
        for (int i = 0; i < 3; i++)
            if (write(ends[1], words[i], strlen(words[i])) < 0) _exit(1);
        _exit(0);
    }
    if (fork() == 0) {  // the reader
        close(ends[1]);  // or it would wait for itself for ever
        char c;
        while (read(ends[0], &c, 1) == 1) putchar(toupper(c));
        fflush(stdout);
        _exit(0);
    }
    close(ends[0]);
    close(ends[1]);
    while (wait(NULL) > 0) continue;
    puts("both are done");
    return 0;
}
