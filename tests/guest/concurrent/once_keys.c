// Done once, whoever comes first; values of each thread, and their destructors.
#include "note.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int times;
static pthread_key_t first, second;
static int destroyedFirst, destroyedSecond, again;
static void initialise(void) {
    nap(10);
    times++;
}
static void endFirst(void *value) {
    destroyedFirst += (int)(long)value;
    if (again < 3) {  // a destructor that sets its value is called again
        again++;
        pthread_setspecific(first, (void *)1);
    }
}
static void endSecond(void *value) { destroyedSecond += (int)(long)value; }
static void *run(void *argument) {
    pthread_once(&once, initialise);
    if (times != 1) puts("too early");
    if (pthread_getspecific(first)) puts("not empty");
    pthread_setspecific(second, argument);
    if ((long)argument == 1) pthread_setspecific(first, (void *)100);
    return pthread_getspecific(second);
}
int main(void) {
    GIVES(pthread_key_create(&first, endFirst));
    GIVES(pthread_key_create(&second, endSecond));
    pthread_t threads[6];
    for (long i = 0; i < 6; i++) pthread_create(&threads[i], NULL, run, (void *)(i + 1));
    long sum = 0;
    for (int i = 0; i < 6; i++) {
        void *value;
        pthread_join(threads[i], &value);
        sum += (long)value;
    }
    printf("once %d, sum %ld, destroyed %d %d, again %d\n", times, sum, destroyedFirst, destroyedSecond, again);
    GIVES(pthread_key_delete(first));
    pthread_key_t many[PTHREAD_KEYS_MAX + 1];
    int made = 0;
    while (made <= PTHREAD_KEYS_MAX && pthread_key_create(&many[made], NULL) == 0) made++;
    printf("keys end at their limit: %d\n", made < PTHREAD_KEYS_MAX && made > PTHREAD_KEYS_MAX - 10);
    return 0;
}
