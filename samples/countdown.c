// A loop, calls and local variables: step through it and watch the stack grow and shrink.
#include <stdio.h>

static int square(int n) {
    int result = n * n;
    return result;
}

static int sumOfSquares(int from) {
    int sum = 0;
    for (int n = from; n > 0; n--) {
        int next = square(n);
        sum += next;
    }
    return sum;
}

int main(void) {
    for (int i = 5; i > 0; i--) printf("%d: %d\n", i, sumOfSquares(i));
    puts("lift-off");
    return 0;
}
