// Normal, error-checking and recursive mutexes: who may lock and unlock what.
#include "note.h"

static pthread_mutex_t make(int kind) {
    pthread_mutex_t mutex;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutex_init(&mutex, &attributes);
    return mutex;
}
static void *other(void *mutex) {
    GIVES(pthread_mutex_trylock(mutex));
    return NULL;
}
static void *unlocker(void *mutex) {
    GIVES(pthread_mutex_unlock(mutex));
    return NULL;
}
static void inThread(void *(*run)(void *), void *argument) {
    pthread_t thread;
    pthread_create(&thread, NULL, run, argument);
    pthread_join(thread, NULL);
}
int main(void) {
    pthread_mutex_t normal = make(PTHREAD_MUTEX_NORMAL), checked = make(PTHREAD_MUTEX_ERRORCHECK),
                    recursive = make(PTHREAD_MUTEX_RECURSIVE);
    GIVES(pthread_mutex_lock(&normal));
    GIVES(pthread_mutex_trylock(&normal));
    inThread(other, &normal);
    GIVES(pthread_mutex_unlock(&normal));
    GIVES(pthread_mutex_lock(&checked));
    GIVES(pthread_mutex_lock(&checked));
    inThread(other, &checked);
    inThread(unlocker, &checked);
    GIVES(pthread_mutex_unlock(&checked));
    GIVES(pthread_mutex_unlock(&checked));
    for (int i = 0; i < 3; i++) GIVES(pthread_mutex_lock(&recursive));
    inThread(other, &recursive);
    for (int i = 0; i < 2; i++) GIVES(pthread_mutex_unlock(&recursive));
    inThread(other, &recursive);
    GIVES(pthread_mutex_unlock(&recursive));
    inThread(unlocker, &recursive);
    GIVES(pthread_mutex_destroy(&normal));
    return 0;
}
