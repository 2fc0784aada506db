// A small computer for tests: 4 MiB of RAM, the first 2 MiB mapped one to one in 4 KiB pages, GDT, IDT and TSS in
// place.
//
//   0x10000  user program (user, writable, executable)      0x84000  kernel program, one entry every 64 bytes
//   0x20000… user data                                      0x90000  top of the kernel stack, 0x94000 of IST 1
//   0x70000  top of the user stack                          0x95000  counters of the kernel program
//   0x80000  GDT, 0x81000 IDT, 0x82000 TSS                  0x1f0000 page tables
// Pages from 0x80000 on are supervisor pages.
#pragma once

#include <span>

#include "core/cpu/cpu.h"

namespace ringside::test {

inline constexpr u64 kUserCode = 0x10000, kUserData = 0x20000, kUserStack = 0x70000, kKernelCode = 0x84000,
                     kKernelStack = 0x90000, kIst1 = 0x94000, kCounters = 0x95000, kGdt = 0x80000, kIdt = 0x81000,
                     kTss = 0x82000, kTables = 0x1f0000;
inline constexpr u16 kKernelCs = 0x10, kUserCs = 0x33, kUserSs = 0x2b;

// Entries of the kernel program.
enum Entry : u64 {
    kCountInt80 = 0,
    kCountSyscall = 64,
    kStopWithError = 128,
    kCountTrap = 192,
    kStopDouble = 256,
    kIdle = 320
};

struct Box {
    Ram ram{4 << 20};
    Cpu cpu;

    Box() {
        ram.store<u64>(PhysAddr(kTables), (kTables + 0x1000) | 7);
        ram.store<u64>(PhysAddr(kTables + 0x1000), (kTables + 0x2000) | 7);
        ram.store<u64>(PhysAddr(kTables + 0x2000), (kTables + 0x3000) | 7);
        for (u64 page = 0; page < 512; ++page) map(page << 12, page << 12, page << 12 < 0x80000 ? 7 : 3);

        const u64 gdt[] = {0,
                           0,
                           0x00af9b000000ffff,  // 0x10 kernel code
                           0x00cf93000000ffff,  // 0x18 kernel data
                           0x00cffb000000ffff,  // 0x23 32-bit code, for STAR
                           0x00cff3000000ffff,  // 0x2b user data
                           0x00affb000000ffff,  // 0x33 user code
                           0,
                           u64{0x67} | u64{kTss} << 16 | u64{0x89} << 40,  // 0x40 TSS
                           0};
        ram.write(PhysAddr(kGdt), {reinterpret_cast<const u8*>(gdt), sizeof gdt});
        ram.store<u64>(PhysAddr(kTss + 4), kKernelStack);
        ram.store<u64>(PhysAddr(kTss + 0x24), kIst1);
        for (u8 n = 0; n < 32; ++n) gate(n, pushesError(n) ? kStopWithError : kCountTrap);
        gate(8, kStopDouble, 1);
        gate(0x20, kCountTrap);
        gate(0x80, kCountInt80, 0, 3);
        gate(3, kCountTrap, 0, 3);

        Registers& g = cpu.regs;
        g.efer = 0xd01;
        g.cr0 = 0x80050033;
        g.cr4 = 0x6a0;
        g.cr3 = kTables;
        g.gdtr = {kGdt, sizeof gdt - 1};
        g.idtr = {kIdt, 0xfff};
        g.tr = {0x40, 0x8b, 0x67, kTss};
        g.star = u64{0x23} << 48 | u64{kKernelCs} << 32;
        g.lstar = kKernelCode + kCountSyscall;
        g.fmask = 0x47700;
        toUser();
    }

    static bool pushesError(u8 n) { return n == 8 || (n >= 10 && n <= 14) || n == 17; }
    void map(u64 va, u64 pa, u64 bits) { ram.store<u64>(PhysAddr(kTables + 0x3000 + (va >> 12) * 8), pa | bits); }
    u64 entryOf(u64 va) const { return ram.load<u64>(PhysAddr(kTables + 0x3000 + (va >> 12) * 8)); }
    void gate(u8 number, u64 entry, u8 ist = 0, u8 dpl = 0) {
        const u64 target = kKernelCode + entry;
        const u64 low = (target & 0xffff) | u64{kKernelCs} << 16 | u64{ist} << 32 | u64(0x8e | dpl << 5) << 40 |
                        (target >> 16 & 0xffff) << 48;
        ram.store<u64>(PhysAddr(kIdt + number * 16u), low);
        ram.store<u64>(PhysAddr(kIdt + number * 16u + 8), 0);
    }
    void toUser(u64 rip = kUserCode) {
        Registers& g = cpu.regs;
        g.segment[CS] = {kUserCs, 0xa0fb, 0xffffffff, 0};
        g.segment[SS] = {kUserSs, 0xc0f3, 0xffffffff, 0};
        g.gpr[RSP] = kUserStack;
        g.rip = rip;
        g.rflags = 0x202;
    }
    void toKernel(u64 rip) {
        Registers& g = cpu.regs;
        g.segment[CS] = {kKernelCs, 0xa09b, 0xffffffff, 0};
        g.segment[SS] = {0x18, 0xc093, 0xffffffff, 0};
        g.gpr[RSP] = kKernelStack;
        g.rip = rip;
        g.rflags = 2;
    }
    void put(u64 address, std::span<const u8> bytes) { ram.write(PhysAddr(address), bytes); }
    void put(u64 address, std::initializer_list<u8> bytes) { put(address, std::span(bytes.begin(), bytes.size())); }
    u64 word(u64 address) const { return ram.load<u64>(PhysAddr(address)); }
    // The error code or the frame that a kernel entry found on its stack, by eight-byte slot.
    u64 frame(unsigned slot) const { return word(cpu.regs.gpr[RSP] + slot * 8); }

    CpuStop run(Tick ticks = 1'000'000, Recorder* recorder = nullptr) {
        RunLimits limits;
        limits.tick = cpu.tick + ticks;
        return cpu.run(ram, limits, recorder);
    }
    friend bool operator==(const Box& a, const Box& b) { return a.cpu == b.cpu && a.ram == b.ram; }
};

}  // namespace ringside::test
