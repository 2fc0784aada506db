// Integer and floating arithmetic in loops: CRC, SHA-like mixing, matrix, primes, n-body.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t crc(const unsigned char *p, size_t n) {
    uint32_t c = ~0u;
    while (n--) {
        c ^= *p++;
        for (int k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ 0xedb88320u : c >> 1;
    }
    return ~c;
}

int main(void) {
    static unsigned char data[20000], sieve[50000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * i >> 3);
    printf("crc %08x\n", crc(data, sizeof data));
    uint64_t h = 0x9e3779b97f4a7c15, m = 0;
    for (int i = 0; i < 50000; i++) {
        h ^= h << 13, h ^= h >> 7, h ^= h << 17;
        m += (uint64_t)(((unsigned __int128)h * (h | 1)) >> 64) / (i + 1) % 1000003;
    }
    printf("mix %016llx %llu\n", (unsigned long long)h, (unsigned long long)m);
    int primes = 0;
    for (int i = 2; i < 50000; i++) {
        if (sieve[i]) continue;
        primes++;
        for (long j = (long)i * i; j < 50000; j += i) sieve[j] = 1;
    }
    printf("primes %d\n", primes);
    static double a[40][40], b[40][40], c[40][40];
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 40; j++) a[i][j] = i + j * 0.5, b[i][j] = i - j * 0.25;
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 40; j++)
            for (int k = 0; k < 40; k++) c[i][j] += a[i][k] * b[k][j];
    printf("matrix %.3f %.3f\n", c[7][9], c[39][39]);
    double x = 1, y = 0, vx = 0, vy = 1;
    for (int i = 0; i < 20000; i++) {
        double r3 = pow(x * x + y * y, 1.5);
        vx -= x / r3 * 0.001, vy -= y / r3 * 0.001;
        x += vx * 0.001, y += vy * 0.001;
    }
    printf("orbit %.6f %.6f\n", x, y);
    float f = 0;
    for (int i = 1; i < 10000; i++) f += 1.0f / (float)i;
    printf("float %.3f\n", (double)f);
    int64_t d = INT64_MIN;
    printf("%lld %lld %d %u\n", (long long)(d / 7), (long long)(d % 1000), -17 / 5, 4000000000u / 7u);
    return 0;
}
