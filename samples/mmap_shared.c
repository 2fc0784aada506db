// MAP_SHARED of a file: a store in one process is in the file, and in the other process, at once.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int fd = open("/tmp/shared", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, 4096) != 0) return 1;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) return 1;
    pid_t child = fork();
    if (child == 0) {
        strcpy(page, "written by the child");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("memory: %s\n", page);
    char buffer[32] = {0};
    if (pread(fd, buffer, 20, 0) < 0) return 1;
    printf("file:   %s\n", buffer);
    unlink("/tmp/shared");
    return 0;
}
