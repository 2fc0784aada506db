// Directories: mkdir, rmdir, rename, links, readdir, getcwd, their errors, and the *at calls.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOW(call)                                                                          \
    do {                                                                                    \
        errno = 0;                                                                          \
        long result_ = (long)(call);                                                        \
        printf("%s = %ld%s%s\n", #call, result_, result_ < 0 ? " " : "", result_ < 0 ? strerrorname_np(errno) : ""); \
    } while (0)

static int byName(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static void list(const char *path) {
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, byName);
    printf("%s:", path);
    for (int i = 0; i < n; i++) {
        printf(" %s(%d)", entries[i]->d_name, entries[i]->d_type);
        free(entries[i]);
    }
    puts("");
    if (n >= 0) free(entries);
}
static void touch(const char *path) { close(open(path, O_CREAT | O_WRONLY, 0644)); }

int main(void) {
    char dir[] = "/tmp/guestXXXXXX", text[PATH_MAX];
    struct stat st;
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    umask(0);
    SHOW(mkdir("d", 0755));
    SHOW(mkdir("d", 0755));
    SHOW(mkdir("x/y", 0755));
    SHOW(mkdir("d/e/", 0700));
    stat("d", &st);
    printf("%o %d\n", st.st_mode, (int)st.st_nlink);
    touch("f");
    SHOW(mkdir("f/g", 0700));
    SHOW(rmdir("d"));
    SHOW(rmdir("f"));
    SHOW(rmdir("nothing"));
    SHOW(rmdir("d/."));
    SHOW(unlink("d"));
    SHOW(symlink("d/e", "s"));
    SHOW(symlink("d/e", "s"));
    SHOW(symlink("loop", "loop"));
    SHOW(open("loop", O_RDONLY));
    SHOW(open("s", O_RDONLY | O_NOFOLLOW));
    SHOW(readlink("s", text, sizeof text));
    SHOW(readlink("s", text, 2));
    SHOW(readlink("f", text, sizeof text));
    SHOW(lstat("s", &st));
    printf("%o %ld\n", st.st_mode & S_IFMT, (long)st.st_size);
    SHOW(stat("s", &st));
    printf("%o\n", st.st_mode & S_IFMT);
    SHOW(chdir("s"));
    printf("%s\n", getcwd(text, sizeof text) + strlen(dir));
    SHOW(chdir("../.."));
    SHOW(link("f", "g"));
    stat("g", &st);
    printf("links %d\n", (int)st.st_nlink);
    SHOW(link("d", "h"));
    SHOW(link("nothing", "h"));
    list(".");
    list("d");
    SHOW(rename("f", "k"));
    SHOW(rename("f", "k"));
    SHOW(rename("d", "d/e/inside"));
    SHOW(rename("k", "d"));
    SHOW(rename("d", "k"));
    SHOW(mkdir("empty", 0700));
    SHOW(rename("d", "empty"));
    SHOW(rename("empty/e", "empty/z"));
    SHOW(rename("g", "k"));
    list(".");
    list("empty");
    int at = open("empty", O_RDONLY | O_DIRECTORY);
    SHOW(mkdirat(at, "sub", 0700));
    SHOW(fstatat(at, "sub", &st, 0));
    SHOW(symlinkat("sub", at, "link"));
    SHOW(faccessat(at, "link", F_OK, 0));
    SHOW(unlinkat(at, "link", 0));
    SHOW(unlinkat(at, "sub", AT_REMOVEDIR));
    SHOW(unlinkat(at, "z", AT_REMOVEDIR));
    SHOW(fchdir(at));
    printf("%s\n", getcwd(text, sizeof text) + strlen(dir));
    SHOW(chdir(".."));
    SHOW(open("k", O_RDONLY | O_DIRECTORY));
    SHOW(access("k", R_OK | W_OK));
    SHOW(access("nothing", F_OK));
    SHOW(chmod("k", 0600));
    stat("k", &st);
    printf("%o\n", st.st_mode);
    struct timespec times[2] = {{1000, 5}, {2000, 6}};
    SHOW(utimensat(AT_FDCWD, "k", times, 0));
    stat("k", &st);
    printf("%ld %ld %ld\n", (long)st.st_atim.tv_sec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    char longName[300];
    memset(longName, 'n', 299);
    longName[299] = 0;
    SHOW(open(longName, O_RDONLY));
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "empty/file%03d", i);
        touch(text);
    }
    DIR *d = opendir("empty");
    int seen = 0;
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] == 'f') {
            seen++;
            unlinkat(dirfd(d), e->d_name, 0);
        }
    closedir(d);
    printf("removed %d\n", seen);
    list("empty");
    SHOW(rmdir("empty"));
    SHOW(unlink("k"));
    SHOW(unlink("s"));
    SHOW(unlink("loop"));
    SHOW(rmdir("../nothing"));
    char before[PATH_MAX];
    SHOW(mkdir("gone", 0700));
    SHOW(chdir("gone"));
    SHOW(rmdir("../gone"));
    SHOW(getcwd(before, sizeof before) ? 0 : -1);
    SHOW(mkdir("new", 0700));
    SHOW(chdir("/"));
    SHOW(rmdir(dir));
    return 0;
}
