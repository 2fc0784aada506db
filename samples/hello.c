// Hello with a C library: see how much runs before main() and after it.
#include <stdio.h>

int main(void) {
    puts("Hello, world");
    return 0;
}
