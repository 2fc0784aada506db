// The stack grows by itself: each page below the last is given when it is first touched, down to the limit.
#include <stdio.h>

static int deep(int level) {
    volatile char frame[4096];  // one page for each call
    frame[0] = (char)level;
    if (level == 0) return frame[0];
    return deep(level - 1) + (frame[0] != (char)level);
}

int main(void) {
    printf("came back with %d\n", deep(100));
    return 0;
}
