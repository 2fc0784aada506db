// MAP_PRIVATE of a file: the first store copies the page, and the file keeps what it had.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
    int fd = open("/tmp/private", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, "original", 8) != 8) return 1;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (page == MAP_FAILED) return 1;
    printf("before: %.8s\n", page);  // the page of the page cache, mapped read-only
    page[0] = 'O';                   // fault: copied
    char buffer[9] = {0};
    if (pread(fd, buffer, 8, 0) < 0) return 1;
    printf("memory: %.8s, file: %s\n", page, buffer);
    unlink("/tmp/private");
    return 0;
}
