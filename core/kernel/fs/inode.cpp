#include "core/kernel/fs/inode.h"

#include <algorithm>

#include "core/kernel/errno.h"
#include "core/kernel/fs/host_directory.h"
#include "core/kernel/fs/proc_fs.h"
#include "core/kernel/limits.h"
#include "core/kernel/mm/page_cache.h"
#include "core/kernel/proc/nsproxy.h"

namespace ringside {

bool Inode::operator==(const Inode& other) const {
    const auto key = [](const Inode& i) {
        return std::tie(i.id, i.mode, i.uid, i.gid, i.links, i.rdev, i.size, i.atimeNs, i.mtimeNs, i.ctimeNs, i.special,
                        i.mount, i.procEntry, i.procPid, i.entries, i.parent, i.name, i.target, i.hostPath,
                        i.hostListed, i.pages, i.stored, i.openCount, i.writers, i.pipe, i.seals, i.lockShared,
                        i.lockExclusive);
    };
    if (key(*this) != key(other)) return false;
    if (backing == other.backing) return true;
    static const std::vector<u8> none;
    return (backing ? *backing : none) == (other.backing ? *other.backing : none);
}

i64 realTimeNs(const Os& os) { return static_cast<i64>(os.kernel.bootEpochSeconds * 1'000'000'000 + os.nowNs()); }

InodeId newInode(Os& os, u32 fileMode, Mount mount) {
    const InodeId id(os.kernel.nextId++);
    Inode& inode = os.kernel.vfs.inodes.insert(id, {});
    inode.id = id;
    inode.mode = fileMode;
    inode.mount = mount;
    inode.links = 0;
    if ((fileMode & mode::Type) == mode::Directory) {
        inode.links = 1;  // its own "."
        inode.size = 4096;
    }
    inode.atimeNs = inode.mtimeNs = inode.ctimeNs = realTimeNs(os);
    return id;
}

void addEntry(Os& os, InodeId directory, const std::string& name, InodeId child) {
    Vfs& vfs = os.kernel.vfs;
    const i64 now = realTimeNs(os);
    Inode& node = vfs.inodes.edit(child);
    ++node.links;
    node.ctimeNs = now;
    const bool sub = isDirectory(node);
    if (sub) {
        node.parent = directory;
        node.name = name;
    }
    Inode& dir = vfs.inodes.edit(directory);
    InodeId& slot = dir.entries[name];
    CHECK(slot == InodeId{});
    slot = child;
    if (sub) ++dir.links;
    dir.mtimeNs = dir.ctimeNs = now;
}

void removeEntry(Os& os, InodeId directory, const std::string& name) {
    Vfs& vfs = os.kernel.vfs;
    const i64 now = realTimeNs(os);
    Inode& dir = vfs.inodes.edit(directory);
    const auto it = dir.entries.find(name);
    CHECK(it != dir.entries.end() && it->second != InodeId{});
    const InodeId child = it->second;
    if (dir.hostListed)
        dir.entries.erase(it);
    else
        it->second = InodeId{};
    dir.mtimeNs = dir.ctimeNs = now;
    Inode& node = vfs.inodes.edit(child);
    if (isDirectory(node)) --dir.links;
    if (node.links > 0) --node.links;
    if (!isDirectory(node) && node.links > 0 && vfs.hardLinks > 0) --vfs.hardLinks;
    node.ctimeNs = now;
}

namespace {
InodeId addHostEntry(Os& os, InodeId directory, const std::string& name) {
    Vfs& vfs = os.kernel.vfs;
    const Inode& dir = vfs.inodes.at(directory);
    const std::string path = dir.hostPath.empty() ? name : dir.hostPath + "/" + name;
    const auto found = vfs.hostMemory.stat(vfs.hostRoot, path);
    if (!found) return InodeId{};
    const InodeId id(os.kernel.nextId++);
    Inode node;
    node.id = id;
    node.mode = found->mode;
    node.uid = found->uid;
    node.gid = found->gid;
    node.links = found->links;
    node.atimeNs = found->atimeNs;
    node.mtimeNs = found->mtimeNs;
    node.ctimeNs = found->ctimeNs;
    node.size = found->size;
    switch (found->mode & mode::Type) {
        case mode::Regular:
            node.hostPath = path;
            break;
        case mode::Directory:
            node.hostPath = path;
            node.hostListed = false;
            node.parent = directory;
            node.name = name;
            break;
        case mode::Link:
            node.target = found->target;
            node.size = node.target.size();
            break;
        default:
            node.special = Special::Foreign;
            node.rdev = found->rdev;
            break;
    }
    vfs.inodes.insert(id, std::move(node));
    ++vfs.hostInodes;
    vfs.inodes.edit(directory).entries[name] = id;
    return id;
}
}  // namespace

InodeId findEntry(Os& os, InodeId directory, const std::string& name) {
    const Inode& dir = os.kernel.vfs.inodes.at(directory);
    if (dir.special == Special::ProcDirectory) return procLookup(os, directory, name);
    const auto it = dir.entries.find(name);
    if (it != dir.entries.end()) return it->second;
    if (dir.hostListed) return InodeId{};
    return addHostEntry(os, directory, name);
}

std::vector<std::pair<std::string, InodeId>> listEntries(Os& os, InodeId directory) {
    Vfs& vfs = os.kernel.vfs;
    if (vfs.inodes.at(directory).special == Special::ProcDirectory) return procList(os, directory);
    if (!vfs.inodes.at(directory).hostListed) {
        const std::string path = vfs.inodes.at(directory).hostPath;
        for (const std::string& name : vfs.hostMemory.list(vfs.hostRoot, path).value_or(std::vector<std::string>{}))
            if (!vfs.inodes.at(directory).entries.contains(name)) addHostEntry(os, directory, name);
        Inode& dir = vfs.inodes.edit(directory);
        dir.hostListed = true;
        std::erase_if(dir.entries, [](const auto& entry) { return entry.second == InodeId{}; });
    }
    const Inode& dir = vfs.inodes.at(directory);
    return {dir.entries.begin(), dir.entries.end()};
}

std::string pathOf(const Os& os, InodeId directory) {
    const Vfs& vfs = os.kernel.vfs;
    std::string path;
    for (InodeId at = directory; at != vfs.root;) {
        const Inode& inode = vfs.inodes.at(at);
        path = "/" + inode.name + path;
        if (inode.parent == InodeId{} || inode.parent == at) break;
        at = inode.parent;
    }
    return path.empty() ? "/" : path;
}

bool canReadHost(Vfs& vfs, Inode& inode) {
    if (inode.backing || inode.size == 0) return true;
    if (inode.size > limit::HostFile || vfs.hostBytes + inode.size > limit::HostFiles) return false;
    auto bytes = vfs.hostMemory.read(vfs.hostRoot, inode.hostPath);
    if (!bytes) return false;
    vfs.hostBytes += bytes->size();
    inode.backing = std::move(bytes);
    return true;
}

std::shared_ptr<const std::vector<u8>> backingOf(Vfs& vfs, Inode& inode) {
    if (!inode.backing && !inode.hostPath.empty() && isRegular(inode) && !canReadHost(vfs, inode))
        inode.backing = std::make_shared<const std::vector<u8>>();
    return inode.backing;
}

bool readBacking(Os& os, Inode& inode, u64 page, std::span<u8, 4096> out) {
    const auto bytes = backingOf(os.kernel.vfs, inode);
    const u64 begin = page << kPageShift;
    u64 n = 0;
    if (bytes && begin < bytes->size()) n = std::min<u64>(kPageSize, bytes->size() - begin);
    if (n != 0) std::memcpy(out.data(), bytes->data() + begin, n);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), u8{0});
    return true;
}

void holdInode(Os& os, InodeId id) {
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    if (++inode.openCount == 1 && inode.special == Special::Namespace) holdNamespaceOf(os, inode);
}

void releaseInode(Os& os, InodeId id) {
    Vfs& vfs = os.kernel.vfs;
    Inode& inode = vfs.inodes.edit(id);
    CHECK(inode.openCount > 0);
    if (--inode.openCount != 0) return;
    if (inode.special == Special::Namespace)
        releaseNamespaceOf(os, Inode(inode));  // may take the inode along
    else
        dropIfUnused(os, id);
}

void dropIfUnused(Os& os, InodeId id) {
    Vfs& vfs = os.kernel.vfs;
    const Inode& inode = vfs.inodes.at(id);
    if (inode.openCount != 0 || id == vfs.root) return;

    const bool named = isDirectory(inode) ? !inode.name.empty() : inode.links > 0;
    if (named || inode.mount == Mount::Proc) return;
    dropFilePages(os, id);
    vfs.epolls.erase(id);
    vfs.timers.erase(id);
    if (inode.pipe != PipeId{} && vfs.pipes.contains(inode.pipe)) vfs.pipes.erase(inode.pipe);
    vfs.inodes.erase(id);
}

i64 readInode(Os& os, InodeId inode, u64 position, std::span<u8> out) {
    return readFilePages(os, inode, position, out);
}

i64 writeInode(Os& os, InodeId id, u64 position, std::span<const u8> in) {
    if (in.empty()) return 0;
    if (position + in.size() < position || position + in.size() > u64{1} << 47) return -error::kFbig;
    const i64 n = writeFilePages(os, id, position, in);
    if (n > 0) {
        Inode& inode = os.kernel.vfs.inodes.edit(id);
        inode.mtimeNs = inode.ctimeNs = realTimeNs(os);
        // A write by someone else than the superuser takes set-user-ID away.
        if (os.kernel.currentTask().cred.fsuid != 0) inode.mode &= ~06000u;
    }
    return n;
}

i64 truncateInode(Os& os, InodeId id, u64 size) {
    if (size > u64{1} << 47) return -error::kFbig;
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    if (size < inode.size) {
        // What was cut off must not come back when the file grows again.
        if (size == 0) {
            inode.backing.reset();
            inode.hostPath.clear();
        } else if (const auto bytes = backingOf(os.kernel.vfs, inode); bytes && size < bytes->size()) {
            inode.backing = std::make_shared<const std::vector<u8>>(bytes->begin(),
                                                                    bytes->begin() + static_cast<std::ptrdiff_t>(size));
        }
    }
    truncateFilePages(os, id, size);
    Inode& after = os.kernel.vfs.inodes.edit(id);
    after.mtimeNs = after.ctimeNs = realTimeNs(os);
    return 0;
}

std::vector<u8> readWhole(Os& os, InodeId inode, u64 limit) {
    std::vector<u8> bytes(std::min(os.kernel.vfs.inodes.at(inode).size, limit));
    const i64 n = readInode(os, inode, 0, bytes);
    bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return bytes;
}

i64 permissionAs(const Inode& inode, u32 want, u32 uid, u32 gid, std::span<const u32> groups) {
    if (uid == 0) {
        // CAP_DAC_OVERRIDE: everything but executing a file that nobody may execute.
        return (want & 1) != 0 && !isDirectory(inode) && (inode.mode & 0111) == 0 ? -error::kAcces : 0;
    }
    u32 granted = inode.mode & 7;
    if (uid == inode.uid)
        granted = inode.mode >> 6 & 7;
    else if (gid == inode.gid || std::ranges::find(groups, inode.gid) != groups.end())
        granted = inode.mode >> 3 & 7;
    return (want & ~granted) != 0 ? -error::kAcces : 0;
}

i64 permission(const Os& os, const Inode& inode, u32 want) {
    const Task* task = os.kernel.tasks.find(os.kernel.current);
    if (!task) return 0;  // the root is being built
    return permissionAs(inode, want, task->cred.fsuid, task->cred.fsgid, task->cred.groups);
}

u64 deviceOf(const Inode& inode) {
    switch (inode.mount) {
        case Mount::Root:
            return 0x801;  // 8:1
        case Mount::Proc:
            return 0x14;
        case Mount::Dev:
            return 0x5;
        case Mount::Tmp:
            return 0x1d;
        case Mount::Sys:
            return 0x15;
        case Mount::Anonymous:
            return isShmem(inode) ? 0x1 : 0xd;  // shm_mnt; pipefs and the like
    }
    return 0;
}

}  // namespace ringside
