// From the first instruction to the first program: arch/x86/kernel/head64.c, init/main.c of Linux 6.1, as far as there
// is something to set up in this machine.
#include <fmt/format.h>

#include "core/kernel/boot/kernel_image.h"
#include "core/kernel/entry/border.h"
#include "core/kernel/entry/kernel_memory.h"
#include "core/kernel/entry/kernel_stack.h"
#include "core/kernel/entry/services.h"
#include "core/kernel/exec/exec.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/page_lists.h"
#include "core/kernel/mm/page_tables.h"
#include "core/kernel/mm/reclaim.h"
#include "core/kernel/mm/special_mapping.h"
#include "core/kernel/mm/swap.h"
#include "core/kernel/names.h"
#include "core/kernel/proc/process.h"

namespace ringside {
namespace {

constexpr u64 kKernelBits = pte::P | pte::RW | pte::A | pte::D | pte::G;
constexpr u64 kPageDirectorySpan = u64{2} << 20;

struct Gate {
    u64 low = 0, high = 0;
};
Gate gate(u64 handler, unsigned privilege, unsigned stackTable) {
    const u64 type = 0x8e | privilege << 5;
    return {
        (handler & 0xffff) | u64{kKernelCs} << 16 | u64{stackTable} << 32 | type << 40 | (handler >> 16 & 0xffff) << 48,
        handler >> 32};
}

// memblock → buddy: everything that is not the firmware's or the kernel's is free.
void memblockFreeAll(Os& os) {
    PageTableOfFrames& frames = os.kernel.frames;
    frames.pages = CowArray<Page>(os.ram.frameCount());
    const u64 end = kernelSymbol(os, "_end") - kKernelText + kKernelPhysical;
    const u32 firstFree = static_cast<u32>(pageUp(end) >> kPageShift);
    for (u32 f = 0; f < firstFree; ++f) {
        frames.pages.edit(f).use = PageUse::Reserved;
        frames.pages.edit(f).refcount = 1;
    }
    const u32 limit = os.kernel.options.usableFrames;
    const u32 lastFree = limit && firstFree + limit < os.ram.frameCount() ? firstFree + limit : os.ram.frameCount();
    for (u32 f = lastFree; f < os.ram.frameCount(); ++f) {
        frames.pages.edit(f).use = PageUse::Reserved;
        frames.pages.edit(f).refcount = 1;
    }
    for (u32 f = lastFree; f-- > firstFree;) pushFront(frames, frames.free, f);
}

u64 entryAt(Os& os, u64 table, u64 index) { return os.ram.load<u64>(PhysAddr(table + 8 * index)); }

u64 tableUnder(Os& os, u64 table, u64 index) {
    u64 entry = entryAt(os, table, index);
    if (!(entry & pte::P)) {
        const auto frame = allocFrame(os, PageUse::PageTable, 0, 0);
        CHECK(frame.has_value());
        entry = addressOf(*frame).value | pte::P | pte::RW | pte::A;
        os.ram.store(PhysAddr(table + 8 * index), entry);
    }
    return entry & pte::kFrameMask;
}

constexpr u64 indexOf(u64 address, unsigned level) { return address >> (12 + 9 * (level - 1)) & 511; }

void mapLarge(Os& os, u64 address, PhysAddr to, u64 bits) {
    u64 table = os.kernel.kernelCr3;
    for (unsigned level = os.kernel.options.fiveLevel ? 5 : 4; level > 2; --level)
        table = tableUnder(os, table, indexOf(address, level));
    os.ram.store(PhysAddr(table + 8 * indexOf(address, 2)), to.value | bits | pte::PS);
}

}  // namespace

void bootEvent(Os& os, std::string text) { os.emit(EventKind::Boot, {}, std::move(text)); }

u64 startup64(Os& os) {
    memblockFreeAll(os);
    const auto top = allocFrame(os, PageUse::PageTable, 0, 0);
    CHECK(top.has_value());
    os.kernel.kernelCr3 = addressOf(*top).value;
    // The page we run on, until we have jumped to the high half.
    mapLarge(os, 0, PhysAddr(0), pte::P | pte::RW | pte::A | pte::D);
    for (u64 a = 0; a < os.ram.size(); a += kPageDirectorySpan)
        mapLarge(os, kDirectMap + a, PhysAddr(a), kKernelBits | pte::NX);
    const u64 size = pageUp(kernelSymbol(os, "_end")) - kKernelText, text = kernelSymbol(os, "gdt_page") - kKernelText;
    for (u64 a = 0; a < size; a += kPageSize) {
        const u64 bits = a < pageDown(text) ? kKernelBits & ~pte::RW : kKernelBits | pte::NX;
        CHECK(mapKernelPage(os, kKernelText + a, frameOf(PhysAddr(kKernelPhysical + a)), bits));
    }
    // The top-level entry of the vmalloc area must exist before it is copied into every process.
    u64 table = os.kernel.kernelCr3;
    for (unsigned level = os.kernel.options.fiveLevel ? 5 : 4; level > 3; --level)
        table = tableUnder(os, table, indexOf(kVmallocStart, level));
    bootEvent(os, fmt::format("startup_64: page tables at {:#x}: direct map of {} MiB at {:#x}, kernel at {:#x}",
                              os.kernel.kernelCr3, os.ram.size() >> 20, kDirectMap, kKernelText));
    return os.kernel.kernelCr3;
}

void trapInit(Os& os) {
    // Out of the low half for good.
    u64 low = entryAt(os, os.kernel.kernelCr3, 0);
    os.ram.store(PhysAddr(os.kernel.kernelCr3), u64{0});
    os.cpu.flushTlb();
    for (unsigned level = os.kernel.options.fiveLevel ? 4 : 3; level >= 2; --level) {
        const FrameNo table = pteFrame(low);
        low = entryAt(os, low & pte::kFrameMask, 0);
        putFrame(os, table);
    }

    constexpr std::string_view kExceptions[] = {"exc_divide_error",
                                                "exc_debug",
                                                "exc_nmi",
                                                "exc_int3",
                                                "exc_overflow",
                                                "exc_bounds",
                                                "exc_invalid_op",
                                                "exc_device_not_available",
                                                "exc_double_fault",
                                                "exc_coproc_segment_overrun",
                                                "exc_invalid_tss",
                                                "exc_segment_not_present",
                                                "exc_stack_segment",
                                                "exc_general_protection",
                                                "exc_page_fault",
                                                "spurious_interrupt_bug",
                                                "exc_coprocessor_error",
                                                "exc_alignment_check",
                                                "exc_machine_check",
                                                "exc_simd_coprocessor_error"};
    const u64 idt = kernelSymbol(os, "idt_table"), stubs = kernelSymbol(os, "irq_entries_start");
    const auto set = [&](unsigned v, const Gate& g) {
        storeKernel(os, idt + 16 * v, g.low);
        storeKernel(os, idt + 16 * v + 8, g.high);
    };
    for (unsigned v = 0; v < std::size(kExceptions); ++v)
        set(v, gate(kernelSymbol(os, "asm_" + std::string(kExceptions[v])), v == 3 || v == 4 ? 3 : 0, v == 8 ? 1 : 0));
    for (unsigned v = 32; v < 256; ++v) set(v, gate(stubs + 16 * (v - 32), 0, 0));
    set(0x80, gate(kernelSymbol(os, "entry_INT80_compat"), 3, 0));
    set(Timer::kVector, gate(kernelSymbol(os, "asm_sysvec_apic_timer_interrupt"), 0, 0));

    const u64 tss = kernelSymbol(os, "cpu_tss"), gdt = kernelSymbol(os, "gdt_page");
    constexpr u64 kTssLimit = 0x67;
    storeKernel(os, gdt + 0x40, kTssLimit | (tss & 0xffffff) << 16 | u64{0x89} << 40 | (tss >> 24 & 0xff) << 56);
    storeKernel(os, gdt + 0x48, tss >> 32);
    storeKernel(os, tss + 4, kernelSymbol(os, "init_stack_end"));
    storeKernel(os, tss + 36, kernelSymbol(os, "df_stack_end"));  // IST1
    storeKernel(os, tss + 102, u16{0x68});
    bootEvent(os, fmt::format("trap_init: IDT of 256 gates at {:#x}, TSS at {:#x}, GDT at {:#x}", idt, tss, gdt));
}

void startKernel(Os& os) {
    KernelCall call(os, "start_kernel");
    {
        KernelCall mm(os, "mm_init");
        const auto zero = allocFrame(os, PageUse::ZeroPage, 0, 0);
        CHECK(zero.has_value());
        os.kernel.frames.zeroPage = zero->value;
        initWatermarks(os);
        initSwap(os);
        initVdso(os);
    }
    bootEvent(os, fmt::format("mm_init: {} of {} frames are free", os.kernel.frames.free.count, os.ram.frameCount()));
    KernelCall sched(os, "sched_init");
    os.kernel.runQueue.kind = os.kernel.options.sched;
    bootEvent(os, "sched_init: the run queue is ready");
    bootEvent(os,
              fmt::format("vfs_caches_init: the root file system is mounted, {} inodes", os.kernel.vfs.inodes.size()));
    bootEvent(os,
              fmt::format("time_init: the timer ticks at {} Hz, the clock at {} Hz", os.kernel.options.hz, os.clockHz));
}

void restInit(Os& os) {
    makeInitTasks(os);
    if (os.devices.swap.slots) {
        const TaskId kswapd = kernelThread(os, "kswapd0", "kthread");
        CHECK(kswapd != TaskId{});
        wakeNew(os, kswapd);
    }
    Task& idle = os.current();
    CHECK(idle.id == TaskId(1));
    idle.stackBase = kernelSymbol(os, "init_stack");
    idle.needResched = true;
    armTimer(os);
    bootEvent(os, "rest_init: PID 1 and PID 2 (kthreadd) are made; PID 0 becomes the idle task");
}

namespace {

// run_init_process: 0, or -errno.
i64 runInit(Os& os, const std::string& path, const std::vector<std::string>& argv) {
    bootEvent(os, "run_init_process: PID 1 executes " + path);
    KernelCall run(os, "run_init_process");
    const i64 result = execve(os, path, argv, os.kernel.options.environment);
    if (result < 0)
        bootEvent(os, fmt::format("run_init_process: {} failed ({}, {})", path, errnoName(static_cast<int>(-result)),
                                  errnoText(static_cast<int>(-result))));
    else
        bootEvent(os, "kernel_init: going to user mode");
    return result;
}

}  // namespace

void kernelInit(Os& os) {
    KernelCall call(os, "kernel_init");
    const KernelOptions& options = os.kernel.options;
    installStdio(os, os.current().files);
    bootEvent(os, "console_on_rootfs: descriptors 0, 1 and 2 of PID 1 are open");
    if (const auto cwd = findPath(os, options.cwd); cwd && cwd->inode.value) {
        FsStruct& fs = os.kernel.fs.edit(os.current().fs);
        if (cwd->inode != fs.cwd) {
            holdInode(os, cwd->inode);
            releaseInode(os, fs.cwd);
            fs.cwd = cwd->inode;
            fs.cwdPath = cwd->path;
        }
    }
    os.current().state = state::Running;
    if (options.init.empty() && options.program.empty()) {
        for (const char* path : {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"})
            if (runInit(os, path, {path}) == 0) return;
        panic(os,
              "No working init found.  Try passing init= option to kernel. See Linux "
              "Documentation/admin-guide/init.rst for guidance.");
        return;
    }
    const bool ownInit = !options.init.empty();
    const std::string path = ownInit ? options.init : options.program;
    std::vector<std::string> argv{path};
    if (ownInit && !options.program.empty()) argv.push_back(options.program);
    argv.insert(argv.end(), options.arguments.begin(), options.arguments.end());
    if (const i64 result = runInit(os, path, argv); result < 0)
        panic(os, fmt::format("Requested init {} failed ({}, {})", path, errnoName(static_cast<int>(-result)),
                              errnoText(static_cast<int>(-result))));
}

}  // namespace ringside
