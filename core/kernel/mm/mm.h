// mm_struct and vm_area_struct (Linux 6.1 include/linux/mm_types.h): a process's address space as the kernel plans it.
// What is really mapped lies in the page tables in RAM.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

namespace vm {
inline constexpr u32 Read = 1, Write = 2, Exec = 4, Shared = 8, MayRead = 0x10, MayWrite = 0x20, MayExec = 0x40,
                     GrowsDown = 0x100, PfnMap = 0x400, Io = 0x4000, DontCopy = 0x20000, DontExpand = 0x40000,
                     NoReserve = 0x200000, WipeOnFork = 0x2000000, DontDump = 0x4000000, HugePage = 0x20000000,
                     NoHugePage = 0x40000000;
}

// struct vm_special_mapping: what lies there is part of the kernel.
enum class SpecialMapping : u8 { None, Vvar, Vdso };

struct Vma {
    u64 start = 0, end = 0;  // page aligned, [start, end)
    u32 flags = 0;           // vm::*
    InodeId file;            // 0: anonymous
    u64 pageOffset = 0;      // of the first page in the file, in pages
    SpecialMapping special = SpecialMapping::None;
    bool anonVma = false;  // has had a page of its own (vma->anon_vma): fork must copy its entries
    std::string name;      // "[heap]", "[stack]", "[vdso]", or the file's path
    bool operator==(const Vma&) const = default;
};

struct Mm {
    MmId id;
    u32 users = 1;            // tasks that share it
    u64 cr3 = 0;              // physical address of the top table
    std::map<u64, Vma> vmas;  // by start; Linux 6.1 uses a maple tree
    u64 totalVm = 0;          // pages in all areas
    u64 mmapBase = 0;         // mmap areas grow down from here
    u64 fullAbove = ~u64{0};  // between here and mmapBase no page is free: where the search for a gap begins
    u64 searchedTo = ~u64{0}, largestHole = 0;  // … and there none of more bytes: where a search for more begins
    u64 startCode = 0, endCode = 0, startData = 0, endData = 0;
    u64 startBrk = 0, brk = 0, startStack = 0;
    u64 argStart = 0, argEnd = 0, envStart = 0, envEnd = 0;
    std::string exePath;  // /proc/PID/exe
    InodeId exe;
    std::string auxv;                                                             // the bytes of /proc/PID/auxv
    u64 rssAnon = 0, rssFile = 0, rssShmem = 0, swapEntries = 0, pageTables = 0;  // in pages
    u64 minorFaults = 0, majorFaults = 0;
    u64 hiwaterRss = 0, hiwaterVm = 0;
    bool operator==(const Mm&) const = default;

    const Vma* find(u64 address) const {  // the area that contains `address`
        auto it = vmas.upper_bound(address);
        if (it == vmas.begin()) return nullptr;
        --it;
        return address < it->second.end ? &it->second : nullptr;
    }
    u64 rss() const { return rssAnon + rssFile + rssShmem; }  // get_mm_rss
    void countPages(i64 pages) {                              // vm_stat_account
        totalVm += static_cast<u64>(pages);
        hiwaterVm = std::max(hiwaterVm, totalVm);
    }
};

}  // namespace ringside
