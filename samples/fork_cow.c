// fork() copies no memory: parent and child share every page until one of them writes to it.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 4
#define PAGE 4096

int main(void) {
    char *memory = aligned_alloc(PAGE, PAGES * PAGE);
    for (int i = 0; i < PAGES; i++) memory[i * PAGE] = 'a';  // now all four pages exist
    pid_t child = fork();
    if (child == 0) {
        memory[0] = 'b';         // fault: this page is copied for the child
        memory[2 * PAGE] = 'c';  // and this one
        printf("child  sees %c%c%c%c\n", memory[0], memory[PAGE], memory[2 * PAGE], memory[3 * PAGE]);
        return 0;
    }
    waitpid(child, NULL, 0);
    printf("parent sees %c%c%c%c\n", memory[0], memory[PAGE], memory[2 * PAGE], memory[3 * PAGE]);
    memory[PAGE] = 'd';  // the child is gone: the page is ours alone, no copy is needed
    free(memory);
    return 0;
}
