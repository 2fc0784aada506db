// The mathematical library, rounded to what all implementations agree on.
#include <math.h>
#include <stdio.h>

int main(void) {
    for (double x = 0.1; x < 10; x += 0.9)
        printf("%.10g %.10g %.10g %.10g %.10g %.10g %.10g\n", sin(x), cos(x), tan(x), exp(x), log(x), pow(x, 1.7), atan(x));
    printf("%.10g %.10g %.10g %.10g\n", cbrt(27), hypot(3, 4), tgamma(5), erf(0.5));
    printf("%g %g %g %g %g\n", rint(2.5), nearbyint(3.5), trunc(-2.7), round(-2.5), ceil(1.1));
    printf("%ld %lld\n", lrint(-1.5), llround(2.5));
    int e;
    double m = frexp(100, &e);
    printf("%g %d %g\n", m, e, ldexp(m, e));
    return 0;
}
