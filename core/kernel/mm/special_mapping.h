// [vvar] and [vdso]: pages of the kernel image that every program has in its address space (Linux 6.1
// arch/x86/entry/vdso/vma.c, mm/mmap.c: _install_special_mapping).
#pragma once

#include <memory>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

struct Os;

// The vDSO's shared object as it lies in the kernel image.
std::shared_ptr<const std::vector<u8>> vdsoImage();

// init_vdso_image: the pages are told from the rest of the kernel image.
void initVdso(Os& os);
// map_vdso: the address of the vDSO's ELF header (AT_SYSINFO_EHDR), or -errno.
i64 mapVdso(Os& os, MmId mm);

}  // namespace ringside
