// System V IPC: shared memory, semaphores, message queues, between processes.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call)                                                                          \
    do {                                                                                    \
        errno = 0;                                                                          \
        long result_ = (long)(call);                                                        \
        printf("%s = %ld%s%s\n", #call, result_, result_ < 0 ? " " : "", result_ < 0 ? strerrorname_np(errno) : ""); \
    } while (0)

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    key_t key = 0x5249 + getpid() * 65536;
    int shm = shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600);
    SHOW(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(shmget(key, 9000, 0));
    SHOW(shmget(key, 100, 0) == shm);
    char *a = shmat(shm, NULL, 0), *b = shmat(shm, NULL, SHM_RDONLY);
    strcpy(a, "seen twice");
    puts(b);
    if (fork() == 0) {
        strcpy(a, "written by the child");
        _exit(0);
    }
    wait(NULL);
    puts(b);
    struct shmid_ds information;
    SHOW(shmctl(shm, IPC_STAT, &information));
    printf("%ld %ld %o\n", (long)information.shm_segsz, (long)information.shm_nattch, information.shm_perm.mode);
    SHOW(shmctl(shm, IPC_RMID, NULL));
    SHOW(shmget(key, 100, 0));
    puts(a);
    SHOW(shmdt(a));
    SHOW(shmdt(b));
    SHOW(shmdt(b));
    SHOW((long)shmat(shm, NULL, 0));

    int sem = semget(IPC_PRIVATE, 3, 0600);
    struct sembuf take = {0, -1, 0}, give = {0, 1, 0}, tryTake = {0, -1, IPC_NOWAIT}, both[2] = {{1, -1, IPC_NOWAIT}, {2, 5, 0}};
    SHOW(semctl(sem, 0, SETVAL, 1));
    SHOW(semop(sem, &take, 1));
    SHOW(semop(sem, &tryTake, 1));
    SHOW(semop(sem, both, 2));
    SHOW(semctl(sem, 2, GETVAL));
    if (fork() == 0) {
        usleep(5000);
        semop(sem, &give, 1);
        _exit(0);
    }
    SHOW(semop(sem, &take, 1));
    wait(NULL);
    struct timespec little = {0, 2000000};
    SHOW(semtimedop(sem, &take, 1, &little));
    unsigned short all[3] = {4, 5, 6};
    SHOW(semctl(sem, 0, SETALL, all));
    memset(all, 0, sizeof all);
    SHOW(semctl(sem, 0, GETALL, all));
    printf("%d %d %d\n", all[0], all[1], all[2]);
    if (fork() == 0) {
        struct sembuf far = {1, -100, 0};
        int result = semop(sem, &far, 1);
        printf("woken by removal: %d %s\n", result, errno == EIDRM ? "EIDRM" : "?");
        fflush(stdout);
        _exit(0);
    }
    usleep(5000);
    SHOW(semctl(sem, 0, IPC_RMID));
    wait(NULL);
    SHOW(semctl(sem, 0, GETVAL));

    int queue = msgget(IPC_PRIVATE, 0600);
    struct {
        long type;
        char text[100];
    } m = {3, "third"};
    SHOW(msgsnd(queue, &m, 6, 0));
    m.type = 1;
    strcpy(m.text, "first");
    SHOW(msgsnd(queue, &m, 6, 0));
    m.type = 0;
    SHOW(msgsnd(queue, &m, 6, 0));
    SHOW(msgrcv(queue, &m, 100, -2, 0));
    printf("%ld %s\n", m.type, m.text);
    SHOW(msgrcv(queue, &m, 2, LONG_MIN, 0));  // up to any type: there is one, but it is too long
    SHOW(msgrcv(queue, &m, 2, 0, 0));
    SHOW(msgrcv(queue, &m, 2, 0, MSG_NOERROR));
    printf("%ld %.2s\n", m.type, m.text);
    errno = 0;
    long none = msgrcv(queue, &m, 100, 0, IPC_NOWAIT);
    printf("%ld %d\n", none, errno == ENOMSG);
    if (fork() == 0) {
        m.type = 7;
        strcpy(m.text, "from the child");
        usleep(3000);
        msgsnd(queue, &m, 20, 0);
        _exit(0);
    }
    SHOW(msgrcv(queue, &m, 100, 7, 0));
    puts(m.text);
    wait(NULL);
    SHOW(msgctl(queue, IPC_RMID, NULL));
    return 0;
}
