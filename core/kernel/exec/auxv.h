// create_elf_tables (Linux 6.1 fs/binfmt_elf.c): what a program finds on its stack: argc, argv, envp, the auxiliary
// vector. Random bytes are those of the machine's seeded generator.
#pragma once

#include "core/kernel/exec/internal.h"

namespace ringside {

inline constexpr i64 kElfBadLibrary = 80;  // ELIBBAD

struct AuxvInput {
    u64 programHeaders = 0, programHeaderCount = 0, interpreterBase = 0, entry = 0, vdso = 0;
};
// Leaves the address of argc in `stack`.
i64 createElfTables(Os& os, ExecState& exec, const AuxvInput& input, u64& stack);

u64 argumentStackLimit(const Os& os);  // RLIMIT_STACK

}  // namespace ringside
