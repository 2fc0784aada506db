/* 500 children one after the other, each of which writes to sixteen pages it shares with its parent. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    enum { kPages = 16, kPage = 4096 };
    unsigned char* shared = calloc(kPages, kPage);
    unsigned sum = 0;
    for (int i = 0; i < 500; ++i) {
        for (int p = 0; p < kPages; ++p) shared[p * kPage] = (unsigned char)(i + p);
        const pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            unsigned mine = 0;
            for (int p = 0; p < kPages; ++p) mine += shared[p * kPage] += 3;
            _exit(mine & 0x7f);
        }
        int status = 0;
        if (waitpid(child, &status, 0) != child) return 2;
        sum += (unsigned)WEXITSTATUS(status);
    }
    printf("%u\n", sum);
    free(shared);
    return 0;
}
