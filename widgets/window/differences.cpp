#include "widgets/window/differences.h"

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

struct Difference {
    const char* views;  // ids with blanks between them; "": none in particular
    const char* sentence;
};

#define T(text) QT_TRANSLATE_NOOP("ringside::Words", text)
constexpr Difference kDifferences[] = {
    {"", T("There is one CPU, and no network: the only sockets are those of socketpair.")},
    {"address-space elf",
     T("Addresses are the same in every run: Linux would choose stack, heap and libraries at random.")},
    {"address-space", T("There is no [vsyscall], the page at the very top that only programs of before 2012 call.")},
    {"address-space", T("Areas lie in an ordered map; Linux 6.1 keeps them in a maple tree.")},
    {"kernel-path fault interrupts timeline gantt context-switch",
     T("Cycles come from a table: a kernel function costs what the table says for all that it does, and most functions "
       "inside of it cost nothing more. Linux's own code would take other times.")},
    {"task compare-tasks memory",
     T("A task_struct has one frame with its members where Debian's 6.1 kernel has them. Other kernel objects have an "
       "address, but their bytes are not in RAM.")},
    {"frames", T("Free frames are one list. Linux's buddy allocator keeps blocks of 1, 2, 4 … 1024 frames.")},
    {"frames", T("When memory is short, a changed page of a file is written back at once by whoever reclaims; Linux "
                 "leaves that to "
                 "flusher threads, which also write after 30 seconds.")},
    {"frames", T("Files lie on a disk that only exists in the machine: nothing is written to the host.")},
    {"frames tasks", T("Of processes with equal points the OOM killer takes the first; Linux takes the last.")},
    {"frames page-tables fault",
     T("There is no swap cache: a swapped page that several processes share is read back once for each.")},
    {"boot tasks process-tree",
     T("The program is process 1 itself, unless a boot with --init or without a program was asked for.")},
    {"runqueue vruntime gantt compare", T("Control groups, autogroup and NUMA are left out.")},
    {"pids task",
     T("Mount, network, cgroup and time namespaces can be made and joined, but have nothing inside to differ.")},
    {"task", T("Root of a user namespace has all capabilities there, anybody else none.")},
    {"syscalls strace",
     T("What a guest may make the host keep has an end that can come earlier than on Linux: 1024 groups, 2048 pipes, "
       "65536 files.")},
    {"syscalls strace", T("System V semaphores have no SEM_UNDO, and there is no mount(2).")},
};
#undef T

}  // namespace

QStringList differencesOf(const QString& view) {
    QStringList sentences;
    for (const Difference& d : kDifferences)
        if (QString::fromLatin1(d.views).split(' ').contains(view)) sentences << Words::tr(d.sentence);
    return sentences;
}

QStringList allDifferences() {
    QStringList sentences;
    for (const Difference& d : kDifferences) sentences << Words::tr(d.sentence);
    return sentences;
}

QString bulletList(const QStringList& sentences) {
    QString html = QStringLiteral("<ul>");
    for (const QString& sentence : sentences) html += QStringLiteral("<li>%1</li>").arg(sentence.toHtmlEscaped());
    return html + QStringLiteral("</ul>");
}

}  // namespace ringside
