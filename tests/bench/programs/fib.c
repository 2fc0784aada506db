/* fib(32) by plain recursion: calls, returns, pushes, pops, compares. */
#include <stdio.h>

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static unsigned fib(unsigned n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(void) {
    printf("%u\n", fib(32));
    return 0;
}
