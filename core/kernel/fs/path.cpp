#include "core/kernel/fs/path.h"

#include <vector>

#include "core/kernel/errno.h"
#include "core/kernel/exec/exec.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/proc_fs.h"
#include "core/kernel/limits.h"

namespace ringside {
namespace {

constexpr int kMaxLinks = 40;  // MAXSYMLINKS
constexpr std::size_t kNameMax = 255, kPathMax = 4096;

// What is still to be walked, last component first.
std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const auto slash = path.rfind('/');
        const auto part = slash == std::string_view::npos ? path : path.substr(slash + 1);
        if (!part.empty()) parts.emplace_back(part);
        if (slash == std::string_view::npos) break;
        path = path.substr(0, slash);
    }
    return parts;
}

InodeId rootOf(const Os& os) {
    const Task* task = os.kernel.tasks.find(os.kernel.current);  // none while the root is being built
    const FsStruct* fs = task ? os.kernel.fs.find(task->fs) : nullptr;
    return fs ? fs->root : os.kernel.vfs.root;
}

std::string join(const Os& os, InodeId directory, const std::string& name) {
    std::string path = pathOf(os, directory);
    if (path != "/") path += '/';
    return path + name;
}

}  // namespace

std::expected<Found, i64> lookup(Os& os, InodeId base, std::string_view path, LastLink last) {
    if (path.empty()) return std::unexpected(-error::kNoEnt);
    if (path.size() >= kPathMax) return std::unexpected(-error::kNameTooLong);
    const Vfs& vfs = os.kernel.vfs;
    const InodeId root = rootOf(os);

    Found found;
    found.mustBeDirectory = path.ends_with('/');
    InodeId at = path.starts_with('/') ? root : base;
    std::vector<std::string> rest = split(path);
    std::string jumped;  // the path a magic link of /proc leads to
    int links = 0;
    while (!rest.empty()) {
        const Inode& directory = vfs.inodes.at(at);
        if (!isDirectory(directory)) return std::unexpected(-error::kNotDir);
        if (const i64 denied = permission(os, directory, 1)) return std::unexpected(denied);
        const std::string name = std::move(rest.back());
        rest.pop_back();
        found.directory = InodeId{};
        found.name.clear();
        if (name == ".") continue;
        if (name == "..") {
            if (at != root && directory.parent != InodeId{}) at = directory.parent;
            continue;
        }
        if (name.size() > kNameMax) return std::unexpected(-error::kNameTooLong);
        const InodeId next = findEntry(os, at, name);
        found.directory = at;
        found.name = name;
        if (next == InodeId{}) {
            // A directory that was removed while somebody stands in it takes nothing new.
            const Inode& parent = vfs.inodes.at(at);
            if (!rest.empty() || (at != vfs.root && parent.name.empty() && parent.mount != Mount::Proc))
                return std::unexpected(-error::kNoEnt);
            found.path = join(os, at, name);
            return found;
        }
        const Inode& node = vfs.inodes.at(next);
        if (isLink(node) && (!rest.empty() || last == LastLink::Follow || found.mustBeDirectory)) {
            if (++links > kMaxLinks) return std::unexpected(-error::kLoop);
            if (node.special == Special::ProcLink) {
                if (const InodeId target = procLinkInode(os, node); target != InodeId{}) {
                    jumped = procLinkText(os, node);
                    at = target;
                    found.directory = InodeId{};
                    found.name.clear();
                    continue;
                }
            }
            const std::string target = node.special == Special::ProcLink ? procLinkText(os, node) : node.target;
            if (target.empty()) return std::unexpected(-error::kNoEnt);
            if (target.starts_with('/')) at = root;
            std::vector<std::string> more = split(target);
            if (rest.empty() && target.ends_with('/')) found.mustBeDirectory = true;
            if (rest.size() + more.size() > kPathMax) return std::unexpected(-error::kNameTooLong);
            rest.insert(rest.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
            found.directory = InodeId{};
            continue;
        }
        at = next;
    }
    found.inode = at;
    const Inode& node = vfs.inodes.at(at);
    if (found.mustBeDirectory && !isDirectory(node)) return std::unexpected(-error::kNotDir);
    if (isDirectory(node))
        found.path = pathOf(os, at);
    else if (found.directory != InodeId{})
        found.path = join(os, found.directory, found.name);
    else
        found.path = jumped;
    return found;
}

std::expected<InodeId, i64> baseOf(Os& os, i32 dirfd, std::string_view path) {
    if (path.starts_with('/')) return rootOf(os);
    if (dirfd == kAtFdCwd) return os.kernel.fs.at(os.kernel.currentTask().fs).cwd;
    const FileId file = fileOf(os, dirfd);
    if (file == FileId{}) return std::unexpected(-error::kBadf);
    const InodeId inode = os.kernel.vfs.files.at(file).inode;
    if (!path.empty() && !isDirectory(os.kernel.vfs.inodes.at(inode))) return std::unexpected(-error::kNotDir);
    return inode;
}

std::expected<Found, i64> findPath(Os& os, std::string_view path, LastLink last) {
    const FsStruct* fs = os.kernel.fs.find(os.kernel.currentTask().fs);
    auto found = lookup(os, fs ? fs->cwd : os.kernel.vfs.root, path, last);
    if (found && found->inode == InodeId{}) return std::unexpected(-error::kNoEnt);
    return found;
}

std::string canonicalPath(Os& os, const std::string& path) {
    const auto found = findPath(os, path);
    return found && !found->path.empty() ? found->path : path;
}

std::expected<InodeId, i64> createAt(Os& os, const Found& where, u32 fileMode) {
    if (where.inode != InodeId{} || where.directory == InodeId{}) return std::unexpected(-error::kExist);
    const Inode& directory = os.kernel.vfs.inodes.at(where.directory);
    if (directory.mount == Mount::Proc) return std::unexpected(-error::kNoEnt);
    if (directory.mount == Mount::Sys) return std::unexpected(-error::kPerm);
    if (const i64 denied = permission(os, directory, 3)) return std::unexpected(denied);
    if (os.kernel.vfs.inodes.size() > limit::Inodes + os.kernel.vfs.hostInodes) return std::unexpected(-error::kNoSpc);
    const Mount mount = directory.mount;
    const bool inheritGroup = (directory.mode & 02000) != 0;
    const u32 group = directory.gid;
    if (inheritGroup && (fileMode & mode::Type) == mode::Directory) fileMode |= 02000;
    const InodeId id = newInode(os, fileMode, mount);
    Inode& node = os.kernel.vfs.inodes.edit(id);
    const Cred& cred = os.kernel.currentTask().cred;
    node.uid = cred.fsuid;
    node.gid = inheritGroup ? group : cred.fsgid;
    addEntry(os, where.directory, where.name, id);
    return id;
}

std::expected<InodeId, i64> openExecutable(Os& os, const std::string& path) {
    const auto found = findPath(os, path);
    if (!found) return std::unexpected(found.error());
    const Inode& inode = os.kernel.vfs.inodes.at(found->inode);
    if (!isRegular(inode) || inode.special != Special::None) return std::unexpected(-error::kAcces);
    if (const i64 denied = permission(os, inode, 1)) return std::unexpected(denied);
    if (inode.writers != 0) return std::unexpected(-error::kTxtBsy);
    return found->inode;
}

InodeId makeDirectories(Os& os, std::string_view path) {
    InodeId at = os.kernel.vfs.root;
    std::vector<std::string> parts = split(path);
    for (; !parts.empty(); parts.pop_back()) {
        InodeId next = findEntry(os, at, parts.back());
        if (next != InodeId{} && isLink(os.kernel.vfs.inodes.at(next))) {
            const auto found = lookup(os, at, parts.back(), LastLink::Follow);
            if (found && found->inode != InodeId{}) next = found->inode;
        }
        if (next == InodeId{}) {
            next = newInode(os, mode::Directory | 0755, os.kernel.vfs.inodes.at(at).mount);
            addEntry(os, at, parts.back(), next);
        }
        at = next;
    }
    return at;
}

InodeId installFile(Os& os, std::string_view path, std::string_view bytes, u32 permissions) {
    const auto slash = path.rfind('/');
    const InodeId directory = makeDirectories(os, slash == std::string_view::npos ? "" : path.substr(0, slash));
    const std::string name(slash == std::string_view::npos ? path : path.substr(slash + 1));
    if (findEntry(os, directory, name) != InodeId{}) {
        const InodeId old = findEntry(os, directory, name);
        removeEntry(os, directory, name);
        dropIfUnused(os, old);
    }
    const InodeId id = newInode(os, mode::Regular | permissions, os.kernel.vfs.inodes.at(directory).mount);
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    inode.size = bytes.size();
    inode.backing = std::make_shared<const std::vector<u8>>(bytes.begin(), bytes.end());
    addEntry(os, directory, name, id);
    return id;
}

}  // namespace ringside
