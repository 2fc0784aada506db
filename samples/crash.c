// A pointer that leads nowhere: page fault, no area at that address, SIGSEGV.
#include <stdio.h>

struct Node {
    int value;
    struct Node *next;
};

static int sum(const struct Node *list) {
    int total = 0;
    for (int i = 0; i < 3; i++) {  // one too many: the list has two
        total += list->value;
        list = list->next;
    }
    return total;
}

int main(void) {
    struct Node second = {2, NULL}, first = {1, &second};
    puts("adding up");
    fflush(stdout);
    printf("%d\n", sum(&first));
    return 0;
}
