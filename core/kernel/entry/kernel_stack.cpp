#include "core/kernel/entry/kernel_stack.h"

#include <cstring>

#include "core/kernel/boot/kernel_image.h"
#include "core/kernel/entry/context_switch.h"
#include "core/kernel/entry/kernel_memory.h"
#include "core/kernel/mm/frames.h"
#include "core/kernel/mm/page_tables.h"
#include "core/kernel/os.h"

namespace ringside {
namespace {

constexpr u64 kStackEndMagic = 0x57AC6E9D;
constexpr u64 kSlotSize = 2 * kKernelStackSize;  // the lower half is the guard gap

// What __switch_to_asm pops (struct inactive_task_frame).
struct InactiveTaskFrame {
    u64 r15 = 0, r14 = 0, r13 = 0, r12 = 0, rbx = 0, rbp = 0, returnAddress = 0;
};

u64 freeSlot(const Os& os) {
    std::vector<bool> used(os.kernel.tasks.size() + 1);
    for (auto [id, task] : os.kernel.tasks)
        if (task.stackBase >= kVmallocStart && task.stackBase < kKernelText) {
            const u64 slot = (task.stackBase - kVmallocStart) / kSlotSize;
            if (slot < used.size()) used[slot] = true;
        }
    u64 slot = 0;
    while (used[slot]) ++slot;
    return slot;
}

bool makeStack(Os& os, TaskId child, const PtRegs& regs, u64 function) {
    KernelCall call(os, "alloc_thread_stack_node");
    const u64 base = kVmallocStart + freeSlot(os) * kSlotSize + kKernelStackSize;
    for (u64 offset = 0; offset < kKernelStackSize; offset += kPageSize) {
        const auto frame = allocFrame(os, PageUse::KernelStack, child.value, (base + offset) >> kPageShift);
        const u64 bits = pte::P | pte::RW | pte::A | pte::D | pte::G | pte::NX;
        if (!frame || !mapKernelPage(os, base + offset, *frame, bits)) {
            if (frame) putFrame(os, *frame);
            for (u64 done = 0; done < offset; done += kPageSize) {
                const FrameNo gone = frameOf(kernelPhysical(os, base + done));
                unmapKernelPage(os, base + done);
                putFrame(os, gone);
            }
            return false;
        }
    }
    const u64 top = base + kKernelStackSize;
    storeKernel(os, base, kStackEndMagic);
    storeKernel(os, top - sizeof(PtRegs), regs);
    InactiveTaskFrame frame;
    frame.rbx = function;
    frame.returnAddress = kernelSymbol(os, "ret_from_fork");
    const u64 sp = top - sizeof(PtRegs) - sizeof frame;
    storeKernel(os, sp, frame);
    Task& task = os.kernel.tasks.edit(child);
    task.stackBase = base;
    task.sp = sp;
    storeKernel(os, stackPointerSlot(task), sp);
    return true;
}

}  // namespace

PhysAddr kernelPhysical(const Os& os, u64 address) {
    if (address >= kDirectMap && address < kDirectMap + os.ram.size()) return PhysAddr(address - kDirectMap);
    const auto slot = findPte(os.ram, os.kernel.kernelCr3, os.kernel.options.fiveLevel, address);
    CHECK(slot && (slot->entry & pte::P) && !slot->huge);
    return addressOf(pteFrame(slot->entry)) + pageOffset(address);
}

void readKernel(const Os& os, u64 address, std::span<u8> out) {
    CHECK(pageOffset(address) + out.size() <= kPageSize);
    os.ram.read(kernelPhysical(os, address), out);
}

void writeKernel(Os& os, u64 address, std::span<const u8> in) {
    CHECK(pageOffset(address) + in.size() <= kPageSize);
    const PhysAddr at = kernelPhysical(os, address);
    os.ram.write(at, in);
    os.cpu.codeChanged(frameOf(at));
}

u64 kernelSymbol(const Os&, std::string_view name) {
    const auto it = kernelSymbols().find(name);
    CHECK(it != kernelSymbols().end());
    return it->second;
}

bool makeKernelStack(Os& os, TaskId child, const PtRegs& regs) { return makeStack(os, child, regs, 0); }

bool makeKernelThreadStack(Os& os, TaskId child, std::string_view symbol) {
    return makeStack(os, child, {}, kernelSymbol(os, symbol));
}

void freeKernelStack(Os& os, TaskId id) {
    Task& task = os.kernel.tasks.edit(id);
    if (task.stackBase < kVmallocStart || task.stackBase >= kKernelText) return;
    for (u64 offset = 0; offset < kKernelStackSize; offset += kPageSize) {
        const FrameNo frame = frameOf(kernelPhysical(os, task.stackBase + offset));
        unmapKernelPage(os, task.stackBase + offset);
        putFrame(os, frame);
    }
    task.stackBase = task.sp = 0;
}

PtRegs readPtRegs(const Os& os, TaskId id) {
    const Task& task = os.kernel.tasks.at(id);
    CHECK(task.stackBase != 0);
    return loadKernel<PtRegs>(os, task.stackBase + kKernelStackSize - sizeof(PtRegs));
}

void writePtRegs(Os& os, TaskId id, const PtRegs& regs) {
    const Task& task = os.kernel.tasks.at(id);
    CHECK(task.stackBase != 0);
    storeKernel(os, task.stackBase + kKernelStackSize - sizeof(PtRegs), regs);
}

}  // namespace ringside
