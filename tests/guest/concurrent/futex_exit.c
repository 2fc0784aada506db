// What the kernel does with words when a thread ends: clear_child_tid and the robust list.
#include "note.h"

static int *words;
static int child(void *unused) {
    struct robust_list_head *head = shared(4096);
    struct robust_list *entry = (struct robust_list *)((char *)head + 64);
    head->list.next = entry;
    head->futex_offset = 32;
    entry->next = &head->list;
    int *lock = (int *)((char *)entry + 32);
    *lock = (int)syscall(SYS_gettid) | (int)FUTEX_WAITERS;
    __atomic_store_n((int **)&words[4], lock, __ATOMIC_SEQ_CST);
    if (syscall(SYS_set_robust_list, head, sizeof *head)) puts("refused");
    while (!__atomic_load_n(&words[2], __ATOMIC_SEQ_CST)) nap(1);
    syscall(SYS_exit, 0);
    return 0;
}
int main(void) {
    words = sharedWords();
    static char stack[65536] __attribute__((aligned(16)));
    words[0] = 1;
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD;
    pid_t pid = clone(child, stack + sizeof stack, flags, NULL, NULL, NULL, &words[0]);
    int *lock;
    while (!(lock = __atomic_load_n((int **)&words[4], __ATOMIC_SEQ_CST))) nap(1);
    printf("told its number %d\n", words[0] == pid);
    words[2] = 1;
    while (__atomic_load_n(&words[0], __ATOMIC_SEQ_CST) == pid) futex(words, FUTEX_WAIT, pid, NULL, NULL, 0);
    printf("cleared to %d\n", words[0]);
    waitpid(pid, NULL, 0);
    printf("owner died %d, waiters kept %d, number gone %d\n", (*lock & (int)FUTEX_OWNER_DIED) != 0,
           (*lock & (int)FUTEX_WAITERS) != 0, (*lock & FUTEX_TID_MASK) == 0);
    NOTE(syscall(SYS_set_robust_list, NULL, 7));
    return 0;
}
