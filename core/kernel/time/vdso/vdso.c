// The vDSO: code of the kernel that programs call in their own address space, in user mode. It reads the time from the
// time-stamp counter and from what the kernel has written into [vvar] at the last tick. The symbols are those of
// Linux 6.1 (arch/x86/entry/vdso, lib/vdso/gettimeofday.c).
#include <stddef.h>

#include "core/kernel/time/vdso/vdso_data.h"

typedef int64_t Long;
struct Timespec {
    Long sec, nsec;
};
struct Timeval {
    Long sec, usec;
};
struct Timezone {
    int minuteswest, dsttime;
};

enum {
    kRealtime = 0,
    kMonotonic = 1,
    kMonotonicRaw = 4,
    kRealtimeCoarse = 5,
    kMonotonicCoarse = 6,
    kBoottime = 7,
    kTai = 11,
    kFine = 1 << kRealtime | 1 << kMonotonic | 1 << kBoottime | 1 << kTai,
    kRaw = 1 << kMonotonicRaw,
    kCoarse = 1 << kRealtimeCoarse | 1 << kMonotonicCoarse,
    kCallClockGettime = 228,
    kCallClockGetres = 229,
    kNsPerSecond = 1000000000,
};

// Where the linker script says that the kernel maps it: four pages before this code.
extern const volatile struct VdsoData vvar_vdso_data[2] __attribute__((visibility("hidden")));

#define EXPORT __attribute__((visibility("default")))
#define WEAK_ALIAS(of) __attribute__((visibility("default"), weak, alias(#of)))

static inline Long systemCall(Long number, Long first, void* second) {
    Long result = number;
    __asm__ volatile("syscall" : "+a"(result) : "D"(first), "S"(second) : "rcx", "r11", "memory");
    return result;
}

// In program order, so that the counter is not read before the sequence number was.
static inline uint64_t readCounter(void) {
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline uint32_t readBegin(const volatile struct VdsoData* data) {
    uint32_t seq;
    while ((seq = data->seq) & 1) __builtin_ia32_pause();
    __asm__ volatile("" ::: "memory");
    return seq;
}
static inline int readRetry(const volatile struct VdsoData* data, uint32_t seq) {
    __asm__ volatile("" ::: "memory");
    return data->seq != seq;
}

static inline void readFine(const volatile struct VdsoData* data, int clock, struct Timespec* out) {
    uint64_t sec, ns;
    uint32_t seq;
    do {
        seq = readBegin(data);
        const uint64_t now = readCounter(), last = data->cycle_last;
        ns = data->basetime[clock].nsec;
        if (now > last) ns += (now - last) * data->mult;
        ns >>= data->shift;
        sec = data->basetime[clock].sec;
    } while (readRetry(data, seq));
    for (; ns >= kNsPerSecond; ns -= kNsPerSecond) {
        ++sec;
        __asm__("" : "+r"(ns));  // rarely more than once: no division
    }
    out->sec = (Long)sec;
    out->nsec = (Long)ns;
}

static inline void readCoarse(const volatile struct VdsoData* data, int clock, struct Timespec* out) {
    uint32_t seq;
    do {
        seq = readBegin(data);
        out->sec = (Long)data->basetime[clock].sec;
        out->nsec = (Long)data->basetime[clock].nsec;
    } while (readRetry(data, seq));
}

EXPORT int __vdso_clock_gettime(int clock, struct Timespec* out) {
    const uint32_t bit = (uint32_t)clock < VDSO_CLOCKS ? 1u << clock : 0;
    if (bit & kFine)
        readFine(&vvar_vdso_data[0], clock, out);
    else if (bit & kCoarse)
        readCoarse(&vvar_vdso_data[0], clock, out);
    else if (bit & kRaw)
        readFine(&vvar_vdso_data[1], clock, out);
    else
        return (int)systemCall(kCallClockGettime, clock, out);
    return 0;
}
int clock_gettime(int, struct Timespec*) WEAK_ALIAS(__vdso_clock_gettime);

EXPORT int __vdso_gettimeofday(struct Timeval* out, struct Timezone* zone) {
    if (out) {
        struct Timespec now;
        readFine(&vvar_vdso_data[0], kRealtime, &now);
        out->sec = now.sec;
        out->usec = (Long)((uint32_t)now.nsec / 1000);
    }
    if (zone) {
        zone->minuteswest = vvar_vdso_data[0].tz_minuteswest;
        zone->dsttime = vvar_vdso_data[0].tz_dsttime;
    }
    return 0;
}
int gettimeofday(struct Timeval*, struct Timezone*) WEAK_ALIAS(__vdso_gettimeofday);

EXPORT Long __vdso_time(Long* out) {
    const Long now = (Long)vvar_vdso_data[0].basetime[kRealtime].sec;
    if (out) *out = now;
    return now;
}
Long time(Long*) WEAK_ALIAS(__vdso_time);

EXPORT int __vdso_clock_getres(int clock, struct Timespec* out) {
    const uint32_t bit = (uint32_t)clock < VDSO_CLOCKS ? 1u << clock : 0;
    Long ns;
    if (bit & (kFine | kRaw))
        ns = vvar_vdso_data[0].hrtimer_res;
    else if (bit & kCoarse)
        ns = vvar_vdso_data[0].coarse_res;
    else
        return (int)systemCall(kCallClockGetres, clock, out);
    if (out) {
        out->sec = 0;
        out->nsec = ns;
    }
    return 0;
}
int clock_getres(int, struct Timespec*) WEAK_ALIAS(__vdso_clock_getres);

// The number of the CPU is the limit of a segment that each CPU has in its own GDT (GDT_ENTRY_CPUNODE).
EXPORT Long __vdso_getcpu(unsigned* cpu, unsigned* node, void* unused) {
    (void)unused;
    unsigned value;
    __asm__("lsl %1, %0" : "=r"(value) : "r"(15 * 8 + 3));
    if (cpu) *cpu = value & 0xfff;
    if (node) *node = value >> 12;
    return 0;
}
Long getcpu(unsigned*, unsigned*, void*) WEAK_ALIAS(__vdso_getcpu);
