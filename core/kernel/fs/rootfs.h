// What the guest finds on its disk: the built-in root (samples, busybox, the dynamic loader and libc when they were
// there at build time), or a host directory laid read-only underneath, and the files handed in. Nothing else of the
// host can be reached: a symbolic link is followed inside the guest's root only, and what the guest writes stays in
// memory.
#pragma once

#include <string>

#include "core/base/error.h"
#include "core/kernel/os.h"

namespace ringside {

// Fills an empty Vfs from kernel.options. Fails when --root or a file handed in can not be read.
Expected<void> buildRoot(Os& os);

// Whether the built-in root has busybox, and so /bin/sh.
bool hasShell();

// What would keep PID 1 from starting, in words; the kernel itself would only panic with the number that exec answers.
Expected<void> checkStart(Os& os);

}  // namespace ringside
