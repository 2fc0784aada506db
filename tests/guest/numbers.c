// printf and scanf of integers, doubles and long doubles.
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    printf("%d %d %u %ld %lu %lld\n", INT_MIN, INT_MAX, UINT_MAX, LONG_MIN, ULONG_MAX, LLONG_MAX);
    printf("%x %X %o %#x %08x|%-8d|%+d|% d\n", 0xbeef, 0xbeef, 0755, 255, 0xabc, 42, 42, 42);
    printf("%hhd %hd %jd %zu\n", (signed char)-1, (short)-2, (intmax_t)-3, (size_t)4);
    const double values[] = {0.0, -0.0, 1.0, -1.5, 0.1, 1.0 / 3, 1e10, 1e-10, 123456789.125, DBL_MAX, DBL_MIN, DBL_EPSILON,
                             5e-324, 2.5, 3.5, 1e22, 1e23};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        printf("%f %e %g %a %.0f %.3f %.17g\n", fabs(values[i]) > 1e30 ? 0 : values[i], values[i], values[i], values[i],
               fabs(values[i]) > 1e30 ? 0 : values[i], fabs(values[i]) > 1e30 ? 0 : values[i], values[i]);
    printf("%f %f %f %g\n", INFINITY, -INFINITY, NAN, HUGE_VAL);
    const long double wide[] = {1.0L / 3, 1e100L, LDBL_EPSILON, 3.14159265358979323846L, -0.1L};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        printf("%.20Le %.18Lg %La\n", wide[i], wide[i], wide[i]);
    int a = 0, n;
    double d = 0;
    char word[10];
    n = sscanf("17 2.5e3 hello", "%d %lf %9s", &a, &d, word);
    printf("%d: %d %g %s\n", n, a, d, word);
    printf("%ld %lu %.17g %d\n", strtol("-0x7f", NULL, 16), strtoul("777", NULL, 8), strtod("0.1e-5x", NULL), atoi("99"));
    for (double x = 0.5; x < 20; x *= 2.7)
        printf("%.15g %.15g %.15g\n", sqrt(x), floor(x * 10) / 10, fmod(x, 0.7));
    return 0;
}
