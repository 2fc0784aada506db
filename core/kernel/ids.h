// Ids of kernel objects. An id, never a pointer, links two objects; ids are not reused.
#pragma once

#include "core/base/types.h"

namespace ringside {

struct TaskTag;
struct MmTag;
struct FilesTag;
struct FsTag;
struct FileTag;
struct InodeTag;
struct SighandTag;
struct SignalTag;
struct PidNsTag;
struct UtsNsTag;
struct NamespaceTag;
struct MountTag;
struct PipeTag;
struct WaitQueueTag;
using TaskId = Strong<TaskTag, u32>;    // 0: none; idle task is 1
using MmId = Strong<MmTag, u32>;        // 0: none (kernel thread)
using FilesId = Strong<FilesTag, u32>;  // files_struct
using FsId = Strong<FsTag, u32>;        // fs_struct
using FileId = Strong<FileTag, u32>;    // struct file: an open file description
using InodeId = Strong<InodeTag, u32>;
using SighandId = Strong<SighandTag, u32>;
using SignalId = Strong<SignalTag, u32>;  // signal_struct: one per thread group
using PidNsId = Strong<PidNsTag, u32>;
using UtsNsId = Strong<UtsNsTag, u32>;
using NamespaceId = Strong<NamespaceTag, u32>;  // all but PID and UTS namespaces
using PipeId = Strong<PipeTag, u32>;
// What a sleeping task waits on. Made from the object waited for: kind in the high bits, its id below.
using WaitQueueId = Strong<WaitQueueTag, u64>;

}  // namespace ringside
