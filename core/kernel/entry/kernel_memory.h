// The kernel model's access to the kernel half of memory: per-CPU area, stacks, tables, by virtual address.
#pragma once

#include <span>
#include <string_view>

#include "core/base/types.h"

namespace ringside {

struct Os;

PhysAddr kernelPhysical(const Os& os, u64 address);
void readKernel(const Os& os, u64 address, std::span<u8> out);  // within a page
void writeKernel(Os& os, u64 address, std::span<const u8> in);  // within a page
u64 kernelSymbol(const Os& os, std::string_view name);

template <class T>
T loadKernel(const Os& os, u64 address) {
    T value;
    readKernel(os, address, {reinterpret_cast<u8*>(&value), sizeof value});
    return value;
}
template <class T>
void storeKernel(Os& os, u64 address, const T& value) {
    writeKernel(os, address, {reinterpret_cast<const u8*>(&value), sizeof value});
}

}  // namespace ringside
