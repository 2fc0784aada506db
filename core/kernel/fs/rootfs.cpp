#include "core/kernel/fs/rootfs.h"

#include <array>
#include <fmt/format.h>
#include <unistd.h>

#include "core/kernel/fs/host_directory.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/fs/proc_fs.h"

extern "C" {
extern const ringside::u8 ringside_busybox[], ringside_busybox_end[];
extern const ringside::u8 ringside_init[], ringside_init_end[];
extern const ringside::u8 ringside_loader[], ringside_loader_end[];
extern const ringside::u8 ringside_libc[], ringside_libc_end[];
extern const ringside::u8 ringside_libm[], ringside_libm_end[];
}

namespace ringside {
namespace {

using Bytes = std::shared_ptr<const std::vector<u8>>;

// Shared by all machines of this program; never changes.
Bytes embedded(const u8* begin, const u8* end) { return std::make_shared<const std::vector<u8>>(begin, end); }
const Bytes& busybox() {
    static const Bytes bytes = embedded(ringside_busybox, ringside_busybox_end);
    return bytes;
}
const Bytes& smallInit() {
    static const Bytes bytes = embedded(ringside_init, ringside_init_end);
    return bytes;
}
const Bytes& loader() {
    static const Bytes bytes = embedded(ringside_loader, ringside_loader_end);
    return bytes;
}
const Bytes& libc() {
    static const Bytes bytes = embedded(ringside_libc, ringside_libc_end);
    return bytes;
}
const Bytes& libm() {
    static const Bytes bytes = embedded(ringside_libm, ringside_libm_end);
    return bytes;
}

// What a shell script and a curious person need; each is a name for /bin/busybox.
constexpr std::string_view kApplets =
    "[ ash awk base64 basename bunzip2 bzip2 cat chmod chown clear cmp comm cp cut date dd df diff dirname dmesg du "
    "echo "
    "egrep env expr factor false fgrep find fold free grep groups gunzip gzip head hexdump hostname id join kill "
    "killall less ln ls md5sum mkdir mkfifo mktemp more mv nice nl nohup od paste pgrep pidof printenv printf ps pwd "
    "readlink realpath renice reset rev rm rmdir sed seq sh sha1sum sha256sum sleep sort split stat stty sum sync tac "
    "tail tar tee test time timeout top touch tr true truncate tty uname uniq unlink unxz uptime usleep vi wc which "
    "whoami xargs xxd xz yes zcat";

void directory(Os& os, std::string_view path, u32 permissions, Mount mount) {
    const InodeId id = makeDirectories(os, path);
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    inode.mode = mode::Directory | permissions;
    inode.mount = mount;
}

void symlink(Os& os, std::string_view path, std::string_view target) {
    const auto slash = path.rfind('/');
    const InodeId in = makeDirectories(os, path.substr(0, slash));
    const std::string name(path.substr(slash + 1));
    if (findEntry(os, in, name) != InodeId{}) return;
    const InodeId id = newInode(os, mode::Link | 0777, os.kernel.vfs.inodes.at(in).mount);
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    inode.target = target;
    inode.size = target.size();
    addEntry(os, in, name, id);
}

void device(Os& os, std::string_view name, u32 type, u32 permissions, Special special, u64 major, u64 minor) {
    const InodeId in = makeDirectories(os, "/dev");
    const InodeId id = newInode(os, type | permissions, Mount::Dev);
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    inode.special = special;
    inode.rdev = major << 8 | minor;
    addEntry(os, in, std::string(name), id);
}

void install(Os& os, std::string_view path, const Bytes& bytes, u32 permissions) {
    if (bytes->empty()) return;
    const InodeId id = installFile(os, path, "", permissions);
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    inode.backing = bytes;
    inode.size = bytes->size();
}

// A file of the host, read when it is first used.
Expected<void> handIn(Os& os, const std::string& host, const std::string& guest) {
    if (guest.empty() || guest.find("/../") != std::string::npos || guest.ends_with("/.."))
        return fail("'" + guest + "' is no path for a file of the guest: it must not contain '..'");
    const std::string absolute = host.starts_with('/') ? host : std::string(".") + "/" + host;
    std::array<char, 4096> cwd{};
    std::string full = absolute;
    if (!host.starts_with('/')) {
        if (!::getcwd(cwd.data(), cwd.size())) return fail("the working directory can not be found");
        full = std::string(cwd.data()) + "/" + host;
    }
    const auto found = hostStat("", full);
    if (!found) return fail(host + ": no such file, or it can not be reached");
    if ((found->mode & mode::Type) != mode::Regular)
        return fail(host + " is not a regular file; only those can be handed in");
    if (::access(full.c_str(), R_OK) != 0) return fail(host + ": may not be read");
    const InodeId id = installFile(os, guest, "", found->mode & 0777);
    Inode& inode = os.kernel.vfs.inodes.edit(id);
    inode.backing.reset();
    inode.hostPath = full;
    inode.size = found->size;
    inode.mtimeNs = found->mtimeNs;
    return {};
}

std::string sampleDirectory() {
    std::array<char, 4096> path{};
    const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
    if (n > 0) {
        std::string beside(path.data(), static_cast<std::size_t>(n));
        beside = beside.substr(0, beside.rfind('/')) + "/samples";
        if (hostStat("", beside + "/hello")) return beside;
    }
    return RINGSIDE_SAMPLE_DIR;
}

void installSamples(Os& os) {
    const std::string from = sampleDirectory();
    for (const std::string& name : hostList(from, "").value_or(std::vector<std::string>{}))
        if (const auto found = hostStat(from, name); found && (found->mode & mode::Type) == mode::Regular)
            (void)handIn(os, from + "/" + name, "/samples/" + name);
}

void buildOwnRoot(Os& os) {
    for (const char* path : {"/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/etc", "/root",
                             "/home", "/var", "/mnt", "/opt", "/samples"})
        makeDirectories(os, path);
    directory(os, "/root", 0700, Mount::Root);
    symlink(os, "/bin", "usr/bin");
    symlink(os, "/sbin", "usr/sbin");
    symlink(os, "/lib", "usr/lib");
    symlink(os, "/lib64", "usr/lib64");
    installFile(os, "/etc/passwd",
                "root:x:0:0:root:/root:/bin/sh\n"
                "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
                "student:x:1000:1000:Student:/home/student:/bin/sh\n",
                0644);
    installFile(os, "/etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\nstudent:x:1000:\n", 0644);
    installFile(os, "/etc/hostname", os.kernel.options.hostname + "\n", 0644);
    installFile(os, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", 0644);
    directory(os, "/home/student", 0755, Mount::Root);
    Inode& home = os.kernel.vfs.inodes.edit(makeDirectories(os, "/home/student"));
    home.uid = home.gid = 1000;
    install(os, "/usr/sbin/init", smallInit(), 0755);
    if (hasShell()) {
        install(os, "/usr/bin/busybox", busybox(), 0755);
        for (std::string_view rest = kApplets; !rest.empty();) {
            const auto space = rest.find(' ');
            symlink(os, "/usr/bin/" + std::string(rest.substr(0, space)), "busybox");
            rest = space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
        }
    }
    install(os, "/usr/lib/x86_64-linux-gnu/libc.so.6", libc(), 0755);
    install(os, "/usr/lib/x86_64-linux-gnu/libm.so.6", libm(), 0644);
    install(os, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", loader(), 0755);
    symlink(os, "/usr/lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
    installSamples(os);
}

// A fresh directory in the place of whatever the host has there.
void replaceDirectory(Os& os, const std::string& name, InodeId fresh) {
    const InodeId root = os.kernel.vfs.root;
    if (const InodeId old = findEntry(os, root, name); old != InodeId{}) {
        removeEntry(os, root, name);
        if (isDirectory(os.kernel.vfs.inodes.at(old))) os.kernel.vfs.inodes.edit(old).name.clear();
        dropIfUnused(os, old);
    }
    addEntry(os, root, name, fresh);
}

void buildKernelDirectories(Os& os) {
    replaceDirectory(os, "dev", newInode(os, mode::Directory | 0755, Mount::Dev));
    device(os, "null", mode::Char, 0666, Special::Null, 1, 3);
    device(os, "zero", mode::Char, 0666, Special::Zero, 1, 5);
    device(os, "full", mode::Char, 0666, Special::Full, 1, 7);
    device(os, "random", mode::Char, 0666, Special::Random, 1, 8);
    device(os, "urandom", mode::Char, 0666, Special::Urandom, 1, 9);
    device(os, "tty", mode::Char, 0666, Special::Tty, 5, 0);
    device(os, "console", mode::Char, 0600, Special::Console, 5, 1);
    symlink(os, "/dev/fd", "/proc/self/fd");
    symlink(os, "/dev/stdin", "/proc/self/fd/0");
    symlink(os, "/dev/stdout", "/proc/self/fd/1");
    symlink(os, "/dev/stderr", "/proc/self/fd/2");
    directory(os, "/dev/shm", 01777, Mount::Tmp);
    directory(os, "/dev/pts", 0755, Mount::Dev);
    replaceDirectory(os, "proc", makeProcRoot(os));
    replaceDirectory(os, "sys", newInode(os, mode::Directory | 0555, Mount::Sys));
    for (const char* name : {"online", "possible", "present"})
        installFile(os, std::string("/sys/devices/system/cpu/") + name, "0\n", 0444);
    directory(os, "/sys/fs", 0555, Mount::Sys);
}

}  // namespace

bool hasShell() { return !busybox()->empty(); }

Expected<void> buildRoot(Os& os) {
    Vfs& vfs = os.kernel.vfs;
    const KernelOptions& options = os.kernel.options;
    const InodeId root = newInode(os, mode::Directory | 0755);
    vfs.root = root;
    Inode& top = vfs.inodes.edit(root);
    top.links = 2;
    top.parent = root;
    vfs.tty.rows = os.devices.console.rows;
    vfs.tty.columns = os.devices.console.columns;
    if (!options.rootDirectory.empty()) {
        const auto found = hostStat(options.rootDirectory, "");
        if (!found || !hostList(options.rootDirectory, ""))
            return fail("--root " + options.rootDirectory + ": not a directory that can be read");
        vfs.hostRoot = options.rootDirectory;
        top.mode = found->mode;
        top.uid = found->uid;
        top.gid = found->gid;
        top.mtimeNs = found->mtimeNs;
        top.hostListed = false;
    } else {
        buildOwnRoot(os);
    }
    buildKernelDirectories(os);
    for (const char* path : {"/tmp", "/run", "/var/tmp"}) {
        if (const auto found = lookup(os, root, path, LastLink::Follow); found && found->inode != InodeId{}) continue;
        directory(os, path, std::string_view(path) == "/run" ? 0755 : 01777, Mount::Root);
    }
    for (const HostFile& file : options.files)
        if (auto done = handIn(os, file.hostPath, file.guestPath); !done) return done;
    return {};
}

Expected<void> checkStart(Os& os) {
    const KernelOptions& options = os.kernel.options;
    const auto inodeAt = [&](const std::string& path) -> const Inode* {
        const auto found = lookup(os, os.kernel.vfs.root, path, LastLink::Follow);
        return found && found->inode != InodeId{} ? &os.kernel.vfs.inodes.at(found->inode) : nullptr;
    };
    const Inode* cwd = inodeAt(options.cwd);
    if (!cwd || !isDirectory(*cwd)) return fail(fmt::format("--cwd {}: the guest has no such directory", options.cwd));
    const std::string& path = options.init.empty() ? options.program : options.init;
    if (path.empty()) return {};  // the kernel looks for an init itself, and says so when there is none
    const Inode* program = inodeAt(path);
    if (!program) return fail(fmt::format("there is no file '{}', neither here nor on the guest's disk", path));
    if (isDirectory(*program)) return fail(fmt::format("'{}' is a directory, not a program", path));
    if ((program->mode & mode::Type) != mode::Regular) return fail(fmt::format("'{}' is not a regular file", path));
    if (program->size == 0) return fail(fmt::format("'{}' is empty: there is nothing to execute", path));
    if ((program->mode & 0111) == 0)
        return fail(fmt::format("'{}' may not be executed: it has no x permission (chmod +x gives it)", path));
    return {};
}

}  // namespace ringside
