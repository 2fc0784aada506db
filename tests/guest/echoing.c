// Standard input, line by line, to standard output; a summary to standard error.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    char line[256];
    int lines = 0, characters = 0;
    while (fgets(line, sizeof line, stdin)) {
        lines++;
        characters += (int)strlen(line);
        for (char *p = line; *p; p++) putchar(toupper((unsigned char)*p));
    }
    fprintf(stderr, "%d lines, %d characters, end %d\n", lines, characters, feof(stdin) != 0);
    return lines;
}
