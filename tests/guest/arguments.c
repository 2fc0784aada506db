// argv, envp and the auxiliary vector's constants.
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) printf("argv[%d]=%s\n", i, argv[i]);
    for (char **e = environ; *e; e++) printf("env %s\n", *e);
    printf("%s\n", getenv("FIXED") ? getenv("FIXED") : "none");
    setenv("NEW", "value", 1);
    unsetenv("FIXED");
    printf("%s %d\n", getenv("NEW"), getenv("FIXED") == NULL);
    printf("%lu %lu %ld\n", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK), sysconf(_SC_PAGESIZE));
    return argc;
}
