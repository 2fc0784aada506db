// A mutex and a condition variable between two processes.
#include "note.h"

typedef struct {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    int turn;
    char text[200];
} Shared;
int main(void) {
    Shared *s = shared(sizeof *s);
    pthread_mutexattr_t m;
    pthread_condattr_t c;
    pthread_mutexattr_init(&m);
    pthread_condattr_init(&c);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&s->mutex, &m);
    pthread_cond_init(&s->condition, &c);
    pid_t child = fork();
    int me = child == 0;
    for (int i = 0; i < 8; i++) {
        pthread_mutex_lock(&s->mutex);
        while (s->turn != me) pthread_cond_wait(&s->condition, &s->mutex);
        strcat(s->text, me ? "child " : "parent ");
        s->turn = !me;
        pthread_cond_signal(&s->condition);
        pthread_mutex_unlock(&s->mutex);
    }
    if (me) _exit(0);
    wait(NULL);
    puts(s->text);
    return 0;
}
