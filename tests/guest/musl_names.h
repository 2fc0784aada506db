// glibc's strerrorname_np for musl, as far as the programs here need it.
#pragma once

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline const char* strerrorname_np(int error) {
    switch (error) {
        case 0:
            return "0";
#define NAME(e) \
    case e:     \
        return #e;
            NAME(EPERM)
            NAME(ENOENT)
            NAME(ESRCH)
            NAME(EINTR) NAME(EIO) NAME(ENXIO) NAME(E2BIG) NAME(ENOEXEC) NAME(EBADF) NAME(ECHILD) NAME(EAGAIN)
                NAME(ENOMEM) NAME(EACCES) NAME(EFAULT) NAME(EBUSY) NAME(EEXIST) NAME(EXDEV) NAME(ENODEV) NAME(ENOTDIR)
                    NAME(EISDIR) NAME(EINVAL) NAME(EMFILE) NAME(ENOTTY) NAME(ETXTBSY) NAME(EFBIG) NAME(ENOSPC)
                        NAME(ESPIPE) NAME(EROFS) NAME(EMLINK) NAME(EPIPE) NAME(EDOM) NAME(ERANGE) NAME(EDEADLK)
                            NAME(ENAMETOOLONG) NAME(ENOSYS) NAME(ENOTEMPTY) NAME(ELOOP) NAME(EOVERFLOW) NAME(ENOTSOCK)
                                NAME(EOPNOTSUPP) NAME(EAFNOSUPPORT) NAME(ETIMEDOUT) NAME(ECONNREFUSED)
#undef NAME
                                    default : return "?";
    }
}

static inline int close_range(unsigned first, unsigned last, int flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
