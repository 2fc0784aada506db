// Control flow of libc: setjmp, atexit order, variadic calls, recursion, function pointers, and the exit status.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf env;
static void first(void) { puts("registered first, runs last"); }
static void second(void) { puts("registered second, runs first"); }
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static double total(int n, ...) {
    va_list list;
    double sum = 0;
    va_start(list, n);
    for (int i = 0; i < n; i++) sum += i % 2 ? va_arg(list, int) : va_arg(list, double);
    va_end(list);
    return sum;
}
static void dive(int depth) {
    if (depth == 0) longjmp(env, 99);
    dive(depth - 1);
}

int main(void) {
    atexit(first);
    atexit(second);
    volatile int tries = 0;
    int value = setjmp(env);
    if (value == 0) dive(50);
    printf("back with %d after %d\n", value, tries);
    if (++tries < 3) dive(2);
    printf("%d\n", ackermann(2, 9));
    printf("%g\n", total(6, 1.5, 2, 3.5, 4, 5.5, 6));
    struct { long long a; double b; char c[40]; } x = {1, 2, "by value"}, y = x;
    printf("%lld %g %s\n", y.a, y.b, y.c);
    exit(17);
}
