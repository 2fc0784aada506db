// Making, sharing, leaving and joining namespaces (Linux 6.1 kernel/nsproxy.c, user_namespace.c, fs/nsfs.c), and what a
// task may do in which (kernel/capability.c).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/kernel/os.h"

namespace ringside {

inline constexpr u32 kInitialIpc = 0xefffffff, kInitialUts = 0xeffffffe, kInitialUser = 0xeffffffd,
                     kInitialPid = 0xeffffffc, kInitialCgroup = 0xeffffffb, kInitialTime = 0xeffffffa,
                     kFirstNumber = 0xf0000000;

void makeInitialNamespaces(Os& os, Task& idle);
// copy_creds and copy_namespaces for a child, ksys_unshare for the current task: 0 or -errno, then nothing was changed.
i64 copyUserNamespace(Os& os, Task& child, u64 flags);
i64 copyNamespaces(Os& os, Task& child, u64 flags);
i64 unshareNamespaces(Os& os, u64 flags);
void exitTaskNamespaces(Os& os, Task& task);
void getNamespace(Os& os, NamespaceId id);
void putNamespace(Os& os, NamespaceId id);
void forgetNamespaceInode(Os& os, u32 number);
i64 joinNamespace(Os& os, const Inode& inode, u64 type);  // setns(2)

// ns_capable: all capabilities or none, in the user namespace `owner`.
bool capable(const Kernel& kernel, const Cred& cred, NamespaceId owner);
inline bool capable(const Os& os, NamespaceId owner) { return capable(os.kernel, os.kernel.currentTask().cred, owner); }
inline bool capable(const Os& os) { return capable(os, os.kernel.currentTask().cred.userNs); }
bool capableEverywhere(const Os& os);  // in the initial one
// After execve, or after set*id changed the ids from `before`: root of the namespace has them, others lose them.
void updateCapable(const Os& os, Cred& cred, const Cred* before);

enum class IdKind : u8 { User, Group };
u32 idToUser(const Os& os, IdKind kind, u32 id);  // from_kuid_munged; 65534 when it is not mapped
std::optional<u32> idFromUser(const Os& os, IdKind kind, u32 id);
bool maySetgroups(const Os& os);
std::string idMapText(const Os& os, const Task& task, IdKind kind);
i64 writeIdMap(Os& os, const Task& task, IdKind kind, std::string_view text);
i64 writeSetgroups(Os& os, const Task& task, std::string_view text);

// /proc/PID/ns/NAME. Id 0 and "": the task has left its namespaces.
InodeId namespaceInode(Os& os, const Task& task, std::string_view name);
std::string namespaceText(const Os& os, const Task& task, std::string_view name);
// An open file on it keeps a namespace alive (holdInode, releaseInode).
void holdNamespaceOf(Os& os, const Inode& inode);
void releaseNamespaceOf(Os& os, const Inode& inode);

}  // namespace ringside
