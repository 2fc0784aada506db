// ioctl (Linux 6.1 fs/ioctl.c): the terminal's, and the few that every file knows.
#include "core/kernel/fs/file_ops.h"
#include "core/kernel/syscalls/fs_common.h"

namespace ringside {
namespace {

i64 sysIoctl(Os& os, const SyscallArgs& args) {
    const auto file = openFd(os, args.a[0]);
    if (!file) return file.error();
    const u32 request = asUnsigned(args.a[1]);
    constexpr u32 kNoCloseOnExec = 0x5450, kCloseOnExec = 0x5451;
    if (request == kNoCloseOnExec || request == kCloseOnExec) {
        auto& files = os.kernel.files.edit(os.kernel.currentTask().files);
        files.slots[static_cast<std::size_t>(asInt(args.a[0]))].closeOnExec = request == kCloseOnExec;
        return 0;
    }
    return ioctlOpenFile(os, *file, request, args.a[2]);
}

constexpr SyscallRow kRows[] = {
    {16, "ioctl", sysIoctl, {Arg::Fd, Arg::Hex, Arg::Hex}, Arg::Int},
};

}  // namespace

std::span<const SyscallRow> ioctlCalls() { return kRows; }

}  // namespace ringside
