#include <algorithm>
#include <map>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"
#include "widgets/exec/exec.h"

namespace ringside {
namespace {

struct Memory {
    const Machine& machine;
    PagingMode mode;

    std::optional<u64> word(u64 address) const {
        const Walk w = walk(machine.ram, mode, VirtAddr(address));
        if (w.end != WalkEnd::Mapped || pageOffset(address) > kPageSize - 8) return std::nullopt;
        return machine.ram.load<u64>(w.phys);
    }
    std::string bytes(u64 address) const {  // up to the zero that ends them
        std::string text;
        while (text.size() < kPageSize) {
            const Walk w = walk(machine.ram, mode, VirtAddr(address + text.size()));
            if (w.end != WalkEnd::Mapped) break;
            const u8 c = machine.ram.load<u8>(w.phys);
            if (c == 0) break;
            text += static_cast<char>(c);
        }
        return text;
    }
    QString string(u64 address) const { return qs(bytes(address)); }
};

// Linux include/uapi/linux/auxvec.h
QString auxName(u64 type) {
    static const std::map<u64, const char*> kNames{
        {0, "AT_NULL"},        {3, "AT_PHDR"},    {4, "AT_PHENT"},     {5, "AT_PHNUM"},   {6, "AT_PAGESZ"},
        {7, "AT_BASE"},        {8, "AT_FLAGS"},   {9, "AT_ENTRY"},     {11, "AT_UID"},    {12, "AT_EUID"},
        {13, "AT_GID"},        {14, "AT_EGID"},   {15, "AT_PLATFORM"}, {16, "AT_HWCAP"},  {17, "AT_CLKTCK"},
        {23, "AT_SECURE"},     {25, "AT_RANDOM"}, {26, "AT_HWCAP2"},   {31, "AT_EXECFN"}, {33, "AT_SYSINFO_EHDR"},
        {51, "AT_MINSIGSTKSZ"}};
    auto it = kNames.find(type);
    return it == kNames.end() ? QString::number(type) : QLatin1String(it->second);
}

QString auxMeaning(u64 type) {
    switch (type) {
        case 3:
            return Words::tr("where the program headers lie in memory");
        case 5:
            return Words::tr("how many program headers there are");
        case 6:
            return Words::tr("the size of a page");
        case 7:
            return Words::tr("where the dynamic linker was loaded; 0: there is none");
        case 9:
            return Words::tr("the program's own entry point");
        case 16:
            return Words::tr("CPUID.1:EDX, what the CPU can do");
        case 25:
            return Words::tr("sixteen random bytes, for stack canaries");
        case 31:
            return Words::tr("the path that was executed");
        case 15:
            return Words::tr("the name of the architecture");
        default:
            return {};
    }
}

void readStack(ExecModel& m, const Memory& memory, u64 sp, i32 pid) {
    auto add = [&](u64 address, u64 value, const QString& what, const QString& group) {
        m.stack.push_back({address, hex(value), what, group, Subject::address(address, pid)});
    };
    const auto argc = memory.word(sp);
    if (!argc || *argc > 10000) return;
    add(sp, *argc, QStringLiteral("argc = %1").arg(*argc), QStringLiteral("argc"));
    u64 at = sp + 8;
    for (u64 i = 0; i <= *argc && i < 64; ++i, at += 8) {
        const auto p = memory.word(at);
        if (!p) return;
        add(at, *p,
            *p ? QStringLiteral("argv[%1] → \"%2\"").arg(i).arg(memory.string(*p)) : Words::tr("NULL ends argv"),
            QStringLiteral("argv"));
    }
    for (u64 i = 0; i < 256; ++i) {
        const auto p = memory.word(at);
        if (!p) return;
        add(at, *p,
            *p ? QStringLiteral("envp[%1] → \"%2\"").arg(i).arg(memory.string(*p)) : Words::tr("NULL ends envp"),
            QStringLiteral("envp"));
        at += 8;
        if (*p == 0) break;
    }
    for (int i = 0; i < 40; ++i) {
        const auto type = memory.word(at), value = memory.word(at + 8);
        if (!type || !value) return;
        QString what = QStringLiteral("%1 = %2").arg(auxName(*type), hex(*value));
        if (*type == 15 || *type == 31) what += QStringLiteral(" \"%1\"").arg(memory.string(*value));
        if (!auxMeaning(*type).isEmpty()) what += QStringLiteral(": ") + auxMeaning(*type);
        add(at, *type, what, QStringLiteral("auxv"));
        at += 16;
        if (*type == 0) break;
    }
}

// The strings above the vectors, up to the top of the stack.
void readStrings(ExecModel& m, const Memory& memory, const Mm& mm, i32 pid) {
    auto add = [&](u64 from, u64 to, const QString& group) {
        for (u64 at = from; at < to && m.stack.size() < 1000;) {
            const std::string text = memory.bytes(at);
            const QString quoted = QStringLiteral("\"%1\"").arg(qs(text));
            m.stack.push_back({at, quoted, quoted, group, Subject::address(at, pid)});
            at += text.size() + 1;
        }
    };
    add(mm.argStart, mm.argEnd, Words::tr("argument strings"));
    add(mm.envStart, mm.envEnd, Words::tr("environment strings"));
}

ExecRound roundOf(const std::string& file, const std::string& buffer, const std::vector<std::string>& argv) {
    ExecRound round;
    round.file = qs(file);
    for (char c : buffer.substr(0, 256)) round.buffer += c >= 32 && c < 127 ? QLatin1Char(c) : QChar(0xb7);
    if (buffer.starts_with("#!")) {
        const std::size_t end = std::min(buffer.find('\n'), buffer.find('\0'));
        round.cut = end == std::string::npos;
        round.line = qs(buffer.substr(0, end));
    }
    for (const std::string& arg : argv) round.argv.push_back(qs(arg));
    return round;
}

QString spaceText(const QString& path, u64 areas, u64 pages) {
    return QStringLiteral("%1: %2, %3")
        .arg(path, Words::tr("%n area(s)", nullptr, static_cast<int>(areas)),
             Words::tr("%n page(s) in RAM", nullptr, static_cast<int>(pages)));
}

void readParts(ExecModel& m, const Machine& machine, const Task& task) {
    const Bprm& b = task.exec;
    const Mm* mm = machine.kernel.mms.find(task.mm);
    auto part = [&](const char* name, const QString& before, const QString& after, bool kept, const QString& what) {
        m.parts.push_back({QLatin1String(name), before, after, kept, what});
    };
    part("mm",
         b.old.path.empty() ? Words::tr("none: it was a kernel thread")
                            : spaceText(qs(b.old.path), b.old.areas, b.old.pages),
         mm ? Words::tr("%1 by now").arg(spaceText(qs(mm->exePath), mm->vmas.size(), mm->rss()))
            : Words::tr("gone: the process has ended"),
         false, Words::tr("the old address space leaves, a new one arrives"));
    part("comm", qs(b.old.comm), qs(task.comm), false, Words::tr("the name that ps shows"));
    const QString pid = QString::number(m.pid);
    part("pid", pid, pid, true, Words::tr("exec makes no new process"));
    if (const Task* parent = machine.kernel.tasks.find(task.realParent))
        part("real_parent", taskText(*parent), taskText(*parent), true, Words::tr("the parent stays the same"));
    if (const FilesStruct* files = machine.kernel.files.find(task.files)) {
        u64 open = 0;
        for (const auto& slot : files->slots) open += slot.file.value != 0;
        part("files",
             b.old.closed ? Words::tr("%1 of them marked close-on-exec").arg(b.old.closed)
                          : Words::tr("none close-on-exec"),
             Words::tr("%1 open descriptors").arg(open), true, Words::tr("only those marked close-on-exec are closed"));
    }
    if (const FsStruct* fs = machine.kernel.fs.find(task.fs))
        part("fs->pwd", qs(fs->cwdPath), qs(fs->cwdPath), true, Words::tr("the working directory stays"));
    part("sighand", Words::tr("%1 handlers").arg(b.old.handlers), Words::tr("0 handlers"), false,
         Words::tr("handlers were code of the old program: they go back to default; what is ignored stays ignored"));
    part("blocked", hex(task.blocked), hex(task.blocked), true, Words::tr("the mask of blocked signals stays"));
    part("thread", Words::tr("the old program's registers"), Words::tr("all zero but RIP and RSP"), false,
         Words::tr("start_thread sets RIP to the entry and RSP to argc"));
}

}  // namespace

ExecModel buildExec(const Snapshot& snapshot, const ViewOptions& options) {
    ExecModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Task* task = taskOf(machine, options.selection);
    if (!task || task->exec.filename.empty()) return m;
    const Bprm& b = task->exec;
    m.loaded = true;
    m.pid = task->pid();
    m.task = taskText(*task);
    m.filename = qs(b.filename), m.interp = qs(b.interp), m.elfInterpreter = qs(b.elfInterpreter);
    m.envc = b.envp.size();
    for (const BprmRound& round : b.earlier) m.rounds.push_back(roundOf(round.file, round.buffer, round.argv));
    m.rounds.push_back(roundOf(b.interp, b.buffer, b.argv));
    for (const FormatTried& f : b.formats) {
        ExecRound& round = m.rounds[std::min<std::size_t>(f.round, m.rounds.size() - 1)];
        if (f.result == 0) round.taken = static_cast<int>(round.formats.size());
        round.formats.push_back({qs(f.format),
                                 f.result == 0    ? Words::tr("takes it")
                                 : f.result == -8 ? Words::tr("not mine (ENOEXEC)")
                                                  : Words::tr("error %1").arg(-f.result),
                                 said(f.reason)});
    }
    m.entry = b.entry, m.loadBias = b.loadBias, m.interpreterBase = b.interpreterBase;
    if (const Mm* mm = machine.kernel.mms.find(task->mm)) {
        const Memory memory{machine, pagingOf(machine, *task)};
        readStack(m, memory, mm->startStack, m.pid);
        readStrings(m, memory, *mm, m.pid);
    }
    readParts(m, machine, *task);
    m.misc = miscRows(machine);
    return m;
}

TextTwin twin(const ExecModel& m) {
    TextTwin root(Words::tr("Exec"),
                  m.loaded ? Words::tr("%1 of %2").arg(m.filename, m.task) : Words::tr("nothing executed yet"));
    if (!m.loaded) return root;
    TextTwin& bprm = root.add(QStringLiteral("struct linux_binprm"));
    bprm.add(QStringLiteral("filename"), m.filename);
    bprm.add(QStringLiteral("interp"), m.interp);
    bprm.add(QStringLiteral("envc"), QString::number(m.envc));
    for (const ExecRound& r : m.rounds) {
        TextTwin& round = root.add(Words::tr("The file %1").arg(r.file));
        for (std::size_t i = 0; i < r.argv.size(); ++i) round.add(QStringLiteral("argv[%1]").arg(i), r.argv[i]);
        if (r.line.isEmpty())
            round.add(QStringLiteral("buf"), r.buffer);
        else
            round.add(r.cut ? Words::tr("#! line, cut after 256 bytes") : Words::tr("#! line"), r.line);
        for (const auto& f : r.formats)
            round.add(QStringLiteral("binfmt_%1").arg(f[0]), QStringLiteral("%1 %2").arg(f[1], f[2]));
    }
    if (m.entry) root.add(Words::tr("entry"), hex(m.entry));
    if (!m.elfInterpreter.isEmpty())
        root.add(QStringLiteral("PT_INTERP"), Words::tr("%1 at %2").arg(m.elfInterpreter, hex(m.interpreterBase)));
    twinOfMiscRows(m.misc, root);
    TextTwin& parts = root.add(Words::tr("Kept and replaced"));
    for (const ExecPart& p : m.parts)
        parts.add(QStringLiteral("%1 (%2)").arg(p.name, p.kept ? Words::tr("kept") : Words::tr("replaced")),
                  p.before == p.after ? p.after : QStringLiteral("%1 → %2").arg(p.before, p.after));
    TextTwin& stack = root.add(Words::tr("The stack it began with"));
    for (const ExecStackRow& r : m.stack)
        stack.add(hex(r.address), r.value == r.what ? r.what : QStringLiteral("%1  %2").arg(r.value, r.what), false,
                  r.link);
    return root;
}

}  // namespace ringside
