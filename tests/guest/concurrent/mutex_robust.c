// A robust mutex outlives its owner, in a thread and in a process.
#include "note.h"

static pthread_mutex_t *make(void) {
    pthread_mutex_t *mutex = shared(sizeof *mutex);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attributes);
    return mutex;
}
static void *dies(void *mutex) {
    pthread_mutex_lock(mutex);
    return NULL;
}
int main(void) {
    pthread_mutex_t *mutex = make(), *abandoned = make();
    pthread_t thread;
    pthread_create(&thread, NULL, dies, mutex);
    pthread_join(thread, NULL);
    GIVES(pthread_mutex_lock(mutex));
    GIVES(pthread_mutex_consistent(mutex));
    GIVES(pthread_mutex_unlock(mutex));
    GIVES(pthread_mutex_lock(mutex));
    GIVES(pthread_mutex_unlock(mutex));
    if (fork() == 0) {
        pthread_mutex_lock(mutex);
        kill(getpid(), SIGKILL);
    }
    wait(NULL);
    GIVES(pthread_mutex_trylock(mutex));
    GIVES(pthread_mutex_consistent(mutex));
    GIVES(pthread_mutex_unlock(mutex));
    pthread_create(&thread, NULL, dies, abandoned);
    pthread_join(thread, NULL);
    GIVES(pthread_mutex_lock(abandoned));
    GIVES(pthread_mutex_unlock(abandoned));
    GIVES(pthread_mutex_lock(abandoned));
    // Somebody waits while the owner dies.
    int *words = sharedWords();
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(mutex);
        __atomic_store_n(words, 1, __ATOMIC_SEQ_CST);
        nap(50);
        _exit(0);
    }
    while (!__atomic_load_n(words, __ATOMIC_SEQ_CST)) nap(1);
    GIVES(pthread_mutex_lock(mutex));
    GIVES(pthread_mutex_consistent(mutex));
    GIVES(pthread_mutex_unlock(mutex));
    wait(NULL);
    return 0;
}
