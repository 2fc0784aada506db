#include "core/kernel/entry/ia32.h"

#include <algorithm>
#include <iterator>

namespace ringside {
namespace {

struct Row {
    u16 ia32, x86_64;
};
constexpr Row kRows[] = {
    {1, 60},     // exit
    {2, 57},     // fork
    {3, 0},      // read
    {4, 1},      // write
    {5, 2},      // open
    {6, 3},      // close
    {8, 85},     // creat
    {9, 86},     // link
    {10, 87},    // unlink
    {11, 59},    // execve (with 64-bit pointers below 4 GiB only by luck, as on Linux)
    {12, 80},    // chdir
    {13, 201},   // time
    {15, 90},    // chmod
    {19, 8},     // lseek
    {20, 39},    // getpid
    {24, 102},   // getuid
    {27, 37},    // alarm
    {29, 34},    // pause
    {33, 21},    // access
    {37, 62},    // kill
    {38, 82},    // rename
    {39, 83},    // mkdir
    {40, 84},    // rmdir
    {41, 32},    // dup
    {42, 22},    // pipe
    {45, 12},    // brk
    {47, 104},   // getgid
    {49, 107},   // geteuid
    {50, 108},   // getegid
    {57, 109},   // setpgid
    {60, 95},    // umask
    {63, 33},    // dup2
    {64, 110},   // getppid
    {65, 111},   // getpgrp
    {66, 112},   // setsid
    {91, 11},    // munmap
    {125, 10},   // mprotect
    {158, 24},   // sched_yield
    {183, 79},   // getcwd
    {190, 58},   // vfork
    {199, 102},  // getuid32
    {200, 104},  // getgid32
    {201, 107},  // geteuid32
    {202, 108},  // getegid32
    {224, 186},  // gettid
    {252, 231},  // exit_group
};

}  // namespace

u64 ia32Syscall(u64 number) {
    const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.ia32 == number; });
    return row == std::end(kRows) ? 0xffff : row->x86_64;
}

}  // namespace ringside
