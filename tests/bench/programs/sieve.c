/* Primes below five million: byte loads and stores over a table larger than the caches of small machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    enum { kLimit = 5000000 };
    unsigned char* composite = calloc(kLimit + 1, 1);
    unsigned count = 0;
    for (unsigned i = 2; i <= kLimit; ++i) {
        if (composite[i]) continue;
        ++count;
        for (unsigned long k = (unsigned long)i * i; k <= kLimit; k += i) composite[k] = 1;
    }
    printf("%u\n", count);
    free(composite);
    return 0;
}
