// What the kernel tells the vDSO, in the first page of [vvar]: the layout of Linux 6.1 include/vdso/datapage.h. Read by
// the vDSO (C) and written by the kernel model (C++).
#pragma once

#include <stdint.h>

#define VDSO_CLOCKS 12        // CLOCK_REALTIME … CLOCK_TAI
#define VDSO_DATA_OFFSET 128  // of the array of two in the page: 0 for all clocks, 1 for CLOCK_MONOTONIC_RAW
#define VDSO_CLOCKMODE_TSC 1

struct VdsoTimestamp {
    uint64_t sec;
    uint64_t nsec;  // shifted left by `shift`, but for the coarse clocks
};

struct VdsoData {
    uint32_t seq;  // odd while it is being written
    int32_t clock_mode;
    uint64_t cycle_last;  // the time-stamp counter at `basetime`
    uint64_t mask;
    uint32_t mult;  // nanoseconds = cycles * mult >> shift
    uint32_t shift;
    struct VdsoTimestamp basetime[VDSO_CLOCKS];
    int32_t tz_minuteswest;
    int32_t tz_dsttime;
    uint32_t hrtimer_res;
    uint32_t coarse_res;  // unused in Linux, which has its HZ compiled in
};
