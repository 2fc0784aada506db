#include "core/elf/elf_file.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <map>

namespace ringside::elf {

namespace {

constexpr u64 kSymbolSize = 24, kRelaSize = 24, kRelSize = 16, kDynamicSize = 16;
constexpr u64 kLongestName = 65536;
// Tables may overlap, and sixty thousand sections may all be the same megabytes; real files have fewer than this.
constexpr std::size_t kMostRelocations = 2'000'000;
constexpr std::size_t kMaxVersions = 10'000;

// dynamic tags that this file looks at
constexpr u64 kDtNeeded = 1, kDtPltrelsz = 2, kDtHash = 4, kDtStrtab = 5, kDtSymtab = 6, kDtRela = 7, kDtRelasz = 8,
              kDtStrsz = 10, kDtSoname = 14, kDtRpath = 15, kDtJmprel = 23, kDtRunpath = 29, kDtFlags = 30,
              kDtRelrsz = 35, kDtRelr = 36, kDtGnuHash = 0x6ffffef5, kDtVersym = 0x6ffffff0, kDtFlags1 = 0x6ffffffb,
              kDtVerdef = 0x6ffffffc, kDtVerneed = 0x6ffffffe;

std::string flagWords(u64 flags, std::initializer_list<std::pair<u64, const char*>> names) {
    std::string text;
    for (const auto& [bit, name] : names) {
        if (!(flags & bit)) continue;
        if (!text.empty()) text += ' ';
        text += name;
        flags &= ~bit;
    }
    if (flags) text += fmt::format("{}{:#x}", text.empty() ? "" : " ", flags);
    return text;
}

class Reader {
 public:
    Reader(Bytes file, ElfFile& out) : m_file(file), m_out(out), m_nameBudget(4 * file.size() + 65536) {}

    void readAll() {
        sections();
        dynamicEntries();
        versions();
        symbols();
        relocations();
        notes();
    }

 private:
    void problem(std::string sentence) {
        if (m_out.problems.size() < 100) m_out.problems.push_back(std::move(sentence));
    }

    // The zero-terminated name at `offset` of a string table. All names together are bounded by a few times the file's
    // size: a million symbols may not each bring the same megabyte.
    std::string name(Bytes table, u64 offset) {
        if (offset >= table.size()) return offset == 0 ? "" : "<corrupt>";
        const u64 room = std::min<u64>({table.size() - offset, kLongestName, m_nameBudget});
        const void* end = std::memchr(table.data() + offset, 0, room);
        const u64 length = end ? static_cast<u64>(static_cast<const u8*>(end) - (table.data() + offset)) : room;
        m_nameBudget -= std::min(m_nameBudget, length + 1);
        return std::string(reinterpret_cast<const char*>(table.data() + offset), length);
    }

    u64 number(u64 offset, u32 size) const { return readNumber(m_file, offset, size); }

    // The part of [offset, offset+size) that lies in the file, with a problem when that is not all of it.
    Bytes part(u64 offset, u64 size, std::string_view what) {
        if (fits(offset, size, m_file.size())) return m_file.subspan(offset, size);
        problem(fmt::format("{} at offset {:#x} with {:#x} bytes reaches past the end of the file, which has {:#x}",
                            what, offset, size, m_file.size()));
        return offset < m_file.size() ? m_file.subspan(offset) : Bytes{};
    }

    Bytes sectionBytes(const Section& section) {
        if (section.type == kNobits) return {};
        return part(section.offset, section.size, fmt::format("section '{}'", section.name));
    }

    const Section* sectionOfType(u32 type) const {
        for (const Section& s : m_out.sections)
            if (s.type == type) return &s;
        return nullptr;
    }

    Bytes linked(const Section& section) {
        return section.link < m_out.sections.size() ? sectionBytes(m_out.sections[section.link]) : Bytes{};
    }

    std::optional<u64> dynamicValue(u64 tag) const {
        for (const DynamicEntry& e : m_out.dynamic)
            if (e.tag == tag) return e.value;
        return std::nullopt;
    }

    // Bytes from an address that a dynamic entry names to the end of what its segment has in the file.
    Bytes atAddress(u64 address) const {
        for (const ProgramHeader& p : m_out.segments) {
            if (p.type != kLoad || address < p.vaddr || address - p.vaddr >= p.filesz) continue;
            const u64 skip = address - p.vaddr;
            if (!fits(p.offset, p.filesz, m_file.size())) return {};
            return m_file.subspan(p.offset + skip, p.filesz - skip);
        }
        return {};
    }

    Bytes dynamicTable(u64 tag) const {
        const auto address = dynamicValue(tag);
        return address ? atAddress(*address) : Bytes{};
    }

    bool addRelocation(Relocation r) {
        if (m_out.relocations.size() == kMostRelocations) {
            problem(fmt::format("there are more than {} relocations; the rest was not read", kMostRelocations));
            return false;
        }
        m_out.relocations.push_back(std::move(r));
        return true;
    }

    void sections();
    void dynamicEntries();
    void versions();
    void verneed(Bytes table, Bytes strings);
    void verdef(Bytes table, Bytes strings);
    void symbols();
    void symbolTable(Bytes table, Bytes strings, bool dynamic, std::vector<std::string>& names);
    u64 dynamicSymbolCount() const;
    void relocations();
    void relocationTable(Bytes table, u64 entry, u32 section, const std::vector<std::string>& names);
    void relrTable(Bytes table, u32 section);
    void notes();
    void noteTable(Bytes table, u64 fileOffset, u64 align);

    Bytes m_file;
    ElfFile& m_out;
    u64 m_nameBudget;
    Bytes m_versym;
    std::map<u16, std::string> m_versionNames;  // with their "@" or "@@"
    std::vector<std::string> m_staticNames, m_dynamicNames;
};

void Reader::sections() {
    const ElfHeader& h = m_out.header;
    if (h.shoff == 0) return;
    if (h.shentsize != kSectionHeaderSize)
        return problem(fmt::format("e_shentsize at offset 58 is {}; a section header has 64 bytes", h.shentsize));
    if (!fits(h.shoff, kSectionHeaderSize, m_file.size()))
        return problem(
            fmt::format("the section headers at offset {:#x} (e_shoff) lie past the end of the file, which has "
                        "{:#x} bytes",
                        h.shoff, m_file.size()));
    const u64 inFile = (m_file.size() - h.shoff) / kSectionHeaderSize;
    u64 count = h.shnum ? h.shnum : number(h.shoff + 32, 8);
    if (count > inFile) {
        problem(fmt::format("{} section headers at offset {:#x} (e_shoff) do not fit into the file; {} are there",
                            count, h.shoff, inFile));
        count = inFile;
    }
    const u64 nameSection = h.shstrndx == 0xffff ? number(h.shoff + 40, 4) : h.shstrndx;
    std::vector<u32> nameOffsets;
    for (u64 i = 0; i < count; ++i) {
        const u64 at = h.shoff + i * kSectionHeaderSize;
        Section s;
        nameOffsets.push_back(static_cast<u32>(number(at, 4)));
        s.type = static_cast<u32>(number(at + 4, 4));
        s.flags = number(at + 8, 8);
        s.addr = number(at + 16, 8);
        s.offset = number(at + 24, 8);
        s.size = number(at + 32, 8);
        s.link = static_cast<u32>(number(at + 40, 4));
        s.info = static_cast<u32>(number(at + 44, 4));
        s.align = number(at + 48, 8);
        s.entsize = number(at + 56, 8);
        m_out.sections.push_back(std::move(s));
    }
    if (nameSection == 0) return;
    if (nameSection >= count)
        return problem(fmt::format("e_shstrndx names section {} as the one with the names, but there are only {}",
                                   nameSection, count));
    const Bytes strings = sectionBytes(m_out.sections[nameSection]);
    for (u64 i = 0; i < count; ++i) m_out.sections[i].name = name(strings, nameOffsets[i]);
}

void Reader::dynamicEntries() {
    Bytes table;
    for (const ProgramHeader& p : m_out.segments)
        if (p.type == kDynamic && table.empty()) table = part(p.offset, p.filesz, "the DYNAMIC segment");
    if (table.empty())
        if (const Section* s = sectionOfType(kDynamicSection)) table = sectionBytes(*s);
    for (u64 at = 0; at + kDynamicSize <= table.size(); at += kDynamicSize) {
        DynamicEntry e{readNumber(table, at, 8), readNumber(table, at + 8, 8), {}};
        m_out.dynamic.push_back(e);
        if (e.tag == 0) break;
    }
    if (m_out.dynamic.empty()) return;
    if (m_out.dynamic.back().tag != 0) problem("the dynamic table does not end with DT_NULL");

    Bytes strings = dynamicTable(kDtStrtab);
    if (const auto size = dynamicValue(kDtStrsz)) strings = strings.first(std::min<u64>(*size, strings.size()));
    for (DynamicEntry& e : m_out.dynamic) {
        switch (e.tag) {
            case kDtNeeded:
            case kDtSoname:
            case kDtRpath:
            case kDtRunpath:
                e.text = name(strings, e.value);
                break;
            case kDtFlags:
                e.text = flagWords(
                    e.value, {{1, "ORIGIN"}, {2, "SYMBOLIC"}, {4, "TEXTREL"}, {8, "BIND_NOW"}, {0x10, "STATIC_TLS"}});
                break;
            case kDtFlags1:
                e.text = flagWords(e.value, {{1, "NOW"},
                                             {2, "GLOBAL"},
                                             {8, "NODELETE"},
                                             {0x20, "INITFIRST"},
                                             {0x80, "ORIGIN"},
                                             {0x8000000, "PIE"}});
                break;
            default:
                break;
        }
    }
}

void Reader::versions() {
    if (const Section* s = sectionOfType(kVersym)) m_versym = sectionBytes(*s);
    if (m_versym.empty()) m_versym = dynamicTable(kDtVersym);

    Bytes dynamicStrings = dynamicTable(kDtStrtab);
    const Section* needs = sectionOfType(kVerneed);
    const Section* offers = sectionOfType(kVerdef);
    verneed(needs ? sectionBytes(*needs) : dynamicTable(kDtVerneed), needs ? linked(*needs) : dynamicStrings);
    verdef(offers ? sectionBytes(*offers) : dynamicTable(kDtVerdef), offers ? linked(*offers) : dynamicStrings);
}

void Reader::verneed(Bytes table, Bytes strings) {
    for (u64 at = 0, files = 0; files < 10000 && fits(at, 16, table.size()); ++files) {
        u64 aux = at + readNumber(table, at + 8, 4);
        const u64 count = readNumber(table, at + 2, 2);
        const std::string library = name(strings, readNumber(table, at + 4, 4));
        for (u64 i = 0; i < count && fits(aux, 16, table.size()); ++i) {
            const u16 index = static_cast<u16>(readNumber(table, aux + 6, 2));
            const std::string wanted = name(strings, readNumber(table, aux + 8, 4));
            m_versionNames.try_emplace(index & 0x7fff, "@" + wanted);
            if (m_out.versions.size() < kMaxVersions) m_out.versions.push_back({index, library, wanted});
            const u64 step = readNumber(table, aux + 12, 4);
            if (step == 0) break;
            aux += step;
        }
        const u64 step = readNumber(table, at + 12, 4);
        if (step == 0) break;
        at += step;
    }
}

void Reader::verdef(Bytes table, Bytes strings) {
    for (u64 at = 0, count = 0; count < 10000 && fits(at, 20, table.size()); ++count) {
        const u16 flags = static_cast<u16>(readNumber(table, at + 2, 2));
        const u16 index = static_cast<u16>(readNumber(table, at + 4, 2));
        const u64 aux = at + readNumber(table, at + 12, 4);
        // The base definition names the file itself and is no version of a symbol.
        if (fits(aux, 8, table.size())) {
            const std::string offered = name(strings, readNumber(table, aux, 4));
            if (!(flags & 1)) m_versionNames.try_emplace(index & 0x7fff, "@@" + offered);
            if (m_out.versions.size() < kMaxVersions) m_out.versions.push_back({index, {}, offered, (flags & 1) != 0});
        }
        const u64 step = readNumber(table, at + 16, 4);
        if (step == 0) break;
        at += step;
    }
}

void Reader::symbolTable(Bytes table, Bytes strings, bool dynamic, std::vector<std::string>& names) {
    const u64 count = table.size() / kSymbolSize;
    names.reserve(count);
    for (u64 i = 0; i < count; ++i) {
        const u64 at = i * kSymbolSize;
        Symbol s;
        s.dynamic = dynamic;
        s.name = name(strings, readNumber(table, at, 4));
        const u8 info = table[at + 4];
        s.type = info & 15;
        s.binding = info >> 4;
        s.visibility = table[at + 5] & 3;
        s.section = static_cast<u16>(readNumber(table, at + 6, 2));
        s.value = readNumber(table, at + 8, 8);
        s.size = readNumber(table, at + 16, 8);
        if (dynamic && fits(2 * i, 2, m_versym.size())) {
            const u16 version = static_cast<u16>(readNumber(m_versym, 2 * i, 2));
            const auto it = m_versionNames.find(version & 0x7fff);
            if ((version & 0x7fff) > 1 && it != m_versionNames.end()) {
                s.version = it->second;
                // The hidden bit: offered, but not to those that ask for no version.
                if (version & 0x8000 && s.version.starts_with("@@")) s.version.erase(0, 1);
                // The symbol that stands for the version itself.
                if (s.version == "@@" + s.name) s.version.clear();
            }
        }
        names.push_back(s.name + s.version);
        if (s.type == kSectionSymbol && s.name.empty() && s.section < m_out.sections.size())
            names.back() = m_out.sections[s.section].name;
        if (i != 0) m_out.symbols.push_back(std::move(s));
    }
    if (m_nameBudget == 0) problem("the symbols' names overlap so much that some were cut off");
}

// How many dynamic symbols there are is written in the hash tables only.
u64 Reader::dynamicSymbolCount() const {
    const Bytes hash = dynamicTable(kDtHash);
    if (hash.size() >= 8) return readNumber(hash, 4, 4);
    const Bytes gnu = dynamicTable(kDtGnuHash);
    if (gnu.size() < 16) return 0;
    const u64 buckets = readNumber(gnu, 0, 4), first = readNumber(gnu, 4, 4), words = readNumber(gnu, 8, 4);
    const u64 bucketsAt = 16 + 8 * words, chainsAt = bucketsAt + 4 * buckets;
    if (!fits(bucketsAt, 4 * buckets, gnu.size())) return 0;
    u64 last = 0;
    for (u64 i = 0; i < buckets; ++i) last = std::max(last, readNumber(gnu, bucketsAt + 4 * i, 4));
    if (last < first) return first;
    while (fits(chainsAt + 4 * (last - first), 4, gnu.size()) && !(gnu[chainsAt + 4 * (last - first)] & 1)) ++last;
    return last + 1;
}

void Reader::symbols() {
    bool dynamicSeen = false;
    for (const u32 wanted : {kSymtab, kDynsym}) {
        for (const Section& s : m_out.sections) {
            if (s.type != wanted) continue;
            if (s.entsize != kSymbolSize)
                problem(fmt::format("section '{}' has symbols of {} bytes; they must have 24", s.name, s.entsize));
            else
                symbolTable(sectionBytes(s), linked(s), wanted == kDynsym,
                            wanted == kDynsym ? m_dynamicNames : m_staticNames);
            dynamicSeen |= wanted == kDynsym;
            break;
        }
    }
    if (dynamicSeen) return;
    const Bytes table = dynamicTable(kDtSymtab);
    const u64 count = std::min<u64>(dynamicSymbolCount(), table.size() / kSymbolSize);
    if (count) symbolTable(table.first(count * kSymbolSize), dynamicTable(kDtStrtab), true, m_dynamicNames);
}

void Reader::relocationTable(Bytes table, u64 entry, u32 section, const std::vector<std::string>& names) {
    for (u64 at = 0; at + entry <= table.size(); at += entry) {
        const u64 info = readNumber(table, at + 8, 8);
        Relocation r;
        r.offset = readNumber(table, at, 8);
        r.type = static_cast<u32>(info);
        r.symbol = static_cast<u32>(info >> 32);
        if (entry == kRelaSize) r.addend = static_cast<i64>(readNumber(table, at + 16, 8));
        if (r.symbol != 0) {
            r.name = r.symbol < names.size() ? names[r.symbol] : "<corrupt>";
            // The same name for every relocation must not cost more than all names may.
            if (r.name.size() > m_nameBudget) r.name.clear();
            m_nameBudget -= r.name.size();
        }
        r.section = section;
        if (!addRelocation(std::move(r))) return;
    }
}

// Relative relocations as a bit map: an even word is an address, an odd one has a bit for each of the 63 words after.
void Reader::relrTable(Bytes table, u32 section) {
    u64 next = 0;
    const auto add = [&](u64 address) {
        Relocation r;
        r.offset = address;
        r.type = 8;  // R_X86_64_RELATIVE
        r.section = section;
        return addRelocation(std::move(r));
    };
    for (u64 at = 0; at + 8 <= table.size(); at += 8) {
        const u64 word = readNumber(table, at, 8);
        if (!(word & 1)) {
            if (!add(word)) return;
            next = word + 8;
            continue;
        }
        for (u64 bit = 1; bit < 64; ++bit)
            if (word >> bit & 1 && !add(next + 8 * (bit - 1))) return;
        next += 63 * 8;
    }
}

void Reader::relocations() {
    bool any = false;
    for (u32 i = 0; i < m_out.sections.size(); ++i) {
        const Section& s = m_out.sections[i];
        if (s.type != kRela && s.type != kRel && s.type != kRelr) continue;
        any = true;
        if (m_out.relocations.size() == kMostRelocations) return;
        if (s.type == kRelr) {
            relrTable(sectionBytes(s), i);
            continue;
        }
        const u64 entry = s.type == kRela ? kRelaSize : kRelSize;
        if (s.entsize != entry) {
            problem(
                fmt::format("section '{}' has relocations of {} bytes; they must have {}", s.name, s.entsize, entry));
            continue;
        }
        const bool dynamic = s.link < m_out.sections.size() && m_out.sections[s.link].type == kDynsym;
        relocationTable(sectionBytes(s), entry, i, dynamic ? m_dynamicNames : m_staticNames);
    }
    if (any) return;
    const auto byTags = [&](u64 where, u64 size, bool relr) {
        const Bytes table = dynamicTable(where);
        const Bytes used = table.first(std::min<u64>(dynamicValue(size).value_or(0), table.size()));
        if (relr)
            relrTable(used, 0);
        else
            relocationTable(used, kRelaSize, 0, m_dynamicNames);
    };
    byTags(kDtRela, kDtRelasz, false);
    byTags(kDtJmprel, kDtPltrelsz, false);
    byTags(kDtRelr, kDtRelrsz, true);
}

std::vector<Sentence> noteText(const std::string& owner, u32 type, Bytes d) {
    const auto number = [&](u64 offset) { return readNumber(d, offset, 4); };
    const auto decimal = [&](u64 offset) { return fmt::to_string(number(offset)); };
    if (owner == "GNU" && type == 1 && d.size() >= 16) {
        static constexpr const char* kSystems[] = {"Linux", "Hurd", "Solaris", "FreeBSD"};
        if (number(0) >= std::size(kSystems))
            return {
                Sentence("for an unknown system, version %1.%2.%3 and later", {decimal(4), decimal(8), decimal(12)})};
        return {Sentence("for %1 %2.%3.%4 and later", {kSystems[number(0)], decimal(4), decimal(8), decimal(12)})};
    }
    if (owner == "GNU" && type == 3) {
        std::string hex;
        for (const u8 byte : d.first(std::min<std::size_t>(d.size(), 64))) hex += fmt::format("{:02x}", byte);
        return {Sentence("build ID %1", {hex})};
    }
    std::vector<Sentence> text;
    if (owner == "GNU" && type == 5) {
        for (u64 at = 0; at + 8 <= d.size();) {
            const u64 kind = number(at), size = number(at + 4);
            if (!fits(at + 8, size, d.size())) break;
            if (kind == 0xc0000002 && size >= 4)
                text.push_back({"x86 features: %1", {flagWords(number(at + 8), {{1, "IBT"}, {2, "SHSTK"}})}});
            else if (kind == 0xc0008002 && size >= 4)
                text.push_back({"x86 instruction sets needed: %1",
                                {flagWords(number(at + 8), {{1, "baseline"}, {2, "v2"}, {4, "v3"}, {8, "v4"}})}});
            else
                text.push_back({"property %1", {fmt::format("{:#x}", kind)}});
            at += 8 + (size + 7) / 8 * 8;
        }
    }
    return text;
}

void Reader::noteTable(Bytes table, u64 fileOffset, u64 align) {
    const u64 mask = (align == 8 ? 8 : 4) - 1;
    for (u64 at = 0; fits(at, 12, table.size());) {
        const u64 nameSize = readNumber(table, at, 4), size = readNumber(table, at + 4, 4);
        const u64 descriptor = (at + 12 + nameSize + mask) & ~mask;
        if (!fits(at + 12, nameSize, table.size()) || !fits(descriptor, size, table.size()))
            return problem(fmt::format("the note at offset {:#x} reaches past the end of its table", fileOffset + at));
        Note n;
        n.owner = name(table.subspan(at + 12, nameSize), 0);
        n.type = static_cast<u32>(readNumber(table, at + 8, 4));
        n.offset = fileOffset + descriptor;
        const Bytes d = table.subspan(descriptor, size);
        n.descriptor.assign(d.begin(), d.end());
        n.text = noteText(n.owner, n.type, d);
        m_out.notes.push_back(std::move(n));
        at = (descriptor + size + mask) & ~mask;
    }
}

void Reader::notes() {
    // Tables may overlap; a hostile file has thousands that are all the same bytes.
    u64 budget = m_file.size();
    bool any = false;
    for (const Section& s : m_out.sections) {
        if (s.type != kNoteSection) continue;
        any = true;
        if (s.size > budget) continue;
        budget -= s.size;
        noteTable(sectionBytes(s), s.offset, s.align);
    }
    if (any) return;
    for (const ProgramHeader& p : m_out.segments) {
        if (p.type != kNote || p.filesz > budget) continue;
        budget -= p.filesz;
        noteTable(part(p.offset, p.filesz, "a NOTE segment"), p.offset, p.align);
    }
}

}  // namespace

Expected<ElfFile> readElf(Bytes file) {
    const auto header = readHeader(file);
    if (!header) return std::unexpected(header.error());
    ElfFile out;
    out.header = *header;
    if (auto segments = readProgramHeaders(file, *header))
        out.segments = std::move(*segments);
    else
        out.problems.push_back(segments.error().sentence);
    if (std::ranges::find(out.segments, kInterp, &ProgramHeader::type) != out.segments.end()) {
        if (auto interpreter = readInterpreter(file, *header, out.segments))
            out.interpreter = std::move(*interpreter);
        else
            out.problems.push_back(interpreter.error().sentence);
    }
    Reader(file, out).readAll();
    return out;
}

Bytes bytesOf(Bytes file, const Section& section) {
    if (section.type == kNobits || !fits(section.offset, section.size, file.size())) return {};
    return file.subspan(section.offset, section.size);
}

const Section* ElfFile::sectionNamed(std::string_view name) const {
    const auto it = std::ranges::find(sections, name, &Section::name);
    return it == sections.end() ? nullptr : &*it;
}

const Section* ElfFile::sectionAt(u64 address) const {
    for (const Section& s : sections) {
        const bool templateOnly = s.flags & kSectionTls && s.type == kNobits;
        if (s.flags & kSectionAlloc && !templateOnly && address >= s.addr && address - s.addr < s.size) return &s;
    }
    return nullptr;
}

std::optional<u64> ElfFile::fileOffsetOf(u64 address) const {
    for (const ProgramHeader& p : segments)
        if (p.type == kLoad && address >= p.vaddr && address - p.vaddr < p.filesz)
            return p.offset + (address - p.vaddr);
    return std::nullopt;
}

std::optional<u64> ElfFile::addressOf(u64 fileOffset) const {
    for (const ProgramHeader& p : segments)
        if (p.type == kLoad && fileOffset >= p.offset && fileOffset - p.offset < p.filesz)
            return p.vaddr + (fileOffset - p.offset);
    return std::nullopt;
}

std::vector<u32> ElfFile::sectionsIn(const ProgramHeader& p) const {
    std::vector<u32> found;
    for (u32 i = 1; i < sections.size(); ++i) {
        const Section& s = sections[i];
        // .tbss takes no memory of the LOAD segments: it only says how large each thread's copy is.
        const bool tlsOnly = s.flags & kSectionTls && s.type == kNobits;
        if (tlsOnly && p.type != kTls) continue;
        if (p.type == kTls && !(s.flags & kSectionTls)) continue;
        if (s.size == 0 && s.type != kNobits && s.offset == p.offset + p.filesz) continue;
        const bool byAddress = s.flags & kSectionAlloc && s.addr >= p.vaddr && fits(s.addr - p.vaddr, s.size, p.memsz);
        const bool byOffset =
            s.type == kNobits || (s.offset >= p.offset && fits(s.offset - p.offset, s.size, p.filesz));
        if (byAddress && byOffset) found.push_back(i);
    }
    return found;
}

}  // namespace ringside::elf
