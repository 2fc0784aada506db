/* The product of two 200 x 200 matrices of int, five times over: multiply, add, strided loads. */
#include <stdio.h>

enum { kSize = 200, kRounds = 5 };
static int a[kSize][kSize], b[kSize][kSize], c[kSize][kSize];

int main(void) {
    for (int i = 0; i < kSize; ++i)
        for (int k = 0; k < kSize; ++k) {
            a[i][k] = i * 3 + k;
            b[i][k] = i - k * 7;
        }
    unsigned sum = 0;
    for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < kSize; ++i)
            for (int k = 0; k < kSize; ++k) {
                int cell = 0;
                for (int n = 0; n < kSize; ++n) cell += a[i][n] * b[n][k];
                c[i][k] = cell;
            }
        for (int i = 0; i < kSize; ++i) {
            sum = sum * 31 + (unsigned)c[i][(i + round) % kSize];
            a[i][i] += round;
        }
    }
    printf("%u\n", sum);
    return 0;
}
