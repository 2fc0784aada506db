// System V message queues (Linux 6.1 ipc/msg.c).
#include <algorithm>

#include "core/kernel/syscalls/ipc_common.h"

namespace ringside {
namespace {

using namespace ipc;

WaitQueueId messageQueue(const Os& os, i32 id) { return waitQueue(WaitKind::Message, waitKey(os, id)); }
constexpr u64 kPerMessage = 64;

i64 sysMsgget(Os& os, const SyscallArgs& args) {
    return getObject(
        os, ipcOf(os).queues, asInt(args.a[0]), asUnsigned(args.a[1]), [](MessageQueue&) -> i64 { return 0; },
        [](const MessageQueue&) -> i64 { return 0; });
}

i64 sysMsgsnd(Os& os, const SyscallArgs& args) {
    const i32 id = asInt(args.a[0]);
    const u64 size = args.a[2];
    i64 type = 0;
    if (!getUser(os, type, args.a[1])) return -error::kFault;
    if (size > 8192 || type < 1 || id < 0) return -error::kInval;
    std::string bytes(size, '\0');
    if (size != 0 && !copyFromUser(os, {reinterpret_cast<u8*>(bytes.data()), size}, args.a[1] + 8))
        return -error::kFault;
    const auto it = ipcOf(os).queues.find(id);
    if (it == ipcOf(os).queues.end()) return os.kernel.currentTask().restartState != 0 ? kRemoved : -error::kInval;
    MessageQueue& queue = it->second;
    if (const i64 denied = mayUse(os, queue, 2)) return denied;
    if (queue.bytes + size > queue.limit || queue.messages.size() >= queue.limit) {
        if ((args.a[3] & kNoWait) != 0) return -error::kAgainNow;
        os.current().restartState = 1;
        const i64 slept = waitFor(os, messageQueue(os, id));
        return slept == kERestartSys ? kERestartNoHand : slept;
    }
    if (ipcOf(os).messageBytes + size + kPerMessage > kMostMessageBytes) return -error::kNoMem;
    ipcOf(os).messageBytes += size + kPerMessage;
    queue.bytes += size;
    queue.messages.push_back({type, std::move(bytes)});
    queue.sentSeconds = nowSeconds(os);
    queue.lastSender = callerPid(os);
    wakeUp(os, messageQueue(os, id));
    return 0;
}

i64 sysMsgrcv(Os& os, const SyscallArgs& args) {
    constexpr u32 kNoError = 010000, kExcept = 020000;
    const i32 id = asInt(args.a[0]);
    const u64 size = args.a[2];
    const auto wanted = static_cast<i64>(args.a[3]);
    const u32 flags = asUnsigned(args.a[4]);
    if (id < 0 || static_cast<i64>(size) < 0) return -error::kInval;
    const auto it = ipcOf(os).queues.find(id);
    if (it == ipcOf(os).queues.end()) return os.kernel.currentTask().restartState != 0 ? kRemoved : -error::kInval;
    MessageQueue& queue = it->second;
    if (const i64 denied = mayUse(os, queue, 4)) return denied;
    auto found = queue.messages.end();
    for (auto m = queue.messages.begin(); m != queue.messages.end(); ++m) {
        if (wanted == 0) {
            found = m;
            break;
        }
        if (wanted > 0) {
            if ((m->type == wanted) != ((flags & kExcept) != 0)) {
                found = m;
                break;
            }
        } else if (-m->type >= wanted && (found == queue.messages.end() || m->type < found->type)) {
            found = m;  // the lowest type up to |wanted|
        }
    }
    if (found == queue.messages.end()) {
        if ((flags & kNoWait) != 0) return kNoMessage;
        os.current().restartState = 1;
        const i64 slept = waitFor(os, messageQueue(os, id));
        return slept == kERestartSys ? kERestartNoHand : slept;
    }
    if (found->bytes.size() > size && (flags & kNoError) == 0) return -error::k2Big;
    const Message message = *found;
    const u64 n = std::min<u64>(size, message.bytes.size());
    queue.bytes -= message.bytes.size();
    ipcOf(os).messageBytes -= message.bytes.size() + kPerMessage;
    queue.messages.erase(found);
    queue.receivedSeconds = nowSeconds(os);
    queue.lastReceiver = callerPid(os);
    wakeUp(os, messageQueue(os, id));
    if (!putUser(os, args.a[1], message.type) ||
        !copyToUser(os, args.a[1] + 8, {reinterpret_cast<const u8*>(message.bytes.data()), n}))
        return -error::kFault;
    return static_cast<i64>(n);
}

i64 sysMsgctl(Os& os, const SyscallArgs& args) {
    struct Queue {
        Permissions permissions;
        i64 sent, received, changed;
        u64 bytes, count, limit;
        i32 lastSender, lastReceiver;
        u64 unused[2];
    };
    static_assert(sizeof(Queue) == 120);
    const auto it = ipcOf(os).queues.find(asInt(args.a[0]));
    if (it == ipcOf(os).queues.end()) return -error::kInval;
    MessageQueue& queue = it->second;
    switch (asUnsigned(args.a[1]) & ~0x100u) {
        case kStat: {
            if (const i64 denied = mayUse(os, queue, 4)) return denied;
            const Queue out{
                permissionsOf(queue),  queue.sentSeconds, queue.receivedSeconds, queue.changedSeconds, queue.bytes,
                queue.messages.size(), queue.limit,       queue.lastSender,      queue.lastReceiver,   {}};
            return putUser(os, args.a[2], out) ? 0 : -error::kFault;
        }
        case kSet: {
            Queue in;
            if (!getUser(os, in, args.a[2])) return -error::kFault;
            if (!owns(os, queue)) return -error::kPerm;
            queue.mode = in.permissions.mode & 0777;
            queue.limit = std::min<u64>(in.limit, 16384);
            wakeUp(os, messageQueue(os, it->first));
            return 0;
        }
        case kRemove: {
            if (!owns(os, queue)) return -error::kPerm;
            const i32 id = it->first;
            ipcOf(os).messageBytes -= queue.bytes + queue.messages.size() * kPerMessage;
            ipcOf(os).queues.erase(it);
            wakeUp(os, messageQueue(os, id));
            return 0;
        }
        default:
            return -error::kInval;
    }
}

using enum Arg;
constexpr SyscallRow kRows[] = {
    {68, "msgget", sysMsgget, {Hex, Flags}, Int},
    {69, "msgsnd", sysMsgsnd, {Int, Address, Size, Flags}, Int},
    {70, "msgrcv", sysMsgrcv, {Int, Address, Size, Int, Flags}, Size},
    {71, "msgctl", sysMsgctl, {Int, Int, Address}, Int},
};

}  // namespace

std::span<const SyscallRow> msgCalls() { return kRows; }

}  // namespace ringside
