// Open files, descriptor tables and fs_struct (Linux 6.1 fs/file.c, fs/file_table.c, fs/fs_struct.c).
#pragma once

#include <expected>
#include <string>

#include "core/kernel/os.h"

namespace ringside {

// O_*, Linux x86-64
namespace open {
inline constexpr u32 ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, AccessMode = 3, Create = 0100, Exclusive = 0200,
                     NoCtty = 0400, Truncate = 01000, Append = 02000, NonBlock = 04000, Direct = 040000,
                     LargeFile = 0100000, Directory = 0200000, NoFollow = 0400000, NoAtime = 01000000,
                     CloseOnExec = 02000000, Sync = 04010000, Path = 010000000, TmpFile = 020000000;
}

// Descriptor tables. fork: dupFiles; clone(CLONE_FILES): getFiles; exit: putFiles.
FilesId newFiles(Os& os);
FilesId dupFiles(Os& os, FilesId from);
void getFiles(Os& os, FilesId files);
void putFiles(Os& os, FilesId files);         // closes everything with the last user
FilesId unshareFiles(Os& os, FilesId files);  // a table of one's own: the same when nobody shares it

FsId newFs(Os& os, InodeId root, InodeId cwd);
FsId dupFs(Os& os, FsId from);
void getFs(Os& os, FsId fs);
void putFs(Os& os, FsId fs);

// Open file descriptions. newFile takes a hold on the inode; users is 1.
FileId newFile(Os& os, InodeId inode, u32 flags, std::string path);
void getFile(Os& os, FileId file);
void putFile(Os& os, FileId file);

// The current task's descriptors.
FileId fileOf(const Os& os, i32 fd);                                 // 0: EBADF
i32 allocFd(Os& os, FileId file, bool closeOnExec, i32 lowest = 0);  // -EMFILE; takes over the caller's user count
bool roomForDescriptors(const Os& os, std::size_t slots);            // for a table that grows by so many
i64 closeFd(Os& os, i32 fd);

inline bool isReadable(const File& file) { return (file.flags & open::AccessMode) != open::WriteOnly; }
inline bool isWritable(const File& file) { return (file.flags & open::AccessMode) != open::ReadOnly; }

// What openat does, for the kernel's own use too: -errno or the open file.
std::expected<FileId, i64> openFile(Os& os, InodeId base, std::string_view path, u32 flags, u32 mode);

// Descriptors 0, 1 and 2 of the first process: the console terminal, or the host's three pipes.
void installStdio(Os& os, FilesId files);

}  // namespace ringside
