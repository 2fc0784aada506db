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
    QString string(u64 address) const {
        std::string text;
        while (text.size() < 200) {
            const Walk w = walk(machine.ram, mode, VirtAddr(address + text.size()));
            if (w.end != WalkEnd::Mapped) break;
            const u8 c = machine.ram.load<u8>(w.phys);
            if (c == 0) break;
            text += static_cast<char>(c);
        }
        return qs(text);
    }
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
    for (const std::string& arg : b.argv) m.argv.push_back(qs(arg));
    for (const std::string& env : b.envp) m.envp.push_back(qs(env));
    for (char c : b.buffer.substr(0, 256)) {
        if (m.buffer.size() >= 256) break;
        m.buffer += c >= 32 && c < 127 ? QLatin1Char(c) : QChar(0xb7);
    }
    for (const FormatTried& f : b.formats) {
        m.formats.push_back({qs(f.format),
                             f.result == 0    ? Words::tr("takes it")
                             : f.result == -8 ? Words::tr("not mine (ENOEXEC)")
                                              : Words::tr("error %1").arg(-f.result),
                             qs(f.reason)});
        m.taken = m.taken || f.result == 0;
    }
    m.entry = b.entry, m.loadBias = b.loadBias, m.interpreterBase = b.interpreterBase;
    if (const Mm* mm = machine.kernel.mms.find(task->mm)) {
        readStack(m, {machine, pagingOf(machine, *task)}, mm->startStack, m.pid);
        m.kept.push_back({QStringLiteral("mm"), Words::tr("a new address space of %1 areas").arg(mm->vmas.size()),
                          Words::tr("replaced")});
    }
    m.kept.push_back({QStringLiteral("comm"), qs(task->comm), Words::tr("replaced")});
    m.kept.push_back({QStringLiteral("pid"), QString::number(m.pid), Words::tr("kept")});
    if (const Task* parent = machine.kernel.tasks.find(task->realParent))
        m.kept.push_back({QStringLiteral("real_parent"), taskText(*parent), Words::tr("kept")});
    if (const FilesStruct* files = machine.kernel.files.find(task->files)) {
        int open = 0;
        for (const auto& slot : files->slots) open += slot.file.value != 0;
        m.kept.push_back({QStringLiteral("files"), Words::tr("%1 open descriptors").arg(open),
                          Words::tr("kept, but those marked close-on-exec")});
    }
    if (const FsStruct* fs = machine.kernel.fs.find(task->fs))
        m.kept.push_back({QStringLiteral("fs->pwd"), qs(fs->cwdPath), Words::tr("kept")});
    m.kept.push_back({QStringLiteral("sighand"), Words::tr("handlers back to default, ignored stay ignored"),
                      Words::tr("replaced")});
    m.kept.push_back({QStringLiteral("blocked"), hex(task->blocked), Words::tr("kept")});
    return m;
}

TextTwin twin(const ExecModel& m) {
    TextTwin root(Words::tr("Exec"),
                  m.loaded ? Words::tr("%1 of %2").arg(m.filename, m.task) : Words::tr("nothing executed yet"));
    if (!m.loaded) return root;
    TextTwin& bprm = root.add(QStringLiteral("struct linux_binprm"));
    bprm.add(QStringLiteral("filename"), m.filename);
    bprm.add(QStringLiteral("interp"), m.interp);
    bprm.add(QStringLiteral("buf"), m.buffer);
    for (std::size_t i = 0; i < m.argv.size(); ++i) bprm.add(QStringLiteral("argv[%1]").arg(i), m.argv[i]);
    TextTwin& formats = root.add(Words::tr("Formats"));
    for (const auto& f : m.formats) formats.add(f[0], QStringLiteral("%1 %2").arg(f[1], f[2]));
    TextTwin& kept = root.add(Words::tr("Kept and replaced"));
    for (const auto& k : m.kept) kept.add(k[0], QStringLiteral("%1 (%2)").arg(k[1], k[2]));
    TextTwin& stack = root.add(Words::tr("The stack it began with"));
    for (const ExecStackRow& r : m.stack)
        stack.add(hex(r.address), QStringLiteral("%1  %2").arg(r.value, r.what), false, r.link);
    return root;
}

}  // namespace ringside
