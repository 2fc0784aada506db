// System V IPC as state (Linux 6.1 include/linux/ipc.h, shm.h, sem.h, msg.h): objects known by a key, alive until they
// are removed. Not modelled: namespaces, permissions of other users, SEM_UNDO.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/kernel/ids.h"

namespace ringside {

struct IpcObject {
    i32 key = 0;  // 0: IPC_PRIVATE
    u32 uid = 0, gid = 0, mode = 0;
    i64 changedSeconds = 0;
    bool operator==(const IpcObject&) const = default;
};

struct SharedMemory : IpcObject {
    InodeId inode;  // holds the bytes, in the page cache
    u64 size = 0;
    bool removed = false;  // goes with the last that has it attached
    i32 creator = 0, last = 0;
    i64 attachedSeconds = 0, detachedSeconds = 0;
    bool operator==(const SharedMemory&) const = default;
};

struct SemaphoreSet : IpcObject {
    std::vector<i32> values, lastPid;
    i64 usedSeconds = 0;
    bool operator==(const SemaphoreSet&) const = default;
};

struct Message {
    i64 type = 0;
    std::string bytes;
    bool operator==(const Message&) const = default;
};

struct MessageQueue : IpcObject {
    std::deque<Message> messages;
    u64 bytes = 0, limit = 16384;
    i64 sentSeconds = 0, receivedSeconds = 0;
    i32 lastSender = 0, lastReceiver = 0;
    bool operator==(const MessageQueue&) const = default;
};

struct Ipc {
    std::map<i32, SharedMemory> memory;  // by id
    std::map<i32, SemaphoreSet> semaphores;
    std::map<i32, MessageQueue> queues;
    i32 nextId = 0;
    u64 messageBytes = 0;  // held in all queues, with what each message costs
    bool operator==(const Ipc&) const = default;
};

}  // namespace ringside
