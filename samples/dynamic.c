// Linked dynamically: the kernel starts the loader, which maps libc and binds puts() at its first call.
#include <stdio.h>

int main(void) {
    puts("first call: through the PLT into the loader");
    puts("second call: through the PLT straight into libc");
    return 0;
}
