#include "widgets/canvas/symbols.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "core/kernel/boot/kernel_image.h"
#include "core/kernel/fs/host_directory.h"
#include "core/kernel/fs/path.h"
#include "core/kernel/mm/special_mapping.h"
#include "core/kernel/os.h"

namespace ringside {
namespace {

constexpr u64 kKernelHalf = 0xffff800000000000;

const Mm* mmOf(const Machine& machine, MmId mm) {
    if (mm == MmId{}) mm = currentMm(machine);
    return machine.kernel.mms.find(mm);
}

// The inode of an absolute path that needs no symbolic link.
const Inode* lookUp(const Vfs& vfs, const std::string& path) {
    const Inode* at = vfs.inodes.find(vfs.root);
    for (std::size_t i = 0; at && i < path.size();) {
        std::size_t end = std::min(path.find('/', i), path.size());
        std::string part = path.substr(i, end - i);
        i = end + 1;
        if (part.empty() || part == ".") continue;
        auto it = at->entries.find(part);
        at = it == at->entries.end() ? nullptr : vfs.inodes.find(it->second);
    }
    return at;
}

}  // namespace

MmId currentMm(const Machine& machine) {
    const Task* task = machine.kernel.tasks.find(machine.kernel.current);
    if (!task) return {};
    return task->mm == MmId{} ? task->activeMm : task->mm;
}

std::vector<u8> peek(const Machine& machine, u64 address, u64 length, MmId mm) {
    PagingMode mode = machine.cpu.pagingMode();
    if (const Mm* space = mm == MmId{} ? nullptr : machine.kernel.mms.find(mm)) mode.cr3 = space->cr3;
    std::vector<u8> out;
    while (length > 0) {
        Walk w = walk(machine.ram, mode, VirtAddr(address));
        if (w.end != WalkEnd::Mapped) break;
        u64 n = std::min(length, kPageSize - pageOffset(address));
        if (!machine.ram.contains(w.phys, n)) break;
        std::size_t old = out.size();
        out.resize(old + n);
        machine.ram.read(w.phys, {out.data() + old, n});
        address += n;
        length -= n;
    }
    return out;
}

std::string Symbols::Place::text() const { return offset ? fmt::format("{}+{:#x}", name, offset) : name; }

std::shared_ptr<const Symbols::Program> Symbols::read(const std::shared_ptr<const std::vector<u8>>& bytes) {
    // Asked for every line of a listing: no locking of each cached file, only of owners that share this very block.
    for (const Cached& cached : m_programs)
        if (!cached.bytes.owner_before(bytes) && !bytes.owner_before(cached.bytes)) return cached.program;
    std::erase_if(m_programs, [](const Cached& c) { return c.bytes.expired(); });
    std::shared_ptr<Program> program;
    if (auto elf = elf::readElf(*bytes)) {
        program = std::make_shared<Program>();
        program->bytes = bytes;
        program->elf = std::move(*elf);
        program->table = elf::SymbolTable(program->elf);
        program->lines = elf::SourceLines(*bytes, program->elf);
    }
    m_programs.push_back({bytes, program});
    return program;
}

std::optional<ProgramFile> programFile(Machine machine) {
    Os os{machine.kernel, machine.cpu, machine.ram, machine.devices, machine.trace, machine.clockHz};
    const auto found = findPath(os, machine.kernel.options.program);
    const Inode* inode = found ? machine.kernel.vfs.inodes.find(found->inode) : nullptr;
    if (!inode || !inode->backing || !elf::hasMagic(*inode->backing)) return std::nullopt;
    return ProgramFile{found->inode, found->path, inode->backing};
}

std::optional<Symbols::Loaded> Symbols::loadedAt(const Machine& machine, u64 address, MmId mm) {
    if (mm == kGone) {
        const auto file = programFile(machine);
        auto program = file ? read(file->bytes) : nullptr;
        if (!program || program->elf.header.type != elf::kTypeExecutable) return {};
        return Loaded{program, 0, file->path};
    }
    const Mm* space = mmOf(machine, mm);
    const Vma* area = space ? space->find(address) : nullptr;
    if (!area) return {};
    const Inode* inode = machine.kernel.vfs.inodes.find(area->file);
    const bool isVdso = area->special == SpecialMapping::Vdso;
    if (!isVdso && (!inode || !inode->backing)) return {};
    auto program = read(isVdso ? vdsoImage() : inode->backing);
    if (!program) return {};
    u64 fileOffset = (area->pageOffset << kPageShift) + (address - area->start);
    auto own = program->elf.addressOf(fileOffset);
    if (!own) return {};
    return Loaded{program, address - *own, area->name};
}

std::optional<Symbols::Place> Symbols::at(const Machine& machine, u64 address, MmId mm) {
    if (address >= kKernelHalf) {
        // The kernel's own symbols have no sizes: a name reaches to the next one, but not for ever.
        const std::string* best = nullptr;
        u64 value = 0;
        for (const auto& [name, at] : kernelSymbols())
            if (at <= address && (!best || at > value)) {
                best = &name;
                value = at;
            }
        if (!best || address - value > 64 * kPageSize) return {};
        return Place{*best, address - value, 0, "kernel"};
    }
    auto loaded = loadedAt(machine, address, mm);
    if (!loaded) return {};
    auto place = loaded->program->table.at(address - loaded->bias);
    if (!place) return {};
    return Place{place->name, place->offset, place->size, loaded->path};
}

std::string Symbols::text(const Machine& machine, u64 address, MmId mm) {
    auto place = at(machine, address, mm);
    return place ? place->text() : std::string();
}

std::optional<elf::SourcePlace> Symbols::line(const Machine& machine, u64 address, MmId mm) {
    auto loaded = loadedAt(machine, address, mm);
    if (!loaded) return {};
    return loaded->program->lines.at(address - loaded->bias);
}

std::optional<u64> Symbols::addressOf(const Machine& machine, std::string_view name, MmId mm) {
    if (auto it = kernelSymbols().find(name); it != kernelSymbols().end()) return it->second;
    const Mm* space = mmOf(machine, mm);
    if (!space) return {};
    for (const auto& [start, area] : space->vmas) {
        if (!(area.flags & vm::Exec)) continue;
        auto loaded = loadedAt(machine, start, mm);
        if (!loaded) continue;
        if (auto own = loaded->program->table.addressOf(name)) return *own + loaded->bias;
    }
    return {};
}

std::vector<u64> Symbols::statements(const Machine& machine, const elf::SourcePlace& place, MmId mm) {
    std::vector<u64> found;
    const Mm* space = mmOf(machine, mm);
    if (!space) return found;
    for (const auto& [start, area] : space->vmas) {
        if (!(area.flags & vm::Exec)) continue;
        auto loaded = loadedAt(machine, start, mm);
        if (!loaded || loaded->program->lines.empty()) continue;
        u32 last = place.line ? place.line : 0;
        if (last) {
            for (u64 a : loaded->program->lines.addressesOf(place.file, place.line)) found.push_back(a + loaded->bias);
        } else {
            auto text = source(machine, place.file);
            u32 count = text ? static_cast<u32>(text->size()) : 20'000;
            for (u32 line = 1; line <= count; ++line)
                for (u64 a : loaded->program->lines.addressesOf(place.file, line)) found.push_back(a + loaded->bias);
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::shared_ptr<const std::vector<std::string>> Symbols::source(const Machine& machine, const std::string& path) {
    for (const auto& [name, text] : m_sources)
        if (name == path) return text;
    std::shared_ptr<std::vector<std::string>> lines;
    const std::string name = path.substr(path.rfind('/') + 1);
    const Inode* inode = lookUp(machine.kernel.vfs, path);
    // A program compiled elsewhere: its source may lie beside the samples under the same name.
    if (!inode) inode = lookUp(machine.kernel.vfs, "/samples/" + name);
    std::vector<u8> bytes;
    if (inode && inode->backing) {
        bytes = *inode->backing;
    } else if (inode && !inode->hostPath.empty()) {
        // Handed in, and not opened by the guest yet.
        if (auto read = hostRead(machine.kernel.vfs.hostRoot, inode->hostPath)) bytes = std::move(*read);
    } else if (!m_sourceDirectory.empty() && !name.empty() && name != "." && name != "..") {
        std::ifstream file(m_sourceDirectory + '/' + name, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    if (!bytes.empty()) {
        lines = std::make_shared<std::vector<std::string>>(1);
        for (u8 c : bytes) {
            if (c == '\n')
                lines->emplace_back();
            else if (c != '\r')
                lines->back() += c == '\t' ? std::string("    ") : std::string(1, static_cast<char>(c));
        }
        if (lines->back().empty()) lines->pop_back();
    }
    if (lines) m_sources.emplace_back(path, lines);
    return lines;
}

}  // namespace ringside
