// The guest's file system: what it may see of the host, path lookup, open files, the terminal's line discipline, /proc,
// binfmt_misc.
#include <QtTest>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "core/kernel/entry/border.h"
#include "core/kernel/errno.h"
#include "core/kernel/exec/binfmt_misc.h"
#include "core/kernel/fs/file_ops.h"
#include "core/kernel/fs/files.h"
#include "core/kernel/fs/host_directory.h"
#include "core/kernel/fs/inode.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/fs/pipe.h"
#include "core/kernel/fs/proc_fs.h"
#include "core/kernel/fs/tty.h"
#include "core/machine/machine.h"

using namespace ringside;
namespace fs = std::filesystem;

namespace {

// A machine that has reached its first program, so that there is a current task.
class Booted {
 public:
    explicit Booted(const std::string& root = {}, bool terminal = false) {
        MachineOptions options;
        options.ramBytes = u64{32} << 20;
        options.kernel.program = root.empty() ? "/samples/hello-asm" : root == "/" ? "/bin/true" : "/bin/init";
        options.kernel.rootDirectory = root;
        options.kernel.terminal = terminal;
        auto booted = Machine::boot(options);
        if (!booted) qFatal("%s", booted.error().sentence.c_str());
        machine = std::make_unique<Machine>(std::move(*booted));
        if (machine->run({.events = RunUntil::bit(EventKind::Exec)}) != MachineStop::Event)
            qFatal("no program started");
        machine->trace.events.clear();
    }
    Os os() {
        return {machine->kernel, machine->cpu, machine->ram, machine->devices, machine->trace, machine->clockHz};
    }
    std::unique_ptr<Machine> machine;
};

i64 look(Os& os, const std::string& path, LastLink last = LastLink::Follow) {
    const auto found = lookup(os, os.kernel.vfs.root, path, last);
    if (!found) return found.error();
    return found->inode == InodeId{} ? -error::kNoEnt : 0;
}

std::string textOf(Os& os, const std::string& path) {
    const auto file = openFile(os, os.kernel.vfs.root, path, open::ReadOnly, 0);
    if (!file) return "errno " + std::to_string(-file.error());
    std::string text;
    std::array<u8, 512> buffer;
    for (;;) {
        const i64 n = readOpenFile(os, *file, buffer);
        if (n <= 0) break;
        text.append(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(n));
    }
    putFile(os, *file);
    return text;
}

void type(Booted& box, std::string_view keys) {
    box.machine->devices.console.input += keys;
    Os os = box.os();
    consoleInterrupt(os);
}

std::string readLine(Booted& box) {
    Os os = box.os();
    std::array<u8, 100> buffer;
    const i64 n = readTty(os, buffer, true);
    if (n < 0) return "errno " + std::to_string(-n);
    return std::string(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(n));
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

class FsTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_root;

 private Q_SLOTS:
    void init() {
        m_temporary = std::make_unique<QTemporaryDir>();
        const fs::path top = m_temporary->path().toStdString();
        m_root = top / "root";
        fs::create_directories(m_root / "etc");
        fs::create_directories(m_root / "sub/deep");
        write(top / "secret", "outside");
        write(m_root / "etc/passwd", "inside");
        write(m_root / "sub/file", "0123456789");
        Booted box;
        Os os = box.os();
        fs::create_directories(m_root / "bin");
        write(m_root / "bin/init", textOf(os, "/samples/hello-asm"));
        fs::permissions(m_root / "bin/init", fs::perms::owner_all);
    }

    // How much fits into a pipe depends on how it was written: these are the answers of Linux for the same calls.
    void pipeBuffersFillAsInLinux() {
        Booted box;
        Os os = box.os();
        const auto freshPipe = [&] {
            const PipeId id = newPipe(os, {});
            Pipe& pipe = os.kernel.vfs.pipes.edit(id);
            pipe.readers = pipe.writers = 1;
            return id;
        };
        const auto put = [&](PipeId id, std::size_t n) {
            const std::vector<u8> bytes(n, 'x');
            u64 progress = 0;
            return writePipe(os, id, bytes, true, progress);
        };
        const auto take = [&](PipeId id, std::size_t n) {
            std::vector<u8> bytes(n);
            return readPipe(os, id, bytes, true);
        };
        const i64 again = -error::kAgainNow;
        const PipeId a = freshPipe();
        for (int i = 0; i < 16; ++i) QCOMPARE(put(a, 4095), i64{4095});
        QCOMPARE(put(a, 4095), again);
        QCOMPARE(put(a, 2), again);
        QCOMPARE(put(a, 1), i64{1});  // the one byte that is left of the last page
        QCOMPARE(put(a, 1), again);
        QCOMPARE(take(a, 4094), i64{4094});
        QCOMPARE(put(a, 2), again);  // the page is not free before its last byte is read
        QCOMPARE(take(a, 1), i64{1});
        QCOMPARE(put(a, 5000), i64{4096});
        QCOMPARE(put(a, 10), again);
        QCOMPARE(os.kernel.vfs.pipes.at(a).data.size(), std::size_t{65522});
        const PipeId b = freshPipe();
        QCOMPARE(put(b, 70000), i64{65536});
        QCOMPARE(put(b, 1), again);
        QCOMPARE(take(b, 100), i64{100});
        QCOMPARE(put(b, 1), again);
        QCOMPARE(take(b, 3996), i64{3996});
        QCOMPARE(put(b, 1), i64{1});
        QCOMPARE(put(b, 4096), again);
    }

    void neverLeavesTheRoot() {
        fs::create_symlink("/etc/passwd", m_root / "absolute");
        fs::create_symlink("../../../../../../etc/passwd", m_root / "sub/up");
        fs::create_symlink("../secret", m_root / "escape");
        fs::create_symlink((m_root / "../secret").string(), m_root / "full");
        fs::create_directory_symlink("..", m_root / "parent");
        Booted box(m_root.string());
        Os os = box.os();
        // Links are followed inside the guest's root: these are the guest's own /etc/passwd, or nothing.
        QCOMPARE(textOf(os, "/absolute"), std::string("inside"));
        QCOMPARE(textOf(os, "/sub/up"), std::string("inside"));
        QCOMPARE(look(os, "/escape"), i64{-error::kNoEnt});
        QCOMPARE(look(os, "/full"), i64{-error::kNoEnt});
        QCOMPARE(look(os, "/parent/secret"), i64{-error::kNoEnt});
        QCOMPARE(textOf(os, "/../../parent/../etc/passwd"), std::string("inside"));
        QCOMPARE(look(os, "/../secret"), i64{-error::kNoEnt});
    }

    void hostFunctionsRefuseLinksAndDotDot() {
        fs::create_directory_symlink("../..", m_root / "out");
        const std::string root = m_root.string();
        QVERIFY(hostRead(root, "sub/file").has_value());
        QVERIFY(!hostRead(root, "../secret").has_value());
        QVERIFY(!hostRead(root, "sub/../../secret").has_value());
        QVERIFY(!hostRead(root, "out/secret").has_value());
        QVERIFY(!hostList(root, "out").has_value());
        QVERIFY(!hostStat(root, "out/root").has_value());
        QCOMPARE(hostStat(root, "out")->target, std::string("../.."));
    }

    // A link that was put in the place of a file after the guest had seen the file.
    void linkSwappedInLater() {
        Booted box(m_root.string());
        Os os = box.os();
        QCOMPARE(look(os, "/sub/file"), i64{0});
        fs::remove(m_root / "sub/file");
        fs::create_symlink("../../secret", m_root / "sub/file");
        QCOMPARE(textOf(os, "/sub/file"), "errno " + std::to_string(error::kAcces));
        fs::rename(m_root / "sub", m_root / "moved");
        fs::create_directory_symlink("..", m_root / "sub");
        QCOMPARE(look(os, "/sub/deep/x"), i64{-error::kNoEnt});
    }

    void hostFifoDoesNotBlock() {
        QCOMPARE(::mkfifo((m_root / "pipe").c_str(), 0600), 0);
        Booted box(m_root.string());
        Os os = box.os();
        QCOMPARE(look(os, "/pipe"), i64{0});
        QCOMPARE(textOf(os, "/pipe"), "errno " + std::to_string(error::kNxio));
        QVERIFY(!hostRead(m_root.string(), "pipe").has_value());
    }

    // Otherwise a stretch that runs again would see when it ran the first time.
    void lookingAtAHostFileLeavesNoTrace() {
        const std::array<timespec, 2> times{timespec{.tv_sec = 1'000'000'000, .tv_nsec = 0},
                                            timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}};
        QCOMPARE(::utimensat(AT_FDCWD, (m_root / "sub/file").c_str(), times.data(), 0), 0);
        const auto before = hostStat(m_root, "sub/file");
        QVERIFY(hostRead(m_root, "sub/file").has_value());
        const auto after = hostStat(m_root, "sub/file");
        QCOMPARE(after->atimeNs, before->atimeNs);
        QCOMPARE(after->mtimeNs, before->mtimeNs);
    }
    void hostProcAndDevAreHidden() {
        Booted box("/");
        Os os = box.os();
        QVERIFY(textOf(os, "/proc/version").starts_with("Linux version 6.1.0-ringside"));
        QCOMPARE(textOf(os, "/dev/null"), std::string());
        QCOMPARE(look(os, "/sys/kernel"), i64{-error::kNoEnt});
        QVERIFY(!hostStat("/", "proc/version").has_value());
        QVERIFY(!hostRead("/", "proc/self/maps").has_value());
    }

    // A stretch that runs again sees what it saw, whatever has become of the host's files.
    void theHostIsAskedOnce() {
        write(m_root / "sub/changes", "before");
        write(m_root / "sub/goes", "here");
        Booted box(m_root.string());
        Machine again = *box.machine;
        Os os = box.os();
        const auto names = [](Os& at) {
            std::vector<std::string> found;
            const InodeId directory = lookup(at, at.kernel.vfs.root, "/sub", LastLink::Keep)->inode;
            for (const auto& [name, inode] : listEntries(at, directory)) found.push_back(name);
            return found;
        };
        QCOMPARE(textOf(os, "/sub/changes"), std::string("before"));
        QCOMPARE(look(os, "/sub/comes"), i64{-error::kNoEnt});
        QCOMPARE(textOf(os, "/sub/goes"), std::string("here"));
        const auto listed = names(os);

        write(m_root / "sub/changes", "after, and longer");
        write(m_root / "sub/comes", "new");
        fs::remove(m_root / "sub/goes");
        Os second{again.kernel, again.cpu, again.ram, again.devices, again.trace, again.clockHz};
        QCOMPARE(textOf(second, "/sub/changes"), std::string("before"));
        QCOMPARE(look(second, "/sub/comes"), i64{-error::kNoEnt});
        QCOMPARE(textOf(second, "/sub/goes"), std::string("here"));
        QCOMPARE(names(second), listed);
        QVERIFY(again.kernel.vfs == box.machine->kernel.vfs);

        Booted fresh(m_root.string());
        Os third = fresh.os();
        QCOMPARE(textOf(third, "/sub/changes"), std::string("after, and longer"));
        QCOMPARE(textOf(third, "/sub/comes"), std::string("new"));
        fs::remove(m_root / "sub/changes");
        fs::remove(m_root / "sub/comes");
    }

    void writesStayInMemory() {
        Booted box;  // its first task serves as the one who acts
        Os os = box.os();
        os.kernel.vfs.hostRoot = m_root.string();
        Inode& top = os.kernel.vfs.inodes.edit(makeDirectories(os, "/mnt"));
        top.hostListed = false;
        const auto file = openFile(os, os.kernel.vfs.root, "/mnt/sub/file", open::ReadWrite, 0);
        QVERIFY(file.has_value());
        u64 progress = 0;
        const std::string text = "AB";
        QCOMPARE(writeOpenFile(os, *file, std::span(reinterpret_cast<const u8*>(text.data()), 2), progress, u64{3}),
                 i64{2});
        putFile(os, *file);
        QCOMPARE(textOf(os, "/mnt/sub/file"), std::string("012AB56789"));
        const auto made = openFile(os, os.kernel.vfs.root, "/mnt/sub/new", open::Create | open::WriteOnly, 0600);
        QVERIFY(made.has_value());
        putFile(os, *made);
        const auto cut = openFile(os, os.kernel.vfs.root, "/mnt/sub/file", open::Truncate | open::WriteOnly, 0);
        QVERIFY(cut.has_value());
        putFile(os, *cut);
        QCOMPARE(textOf(os, "/mnt/sub/file"), std::string());
        const auto found = lookup(os, os.kernel.vfs.root, "/mnt/sub/deep", LastLink::Keep);
        removeEntry(os, found->directory, found->name);
        QCOMPARE(look(os, "/mnt/sub/deep"), i64{-error::kNoEnt});
        QCOMPARE(listEntries(os, found->directory).size(), std::size_t{2});
        std::ifstream in(m_root / "sub/file");
        std::string host;
        in >> host;
        QCOMPARE(host, std::string("0123456789"));
        QVERIFY(!fs::exists(m_root / "sub/new"));
        QVERIFY(fs::exists(m_root / "sub/deep"));
    }

    void badRoots() {
        MachineOptions options;
        options.kernel.program = "/x";
        options.kernel.rootDirectory = (m_root / "nothing").string();
        QVERIFY(!Machine::boot(options).has_value());
        options.kernel.rootDirectory = (m_root / "sub/file").string();
        QVERIFY(!Machine::boot(options).has_value());
        options.kernel.rootDirectory.clear();
        options.kernel.files = {{(m_root / "nothing").string(), "/x"}};
        QVERIFY(!Machine::boot(options).has_value());
        options.kernel.files = {{(m_root / "sub").string(), "/x"}};
        QVERIFY(!Machine::boot(options).has_value());
        options.kernel.files = {{(m_root / "sub/file").string(), "/a/../../x"}};
        QVERIFY(!Machine::boot(options).has_value());
        options.kernel.files = {{(m_root / "sub/file").string(), "/a/b/x"}};
        QVERIFY(Machine::boot(options).has_value());
    }

    void lookupErrors() {
        Booted box;
        Os os = box.os();
        QCOMPARE(look(os, ""), i64{-error::kNoEnt});
        QCOMPARE(look(os, "/"), i64{0});
        QCOMPARE(look(os, "/nothing/x"), i64{-error::kNoEnt});
        QCOMPARE(look(os, "/etc/passwd/x"), i64{-error::kNotDir});
        QCOMPARE(look(os, "/etc/passwd/"), i64{-error::kNotDir});
        QCOMPARE(look(os, "/etc/passwd/.."), i64{-error::kNotDir});
        QCOMPARE(look(os, "/etc//./../etc/passwd"), i64{0});
        QCOMPARE(look(os, "/" + std::string(256, 'x')), i64{-error::kNameTooLong});
        QCOMPARE(look(os, "/" + std::string(255, 'x')), i64{-error::kNoEnt});
        QCOMPARE(look(os, std::string(4096, '/')), i64{-error::kNameTooLong});
        const InodeId link = newInode(os, mode::Link | 0777);
        os.kernel.vfs.inodes.edit(link).target = "/tmp/loop";
        addEntry(os, makeDirectories(os, "/tmp"), "loop", link);
        QCOMPARE(look(os, "/tmp/loop"), i64{-error::kLoop});
        QCOMPARE(look(os, "/tmp/loop", LastLink::Keep), i64{0});
        QCOMPARE(look(os, "/tmp/loop/x"), i64{-error::kLoop});
    }

    void permissions() {
        Booted box;
        Os os = box.os();
        installFile(os, "/tmp/d/file", "x", 0640);
        Inode& file = os.kernel.vfs.inodes.edit(lookup(os, os.kernel.vfs.root, "/tmp/d/file", LastLink::Keep)->inode);
        file.uid = 7;
        file.gid = 8;
        const auto may = [&](u32 want, u32 uid, u32 gid) { return permissionAs(file, want, uid, gid, {}) == 0; };
        QVERIFY(may(6, 0, 0));
        QVERIFY(!may(1, 0, 0));  // nobody may execute it
        QVERIFY(may(6, 7, 1));
        QVERIFY(may(4, 9, 8));
        QVERIFY(!may(2, 9, 8));
        QVERIFY(!may(4, 9, 9));
        os.current().cred.fsuid = 1000;
        QCOMPARE(look(os, "/root/x"), i64{-error::kAcces});
        QCOMPARE(textOf(os, "/tmp/d/file"), "errno " + std::to_string(error::kAcces));
    }

    void inodesGoAway() {
        Booted box;
        Os os = box.os();
        const std::size_t before = os.kernel.vfs.inodes.size();
        const u32 freeBefore = os.kernel.frames.free.count;
        const auto file = openFile(os, os.kernel.vfs.root, "/tmp/x", open::Create | open::ReadWrite, 0600);
        QVERIFY(file.has_value());
        const std::vector<u8> bytes(10000, 'y');
        u64 progress = 0;
        QCOMPARE(writeOpenFile(os, *file, bytes, progress), i64{10000});
        QCOMPARE(freeBefore - os.kernel.frames.free.count, u32{3});
        const auto found = lookup(os, os.kernel.vfs.root, "/tmp/x", LastLink::Keep);
        removeEntry(os, found->directory, found->name);
        dropIfUnused(os, found->inode);
        QCOMPARE(os.kernel.vfs.inodes.size(), before + 1);  // still open
        putFile(os, *file);
        QCOMPARE(os.kernel.vfs.inodes.size(), before);
        QCOMPARE(os.kernel.frames.free.count, freeBefore);
    }

    void terminalEditsLines() {
        Booted box({}, true);
        type(box, "hel");
        QCOMPARE(readLine(box), "errno " + std::to_string(error::kAgainNow));
        type(box, "x\x7flo\r");
        QCOMPARE(readLine(box), std::string("hello\n"));
        QCOMPARE(box.machine->devices.console.output.text(), std::string("helx\b \blo\r\n"));
        type(box, "one two\x17three\n");
        QCOMPARE(readLine(box), std::string("one three\n"));
        type(box, "forget this\x15ok\nsecond\n");
        QCOMPARE(readLine(box), std::string("ok\n"));
        QCOMPARE(readLine(box), std::string("second\n"));
        type(box, "half\x04");
        QCOMPARE(readLine(box), std::string("half"));
        type(box, "\x04");
        QCOMPARE(readLine(box), std::string());  // end of file
        type(box,
             "\xc3\xa4\x7f"
             "b\n");
        QCOMPARE(readLine(box), std::string("b\n"));
    }

    void terminalRaw() {
        Booted box({}, true);
        Tty& tty = box.machine->kernel.vfs.tty;
        tty.lflag = 0;
        tty.iflag = 0;
        type(box, "a\r\x03\x7f");
        QCOMPARE(readLine(box), std::string("a\r\x03\x7f"));
        QCOMPARE(box.machine->devices.console.output.text(), std::string());
    }

    void terminalSignals() {
        Booted box({}, true);
        Kernel& kernel = box.machine->kernel;
        QVERIFY(kernel.vfs.tty.pgrp != 0);
        kernel.sighands.edit(kernel.currentTask().sighand).action[kSigInt].handler = 0x1000;
        type(box, "lost\x03kept\n");
        const SignalStruct& group = kernel.signals.at(kernel.currentTask().signal);
        QVERIFY((group.shared.set & sigBit(kSigInt)) != 0);
        QCOMPARE(readLine(box), std::string("kept\n"));
        QVERIFY(box.machine->devices.console.output.text().contains("^C"));
    }

    void procFiles() {
        Booted box;
        Os os = box.os();
        const std::string pid = std::to_string(os.kernel.currentTask().tgid);
        QCOMPARE(textOf(os, "/proc/self/comm"), std::string("hello-asm\n"));
        QVERIFY(textOf(os, "/proc/" + pid + "/status").contains("Pid:\t" + pid + "\n"));
        const std::string maps = textOf(os, "/proc/self/maps");
        QVERIFY(maps.contains("[stack]\n"));
        QVERIFY2(maps.contains(" 08:01 "), maps.c_str());
        for (std::size_t at = 0; at < maps.size();) {
            const std::size_t end = maps.find('\n', at);
            const std::string line = maps.substr(at, end - at);
            if (line.size() > 73) QCOMPARE(line[72], ' ');
            if (line.ends_with("hello-asm")) QCOMPARE(line.substr(73), std::string("/samples/hello-asm"));
            at = end + 1;
        }
        QCOMPARE(textOf(os, "/proc/self/cmdline"), std::string("/samples/hello-asm\0", 19));
        QCOMPARE(look(os, "/proc/99999"), i64{-error::kNoEnt});
        QCOMPARE(look(os, "/proc/self/task/" + pid + "/stat"), i64{0});
        QCOMPARE(look(os, "/proc/self/fd/0"), i64{0});
        QCOMPARE(look(os, "/proc/self/fd/77"), i64{-error::kNoEnt});
        const auto exe = lookup(os, os.kernel.vfs.root, "/proc/self/exe", LastLink::Follow);
        QCOMPARE(exe->path, std::string("/samples/hello-asm"));
        QVERIFY(textOf(os, "/proc/meminfo").contains("MemTotal:          32768 kB\n"));
        const std::string uuid = textOf(os, "/proc/sys/kernel/random/uuid");
        QCOMPARE(uuid.size(), std::size_t{37});
        QCOMPARE(uuid[14], '4');
        // The same machine says the same.
        Booted again;
        Os other = again.os();
        textOf(other, "/proc/self/comm");
        QCOMPARE(textOf(other, "/proc/sys/kernel/random/uuid"), uuid);
        // pagemap: the page of the program's first instruction is in RAM.
        const auto file = openFile(os, os.kernel.vfs.root, "/proc/self/pagemap", open::ReadOnly, 0);
        std::array<u8, 8> entry{};
        const u64 page = pageDown(os.kernel.mms.at(os.kernel.currentTask().mm).startStack - 1) >> kPageShift;
        QCOMPARE(readOpenFile(os, *file, entry, page * 8), i64{8});
        QVERIFY((entry[7] & 0x80) != 0);
        QCOMPARE(readOpenFile(os, *file, entry, u64{1}), i64{-error::kInval});
    }

    void binfmtMisc() {
        Booted box;
        Os os = box.os();
        QCOMPARE(binfmtMiscRegister(os, "nonsense"), i64{-error::kInval});
        QCOMPARE(binfmtMiscRegister(os, ":n:M::::/bin/x:"), i64{-error::kInval});
        QCOMPARE(binfmtMiscRegister(os, ":a/b:E::py::/bin/x:"), i64{-error::kInval});
        QCOMPARE(binfmtMiscRegister(os, ":py:E::py::/usr/bin/python:"), i64{0});
        QCOMPARE(binfmtMiscRegister(os, ":py:E::py::/usr/bin/python:"), i64{-error::kExist});
        QCOMPARE(binfmtMiscRegister(os, ":wasm:M:1:\\x61sm:\\xff\\xff\\x00:/usr/bin/wasm:OC"), i64{0});
        QCOMPARE(binfmtMiscRegister(os, ":bad:M:0:abc:\\xff:/x:"), i64{-error::kInval});
        QCOMPARE(binfmtMiscRegister(os, ":bad:M:0:abc::/x:Z"), i64{-error::kInval});
        QCOMPARE(binfmtMiscMatch(os, "/a/b.py", "x")->name, std::string("py"));
        QCOMPARE(binfmtMiscMatch(os, "/a/b", std::string("\0as!", 4))->name, std::string("wasm"));
        QVERIFY(!binfmtMiscMatch(os, "/a/b",
                                 "\x7f"
                                 "ELF"));
        QCOMPARE(textOf(os, "/proc/sys/fs/binfmt_misc/py"),
                 std::string("enabled\ninterpreter /usr/bin/python\nflags: \nextension .py\n"));
        QVERIFY(textOf(os, "/proc/sys/fs/binfmt_misc/wasm").contains("offset 1\nmagic 61736d\nmask ffff00\n"));
        QCOMPARE(binfmtMiscControl(os, "py", "0\n"), i64{0});
        QVERIFY(!binfmtMiscMatch(os, "/a/b.py", "x"));
        QCOMPARE(binfmtMiscControl(os, "py", "-1"), i64{0});
        QCOMPARE(look(os, "/proc/sys/fs/binfmt_misc/py"), i64{-error::kNoEnt});
    }

    void copiesAreEqualAndApart() {
        Booted box;
        Machine copy = *box.machine;
        QVERIFY(copy == *box.machine);
        Os os = box.os();
        installFile(os, "/tmp/only-here", "x", 0600);
        QVERIFY(!(copy == *box.machine));
        Os other{copy.kernel, copy.cpu, copy.ram, copy.devices, copy.trace, copy.clockHz};
        QCOMPARE(look(other, "/tmp/only-here"), i64{-error::kNoEnt});
        QCOMPARE(textOf(os, "/tmp/only-here"), std::string("x"));
    }
};

QTEST_APPLESS_MAIN(FsTest)
#include "tst_fs.moc"
