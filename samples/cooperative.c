// Threads without the kernel: swapcontext() changes stacks and registers inside one process, one task to Linux.
#include <stdio.h>
#include <ucontext.h>

static ucontext_t mainContext, contexts[2];
static char stacks[2][16384];

static void run(int id) {
    for (int step = 0; step < 3; step++) {
        printf("coroutine %d step %d\n", id, step);
        swapcontext(&contexts[id], &contexts[1 - id]);
    }
}

int main(void) {
    for (int i = 0; i < 2; i++) {
        getcontext(&contexts[i]);
        contexts[i].uc_stack.ss_sp = stacks[i];
        contexts[i].uc_stack.ss_size = sizeof stacks[i];
        contexts[i].uc_link = &mainContext;
        makecontext(&contexts[i], (void (*)(void))run, 1, i);
    }
    swapcontext(&mainContext, &contexts[0]);
    puts("back in main");
    return 0;
}
