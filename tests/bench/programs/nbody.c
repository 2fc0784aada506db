/* Five bodies under gravity, 500,000 steps: scalar double arithmetic, square roots and divisions. */
#include <math.h>
#include <stdio.h>

enum { kBodies = 5, kSteps = 500000 };
struct Body {
    double x, y, z, vx, vy, vz, mass;
};

static struct Body bodies[kBodies] = {
    {0, 0, 0, 0, 0, 0, 39.47841760435743},
    {4.84143144246472, -1.16032004402742, -0.103622044471123, 0.606326392995832, 2.81198684491626, -0.0252183616598876,
     0.0376936749200395},
    {8.34336671824458, 4.12479856412431, -0.403523417114321, -1.01077434617879, 1.82566237123041, 0.00841576137658415,
     0.0112863261319688},
    {12.8943695621391, -15.1111514016986, -0.223307578892656, 1.08279100644154, 0.868713018169608, -0.0108326374013636,
     0.00172372405705971},
    {15.3796971148509, -25.9193146099879, 0.179258772950371, 0.979090732243898, 0.594698998647676, -0.0347559555078104,
     0.00203368686992463},
};

static double energy(void) {
    double e = 0;
    for (int i = 0; i < kBodies; ++i) {
        const struct Body* b = &bodies[i];
        e += 0.5 * b->mass * (b->vx * b->vx + b->vy * b->vy + b->vz * b->vz);
        for (int k = i + 1; k < kBodies; ++k) {
            double dx = b->x - bodies[k].x, dy = b->y - bodies[k].y, dz = b->z - bodies[k].z;
            e -= b->mass * bodies[k].mass / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return e;
}

int main(void) {
    const double dt = 0.01;
    printf("%.9f\n", energy());
    for (int step = 0; step < kSteps; ++step) {
        for (int i = 0; i < kBodies; ++i)
            for (int k = i + 1; k < kBodies; ++k) {
                struct Body *a = &bodies[i], *b = &bodies[k];
                double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
                double square = dx * dx + dy * dy + dz * dz;
                double factor = dt / (square * sqrt(square));
                a->vx -= dx * b->mass * factor;
                a->vy -= dy * b->mass * factor;
                a->vz -= dz * b->mass * factor;
                b->vx += dx * a->mass * factor;
                b->vy += dy * a->mass * factor;
                b->vz += dz * a->mass * factor;
            }
        for (int i = 0; i < kBodies; ++i) {
            bodies[i].x += dt * bodies[i].vx;
            bodies[i].y += dt * bodies[i].vy;
            bodies[i].z += dt * bodies[i].vz;
        }
    }
    printf("%.9f\n", energy());
    return 0;
}
