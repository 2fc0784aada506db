#include <algorithm>
#include <mutex>

#include "core/elf/elf_file.h"
#include "widgets/canvas/inspect.h"
#include "widgets/canvas/symbols.h"
#include "widgets/canvas/words.h"
#include "widgets/elf/elf_view.h"

namespace ringside {
namespace {

constexpr std::size_t kWindow = 400;
// psABI x86-64, relocation types that fill a slot of the GOT
constexpr u32 kGlobDat = 6, kJumpSlot = 7;

struct Parsed {
    Expected<elf::ElfFile> file;
};

// Reading all tables of a large file takes milliseconds; files do not change, so the last one read is kept.
std::shared_ptr<const Parsed> parse(const std::shared_ptr<const std::vector<u8>>& bytes) {
    static std::mutex mutex;
    static std::weak_ptr<const std::vector<u8>> lastBytes;
    static std::shared_ptr<const Parsed> last;
    std::lock_guard lock(mutex);
    if (last && lastBytes.lock() == bytes) return last;
    last = std::make_shared<const Parsed>(Parsed{elf::readElf(*bytes)});
    lastBytes = bytes;
    return last;
}

// A file that is mapped: the inode, and what to add to the file's own addresses.
struct MappedFile {
    InodeId inode;
    QString path;
    u64 start = 0, offset = 0;  // of its first area; 0: nobody maps it
};

std::vector<MappedFile> filesOf(const Machine& machine, const Mm& mm) {
    std::vector<MappedFile> files;
    for (const auto& [start, area] : mm.vmas) {
        if (area.file.value == 0) continue;
        const auto same = [&](const MappedFile& f) { return f.inode == area.file; };
        if (std::any_of(files.begin(), files.end(), same)) continue;
        const Inode* inode = machine.kernel.vfs.inodes.find(area.file);
        if (inode && inode->backing && elf::hasMagic(*inode->backing))
            files.push_back({area.file, qs(area.name), start, area.pageOffset << kPageShift});
    }
    // The program first, then by address.
    std::stable_partition(files.begin(), files.end(), [&](const MappedFile& f) { return f.inode == mm.exe; });
    return files;
}

u64 biasOf(const elf::ElfFile& file, const MappedFile& mapped) {
    if (mapped.start == 0) return 0;
    for (const elf::ProgramHeader& p : file.segments)
        if (p.type == elf::kLoad && pageDown(p.offset) <= mapped.offset && mapped.offset < p.offset + p.filesz)
            return mapped.start - (pageDown(p.vaddr) + (mapped.offset - pageDown(p.offset)));
    return 0;
}

std::vector<std::size_t> gotSlots(const elf::ElfFile& file) {
    std::vector<std::size_t> slots;
    for (std::size_t i = 0; i < file.relocations.size(); ++i)
        if (file.relocations[i].type == kGlobDat || file.relocations[i].type == kJumpSlot) slots.push_back(i);
    return slots;
}

struct Builder {
    ElfViewModel& m;
    const Snapshot& snapshot;
    PagingMode mode;
    Symbols& symbols;
    const elf::ElfFile& file;
    elf::Bytes bytes;
    const Mm* mm;
    i32 pid;
    u64 bias = 0;
    Subject selection;

    // The offset in the file that the selection means, if any.
    u64 selectedOffset() const {
        if (selection.kind == SubjectKind::FileOffset) return selection.value;
        if (selection.kind == SubjectKind::Address || selection.kind == SubjectKind::Instruction)
            if (const auto offset = file.fileOffsetOf(selection.value - bias)) return *offset;
        return ~u64{0};
    }
    Subject atOffset(u64 offset) const {
        if (const auto address = file.addressOf(offset)) return Subject::address(*address + bias, pid);
        return Subject::fileOffset(m.path, offset);
    }

    // Eight bytes of the process's memory, now or before the last step; nothing when the page is not in RAM.
    std::optional<u64> wordAt(const Machine& machine, u64 address) const {
        const Walk w = walk(machine.ram, mode, VirtAddr(address));
        if (w.end != WalkEnd::Mapped || pageOffset(address) > kPageSize - 8) return std::nullopt;
        return machine.ram.load<u64>(w.phys);
    }
    u64 residentPages(u64 address, u64 size) const {
        u64 pages = 0;
        for (u64 a = pageDown(address); a < address + size; a += kPageSize)
            pages += walk(snapshot.now->ram, mode, VirtAddr(a)).end == WalkEnd::Mapped;
        return pages;
    }

    // One slot of the GOT: what the file has there, what RAM has, and what that means.
    void gotRow(const elf::Relocation& x) {
        const u64 address = x.offset + bias;
        const auto now = wordAt(*snapshot.now, address);
        const auto before = snapshot.before ? wordAt(*snapshot.before, address) : now;
        const auto offset = file.fileOffsetOf(x.offset);
        const bool inFile = offset && elf::fits(*offset, 8, bytes.size());
        const u64 stored = inFile ? elf::readNumber(bytes, *offset, 8) : 0;
        const u64 end = loadEnd() + bias;
        QString state;
        if (!now)
            state = Words::tr("not in RAM yet");
        else if (*now == 0)
            state = Words::tr("empty: not relocated yet, or nobody defines it");
        else if (*now == stored)
            state = Words::tr("as in the file: not relocated yet");
        else if (*now >= bias && *now < end && x.type == kJumpSlot)
            state = Words::tr("unbound: back into the PLT, so the first call asks the dynamic linker");
        else
            state = Words::tr("bound to %1").arg(placeOf(*now));
        row({hex(address), qs(elf::relocationTypeName(x.type)).mid(9), qs(x.name), hex(stored),
             now ? hex(*now) : QStringLiteral("-"), state},
            Words::tr("The slot at %1 for %2 held %3 in the file and holds %4 now: %5.")
                .arg(hex(address), qs(x.name), hex(stored), now ? hex(*now) : Words::tr("nothing"), state),
            Subject::address(address, pid, 8), offset.value_or(0), inFile ? 8 : 0);
        m.rows.back().changed = before != now;
    }
    u64 loadEnd() const {
        u64 end = 0;
        for (const elf::ProgramHeader& p : file.segments)
            if (p.type == elf::kLoad) end = std::max(end, p.vaddr + p.memsz);
        return end;
    }
    QString placeOf(u64 address) const {
        const auto place = symbols.at(*snapshot.now, address, mm->id);
        if (!place) return hex(address);
        return QStringLiteral("%1 (%2)").arg(qs(place->text()), qs(place->object).section(QLatin1Char('/'), -1));
    }

    QString byteText(u64 offset, u64 size) const {
        QString text;
        for (u64 i = offset; i < std::min<u64>(offset + size, bytes.size()); ++i)
            text += (text.isEmpty() ? QString() : QStringLiteral(" ")) + hexDigits(bytes[i], 2);
        return text;
    }

    void map() {
        m.segments.clear();
        for (const elf::ProgramHeader& p : file.segments) {
            if (p.type != elf::kLoad || p.filesz == 0) continue;
            const Role role = p.flags & elf::kExecute ? Role::Code
                              : p.flags & elf::kWrite ? Role::Data
                                                      : Role::ReadOnly;
            m.segments.push_back(
                {p.offset, p.filesz, QStringLiteral("LOAD %1").arg(qs(elf::segmentFlags(p.flags))),
                 Words::tr("LOAD segment, file offset %1 to %2: mapped at %3 with rights %4; %5 in memory.")
                     .arg(hex(p.offset), hex(p.offset + p.filesz), hex(p.vaddr + bias), qs(elf::segmentFlags(p.flags)),
                          sizeText(p.memsz)),
                 role});
        }
        m.sections.push_back({0, 64, Words::tr("ELF header"),
                              Words::tr("The first 64 bytes: what kind of file this is and where its tables are."),
                              Role::PageTable});
        if (!file.segments.empty())
            m.sections.push_back({file.header.phoff, u64{file.header.phnum} * 56, Words::tr("program headers"),
                                  Words::tr("What the kernel reads: which parts of the file to map where."),
                                  Role::PageTable});
        for (const elf::Section& section : file.sections) {
            if (section.type == 0 || section.type == elf::kNobits || section.size == 0) continue;
            const Role role = section.flags & elf::kSectionExecute ? Role::Code
                              : section.flags & elf::kSectionWrite ? Role::Data
                              : section.flags & elf::kSectionAlloc ? Role::ReadOnly
                                                                   : Role::Free;
            m.sections.push_back({section.offset, section.size, qs(section.name),
                                  Words::tr("Section %1, %2, file offset %3, %4.")
                                      .arg(qs(section.name), qs(elf::sectionTypeName(section.type)),
                                           hex(section.offset), sizeText(section.size)),
                                  role});
        }
        if (file.header.shoff)
            m.sections.push_back({file.header.shoff, u64{file.header.shnum} * 64, Words::tr("section headers"),
                                  Words::tr("What linkers and debuggers read; the kernel does not."), Role::PageTable});
        std::stable_sort(m.sections.begin(), m.sections.end(),
                         [](const ElfRange& a, const ElfRange& b) { return a.offset < b.offset; });
    }

    // "DYN: " for e_type 3.
    QString inWords(std::string_view field) const {
        std::string name;
        if (field == "e_type") name = elf::typeName(file.header.type);
        if (field == "e_machine") name = elf::machineName(file.header.machine);
        if (field == "EI_OSABI") name = elf::osAbiName(file.header.osAbi);
        return name.empty() ? QString() : qs(name) + QStringLiteral(": ");
    }

    void row(std::vector<QString> cells, const QString& sentence, Subject subject, u64 offset = 0, u64 size = 0) {
        const bool marked = size > 0 && m.marked >= offset && m.marked < offset + size;
        m.rows.push_back({std::move(cells), sentence, std::move(subject), marked});
    }

    // Calls `show(i)` for the rows of the window around the marked or first one.
    template <class F>
    void window(std::size_t total, i64 scroll, F show) {
        m.total = total;
        m.first = std::min<std::size_t>(static_cast<std::size_t>(std::max<i64>(0, scroll)),
                                        total > kWindow ? total - kWindow : 0);
        for (std::size_t i = m.first; i < std::min(total, m.first + kWindow); ++i) show(i);
    }

    void table(i64 scroll) {
        switch (m.table) {
            case ElfTable::Header:
                m.heads = {Words::tr("offset"), Words::tr("field"), Words::tr("bytes"), Words::tr("value"),
                           Words::tr("meaning")};
                for (const elf::Field& f : elf::headerFields()) {
                    const QString value = f.size <= 8 ? hex(elf::readNumber(bytes, f.offset, f.size)) : QString();
                    const QString meaning = Words::tr(std::string(f.meaning).c_str());
                    row({hex(f.offset), qs(f.name), byteText(f.offset, f.size), value, inWords(f.name) + meaning},
                        QStringLiteral("%1 = %2: %3")
                            .arg(qs(f.name), value.isEmpty() ? byteText(f.offset, f.size) : value, meaning),
                        atOffset(f.offset), f.offset, f.size);
                }
                m.total = m.rows.size();
                break;
            case ElfTable::Segments:
                m.heads = {Words::tr("type"),         Words::tr("rights"),  Words::tr("file offset"),
                           Words::tr("address"),      Words::tr("in file"), Words::tr("in memory"),
                           Words::tr("pages in RAM"), Words::tr("sections")};
                for (const elf::ProgramHeader& p : file.segments) {
                    QStringList names;
                    for (u32 i : file.sectionsIn(p)) names << qs(file.sections[i].name);
                    row({qs(elf::segmentTypeName(p.type)), qs(elf::segmentFlags(p.flags)), hex(p.offset),
                         hex(p.vaddr + bias), hex(p.filesz), hex(p.memsz),
                         p.type == elf::kLoad ? Words::tr("%1 of %2")
                                                    .arg(residentPages(p.vaddr + bias, p.memsz))
                                                    .arg((pageUp(p.vaddr + p.memsz) - pageDown(p.vaddr)) >> kPageShift)
                                              : QString(),
                         names.join(QLatin1Char(' '))},
                        Words::tr("%1: %2 bytes at file offset %3 belong at %4; %5 in memory, what the file does not "
                                  "have is zero.")
                            .arg(qs(elf::segmentTypeName(p.type)))
                            .arg(p.filesz)
                            .arg(hex(p.offset), hex(p.vaddr + bias))
                            .arg(p.memsz),
                        Subject::address(p.vaddr + bias, pid, p.memsz), p.offset, p.filesz);
                }
                m.total = m.rows.size();
                break;
            case ElfTable::Sections:
                m.heads = {Words::tr("nr"),      Words::tr("name"),        Words::tr("type"), Words::tr("flags"),
                           Words::tr("address"), Words::tr("file offset"), Words::tr("size")};
                window(file.sections.size(), scroll, [&](std::size_t i) {
                    const elf::Section& x = file.sections[i];
                    row({QString::number(i), qs(x.name), qs(elf::sectionTypeName(x.type)),
                         qs(elf::sectionFlags(x.flags)), hex(x.addr ? x.addr + bias : 0), hex(x.offset), hex(x.size)},
                        Words::tr("Section %1: %2 at file offset %3%4.")
                            .arg(qs(x.name), sizeText(x.size), hex(x.offset),
                                 x.addr ? Words::tr(", address %1 in memory").arg(hex(x.addr + bias)) : QString()),
                        x.addr ? Subject::address(x.addr + bias, pid, x.size) : Subject::fileOffset(m.path, x.offset),
                        x.offset, x.type == elf::kNobits ? 0 : x.size);
                });
                break;
            case ElfTable::Symbols:
                m.heads = {Words::tr("address"), Words::tr("size"),    Words::tr("type"),
                           Words::tr("binding"), Words::tr("section"), Words::tr("name")};
                window(file.symbols.size(), scroll, [&](std::size_t i) {
                    const elf::Symbol& x = file.symbols[i];
                    row({hex(x.value ? x.value + bias : 0), QString::number(x.size), qs(elf::symbolTypeName(x.type)),
                         qs(elf::symbolBindingName(x.binding)), qs(elf::symbolSectionName(file, x.section)),
                         qs(x.name + x.version)},
                        Words::tr("Symbol %1: %2 bytes at %3.").arg(qs(x.name)).arg(x.size).arg(hex(x.value + bias)),
                        Subject::address(x.value + bias, pid, x.size));
                });
                break;
            case ElfTable::Dynamic:
                m.heads = {Words::tr("tag"), Words::tr("value"), Words::tr("meaning")};
                window(file.dynamic.size(), scroll, [&](std::size_t i) {
                    const elf::DynamicEntry& x = file.dynamic[i];
                    row({qs(elf::dynamicTagName(x.tag)), hex(x.value), qs(x.text)},
                        QStringLiteral("%1 %2 %3").arg(qs(elf::dynamicTagName(x.tag)), hex(x.value), qs(x.text)), {});
                });
                break;
            case ElfTable::Relocations:
                m.heads = {Words::tr("where"), Words::tr("type"), Words::tr("symbol"), Words::tr("addend")};
                window(file.relocations.size(), scroll, [&](std::size_t i) {
                    const elf::Relocation& x = file.relocations[i];
                    row({hex(x.offset + bias), qs(elf::relocationTypeName(x.type)), qs(x.name),
                         QString::number(x.addend)},
                        Words::tr("The dynamic linker writes eight bytes at %1: %2 of %3 plus %4.")
                            .arg(hex(x.offset + bias), qs(elf::relocationTypeName(x.type)), qs(x.name))
                            .arg(x.addend),
                        Subject::address(x.offset + bias, pid, 8));
                });
                break;
            case ElfTable::Got: {
                m.heads = {Words::tr("slot"),        Words::tr("type"),       Words::tr("symbol"),
                           Words::tr("in the file"), Words::tr("in RAM now"), Words::tr("so")};
                const std::vector<std::size_t> slots = gotSlots(file);
                window(slots.size(), scroll, [&](std::size_t i) { gotRow(file.relocations[slots[i]]); });
                break;
            }
            case ElfTable::Versions:
                m.heads = {Words::tr("index"), Words::tr("version"), Words::tr("what")};
                window(file.versions.size(), scroll, [&](std::size_t i) {
                    const elf::Version& x = file.versions[i];
                    const QString what = x.base              ? Words::tr("the name of this file")
                                         : x.library.empty() ? Words::tr("offered to others")
                                                             : Words::tr("wanted from %1").arg(qs(x.library));
                    row({QString::number(x.index & 0x7fff), qs(x.name), what},
                        Words::tr("Version %1, %2. Symbols of this version have the index %3 in .gnu.version.")
                            .arg(qs(x.name), what)
                            .arg(x.index & 0x7fff),
                        {});
                });
                break;
            case ElfTable::Notes:
                m.heads = {Words::tr("owner"), Words::tr("type"), Words::tr("text")};
                window(file.notes.size(), scroll, [&](std::size_t i) {
                    const elf::Note& x = file.notes[i];
                    QStringList parts;
                    for (const Sentence& part : x.text) parts << said(part);
                    const QString text = parts.join(QStringLiteral("; "));
                    row({qs(x.owner), QString::number(x.type), text}, QStringLiteral("%1: %2").arg(qs(x.owner), text),
                        Subject::fileOffset(m.path, x.offset), x.offset, x.descriptor.size());
                });
                break;
            case ElfTable::kCount:
                break;
        }
    }
};

ElfTable tableFrom(const QString& id) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(ElfTable::kCount); ++i)
        if (id == idOf(static_cast<ElfTable>(i))) return static_cast<ElfTable>(i);
    return ElfTable::Header;
}

}  // namespace

QString idOf(ElfTable table) {
    static constexpr std::array kIds{"header",      "segments", "sections", "symbols", "dynamic",
                                     "relocations", "got",      "versions", "notes"};
    static_assert(kIds.size() == static_cast<std::size_t>(ElfTable::kCount));
    return QLatin1String(kIds[static_cast<std::size_t>(table)]);
}

QString nameOf(ElfTable table) {
    switch (table) {
        case ElfTable::Header:
            return Words::tr("Header");
        case ElfTable::Segments:
            return Words::tr("Segments");
        case ElfTable::Sections:
            return Words::tr("Sections");
        case ElfTable::Symbols:
            return Words::tr("Symbols");
        case ElfTable::Dynamic:
            return Words::tr("Dynamic");
        case ElfTable::Relocations:
            return Words::tr("Relocations");
        case ElfTable::Got:
            return Words::tr("GOT");
        case ElfTable::Versions:
            return Words::tr("Versions");
        case ElfTable::Notes:
            return Words::tr("Notes");
        case ElfTable::kCount:
            break;
    }
    return {};
}

ElfViewModel buildElfView(const Snapshot& snapshot, const ViewOptions& options) {
    ElfViewModel m;
    if (!snapshot.now) return m;
    const Machine& machine = *snapshot.now;
    const Task* task = taskOf(machine, options.selection);
    if (!task) return m;
    static const Mm kNoMm;
    const Mm* mm = machine.kernel.mms.find(task->mm);
    if (!mm) mm = &kNoMm;
    std::vector<MappedFile> files = filesOf(machine, *mm);
    if (files.empty())
        if (auto program = programFile(machine)) files.push_back({program->inode, qs(program->path)});
    if (files.empty()) return m;
    const Subject& selection = options.selection;
    const bool addressed = selection.kind == SubjectKind::Address || selection.kind == SubjectKind::Instruction ||
                           selection.kind == SubjectKind::Vma;
    const Vma* area = addressed ? mm->find(selection.value) : nullptr;
    const QString chosen = selection.kind == SubjectKind::FileOffset ? selection.text
                           : area && area->file.value != 0           ? qs(area->name)
                                                                     : options.setting(QStringLiteral("file"));
    const MappedFile* mapped = &files.front();
    for (const MappedFile& f : files) {
        m.files.push_back(f.path);
        if (f.path == chosen) mapped = &f;
    }
    const auto bytes = machine.kernel.vfs.inodes.at(mapped->inode).backing;
    const auto parsed = parse(bytes);
    m.path = mapped->path;
    m.size = bytes->size();
    m.pid = task->pid();
    if (!parsed->file) {
        m.problem = qs(parsed->file.error().sentence);
        return m;
    }
    const elf::ElfFile& file = *parsed->file;
    m.loaded = true;
    m.table = tableFrom(options.setting(QStringLiteral("table")));
    m.counts = {elf::headerFields().size(), file.segments.size(), file.sections.size(),
                file.symbols.size(),        file.dynamic.size(),  file.relocations.size(),
                gotSlots(file).size(),      file.versions.size(), file.notes.size()};
    if (!file.problems.empty()) m.problem = qs(file.problems.front());
    Symbols none;
    Builder b{m,
              snapshot,
              pagingOf(machine, *task),
              options.symbols ? *options.symbols : none,
              file,
              *bytes,
              mm,
              m.pid,
              biasOf(file, *mapped),
              selection};
    m.marked = b.selectedOffset();
    b.map();
    b.table(options.scroll);
    if (m.marked != ~u64{0}) {
        const auto address = file.addressOf(m.marked);
        const elf::Section* section = address ? file.sectionAt(*address) : nullptr;
        m.caption = Words::tr("The selected byte is at file offset %1%2%3.")
                        .arg(hex(m.marked), section ? Words::tr(", in section %1").arg(qs(section->name)) : QString(),
                             address ? Words::tr(", address %1 in memory").arg(hex(*address + b.bias)) : QString());
    } else {
        m.caption =
            Words::tr(
                "%1: %2, %3, entry %4%5. The kernel reads only the header and the program headers; sections and "
                "symbols are for linkers and debuggers.")
                .arg(m.path, sizeText(m.size), qs(elf::typeName(file.header.type)), hex(file.header.entry + b.bias),
                     file.interpreter.empty() ? QString() : Words::tr(", started by %1").arg(qs(file.interpreter)));
    }
    return m;
}

TextTwin twin(const ElfViewModel& m) {
    TextTwin root(Words::tr("ELF"), m.loaded ? m.caption : m.problem);
    TextTwin& segments = root.add(Words::tr("Segments to be mapped"));
    for (const ElfRange& r : m.segments)
        segments.add(QStringLiteral("%1 + %2").arg(hex(r.offset), hex(r.size)), r.name, false,
                     Subject::fileOffset(m.path, r.offset));
    TextTwin& map = root.add(Words::tr("File map"));
    for (const ElfRange& r : m.sections) map.add(QStringLiteral("%1 + %2").arg(hex(r.offset), hex(r.size)), r.name);
    TextTwin& table =
        root.add(m.heads.empty() ? QString() : QStringList(m.heads.begin(), m.heads.end()).join(QStringLiteral(" | ")));
    for (const ElfRow& r : m.rows)
        table.add(r.cells.empty() ? QString() : r.cells.front(),
                  QStringList(r.cells.begin() + (r.cells.empty() ? 0 : 1), r.cells.end()).join(QStringLiteral(" | ")),
                  r.marked || r.changed, r.subject);
    return root;
}

}  // namespace ringside
