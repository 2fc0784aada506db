// Where each kind of variable lives: compare the addresses with the areas of the process and the sections of the file.
#include <stdio.h>
#include <stdlib.h>

const char readOnly[] = "rodata";  // .rodata: may be read, not written
int initialised = 42;              // .data: its value is in the file
int zeroed[1000];                  // .bss: takes no room in the file

int main(void) {
    int local = 7;                      // on the stack
    static int once = 1;                // .data, though only main() can name it
    int *dynamic = malloc(sizeof *dynamic);  // on the heap
    *dynamic = 9;
    printf("code   %p\n", (void *)main);
    printf("rodata %p\n", (void *)readOnly);
    printf("data   %p %p\n", (void *)&initialised, (void *)&once);
    printf("bss    %p\n", (void *)zeroed);
    printf("heap   %p\n", (void *)dynamic);
    printf("stack  %p\n", (void *)&local);
    free(dynamic);
    return 0;
}
