// Namespaces: whose links change, who may make and join which, and what is apart then. Recorded as root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define NOTE(call)                                                                          \
    do {                                                                                    \
        errno = 0;                                                                          \
        long result_ = (long)(call);                                                        \
        printf("%s = %ld%s%s\n", #call, result_ < 0 ? -1 : result_, result_ < 0 ? " " : "", \
               result_ < 0 ? strerrorname_np(errno) : "");                                  \
    } while (0)

static const char *names[] = {"cgroup", "ipc",  "mnt",  "net", "pid", "pid_for_children",
                              "time",   "time_for_children", "user", "uts"};
static const int flags[] = {CLONE_NEWNS,  CLONE_NEWUTS,    CLONE_NEWIPC,  CLONE_NEWNET,
                            CLONE_NEWPID, CLONE_NEWCGROUP, CLONE_NEWTIME, CLONE_NEWUSER};
static const char *flagNames[] = {"NEWNS", "NEWUTS", "NEWIPC", "NEWNET", "NEWPID", "NEWCGROUP", "NEWTIME", "NEWUSER"};
static char before[10][64];

static void look(char links[10][64]) {
    for (int i = 0; i < 10; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        memset(links[i], 0, 64);
        if (readlink(path, links[i], 63) < 0) strcpy(links[i], strerrorname_np(errno));
    }
}
static void changes(const char *what) {
    char now[10][64];
    look(now);
    printf("%s:", what);
    for (int i = 0; i < 10; i++)
        if (strcmp(now[i], before[i])) printf(" %s%s", names[i], strchr(now[i], '[') ? "" : now[i]);
    printf("\n");
    fflush(stdout);
}
static void inChild(void (*run)(void)) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        run();
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}
static int put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    if (fd < 0) return -1;
    int n = (int)write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return n;
}
static const char *host(void) {
    static char name[70];
    gethostname(name, sizeof name);
    return name;
}

static int flag;
static const char *flagName;
static void unshares(void) {
    printf("unshare %s: %s\n", flagName, unshare(flag) ? strerrorname_np(errno) : "made");
    changes(flagName);
}
static void again(void) { changes("its child"); }
static void unsharesAndForks(void) {
    unshare(flag);
    inChild(again);
}
static void clones(void) {
    fflush(stdout);
    long child = syscall(SYS_clone, flag | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        changes(flagName);
        _exit(0);
    }
    if (child < 0) printf("clone %s: %s\n", flagName, strerrorname_np(errno));
    waitpid((pid_t)child, NULL, 0);
}
static void joins(void) {
    char old[70];
    int uts = open("/proc/self/ns/uts", O_RDONLY), ipc = open("/proc/self/ns/ipc", O_RDONLY);
    struct stat s;
    fstat(uts, &s);
    char link[64];
    snprintf(link, sizeof link, "uts:[%lu]", (unsigned long)s.st_ino);
    printf("inode number is the one of the link %d, mode %o\n", !strcmp(link, before[9]), s.st_mode);
    strcpy(old, host());
    NOTE(unshare(CLONE_NEWUTS));
    NOTE(sethostname("inside", 6));
    puts(host());
    int fresh = open("/proc/self/ns/uts", O_RDONLY);
    NOTE(setns(uts, CLONE_NEWIPC));
    NOTE(setns(uts, CLONE_NEWUTS));
    printf("as before %d\n", !strcmp(host(), old));
    NOTE(setns(fresh, 0));
    puts(host());
    NOTE(setns(uts, 0));
    NOTE(setns(0, 0));
    NOTE(setns(99, 0));
    // The descriptor alone keeps it alive.
    NOTE(setns(fresh, 0));
    puts(host());
    key_t key = 0x52490000 + getpid();
    int shm = shmget(key, 4096, IPC_CREAT | 0600);
    NOTE(unshare(CLONE_NEWIPC));
    NOTE(shmget(key, 4096, 0));
    NOTE(shmctl(shm, IPC_RMID, NULL));
    NOTE(setns(ipc, 0));
    NOTE(shmctl(shm, IPC_RMID, NULL));
    int user = open("/proc/self/ns/user", O_RDONLY), pid = open("/proc/self/ns/pid", O_RDONLY);
    NOTE(setns(user, 0));
    NOTE(setns(pid, 0));
}
static void innerPid(void) { printf("pid %d parent %d\n", getpid(), getppid()); }
static void pids(void) {
    NOTE(unshare(CLONE_NEWPID));
    NOTE(unshare(CLONE_NEWPID));
    int gate[2];
    pipe(gate);
    fflush(stdout);
    pid_t first = fork();
    if (first == 0) {
        char c;
        read(gate[0], &c, 1);
        innerPid();
        fflush(stdout);
        inChild(innerPid);
        NOTE(kill(getppid() == 0 ? 99999 : 1, 0));
        fflush(stdout);
        _exit(0);
    }
    changes("after the first child");
    inChild(innerPid);
    write(gate[1], "x", 1);
    waitpid(first, NULL, 0);
    // Its init is gone: no more.
    NOTE(fork());
}
static void *idle(void *unused) {
    for (;;) pause();
    return unused;
}
static void threads(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, idle, NULL);
    NOTE(unshare(CLONE_NEWUSER));
    NOTE(unshare(CLONE_NEWUTS));
    NOTE(unshare(CLONE_NEWPID));
    int now = open("/proc/self/ns/time", O_RDONLY);
    NOTE(setns(now, 0));
}
static void badFlags(void) {
    NOTE(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0));
    NOTE(syscall(SYS_clone, CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0, 0));
    NOTE(syscall(SYS_clone, CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0));
    NOTE(syscall(SYS_clone, CLONE_NEWIPC | CLONE_SYSVSEM | SIGCHLD, 0, 0, 0, 0));
    NOTE(unshare(0x1));
}
static void nobody(void) {
    int uts = open("/proc/self/ns/uts", O_RDONLY);
    pid_t root = getppid();
    setgroups(0, NULL);
    setgid(1000);
    setuid(1000);
    prctl(PR_SET_DUMPABLE, 1);  // else /proc/self stays root's
    for (int i = 0; i < 7; i++) {
        flagName = flagNames[i];
        flag = flags[i];
        inChild(unshares);
    }
    NOTE(setns(uts, 0));
    NOTE(unshare(CLONE_NEWUSER | CLONE_NEWUTS));
    changes("as user 1000");
    printf("ids %d %d\n", getuid(), getgid());
    NOTE(put("/proc/self/uid_map", "0 0 1"));
    NOTE(put("/proc/self/uid_map", "0 1000 2"));
    NOTE(put("/proc/self/uid_map", "rubbish"));
    NOTE(put("/proc/self/uid_map", "0 1000 1"));
    NOTE(put("/proc/self/uid_map", "0 1000 1"));
    NOTE(put("/proc/self/gid_map", "0 1000 1"));
    NOTE(put("/proc/self/setgroups", "deny"));
    NOTE(put("/proc/self/gid_map", "5 1000 1"));
    printf("ids %d %d\n", getuid(), getgid());
    char text[200] = "";
    int map = open("/proc/self/uid_map", O_RDONLY);
    read(map, text, sizeof text - 1);
    printf("%s", text);
    struct stat s;
    stat("/proc/self/exe", &s);
    printf("root's file belongs to %d\n", s.st_uid);
    NOTE(sethostname("mine", 4));
    puts(host());
    NOTE(unshare(CLONE_NEWIPC));
    NOTE(setns(uts, 0));
    NOTE(setgroups(0, NULL));
    NOTE(setuid(7));
    NOTE(setuid(0));
    NOTE(kill(root, 0));
    NOTE(nice(-5));
}
static void rootless(void) {  // root that leaves its own user namespace has no more to say
    NOTE(unshare(CLONE_NEWUSER));
    printf("ids %d %d\n", getuid(), getgid());
    NOTE(sethostname("x", 1));
    NOTE(unshare(CLONE_NEWUTS));
    NOTE(sethostname("x", 1));
}

int main(void) {
    look(before);
    for (int i = 0; i < 10; i++)
        if (i != 2 && i != 3) printf("%s -> %s\n", names[i], before[i]);
    for (int i = 0; i < 8; i++) {
        flag = flags[i];
        flagName = flagNames[i];
        inChild(unshares);
        inChild(unsharesAndForks);
        if (i != 6) inChild(clones);
    }
    inChild(joins);
    inChild(pids);
    inChild(threads);
    inChild(badFlags);
    inChild(nobody);
    inChild(rootless);
    changes("in the end");
    return 0;
}
