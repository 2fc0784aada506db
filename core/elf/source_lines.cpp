#include "core/elf/source_lines.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <unordered_map>

namespace ringside::elf {

namespace {

constexpr u64 kLongestName = 65536;

// Thrown and caught in this file only: the table says something impossible.
struct Broken {
    std::string sentence;
};

// A place in a section that never leaves it.
class Cursor {
 public:
    Cursor(Bytes bytes, u64 at, u64 end) : m_bytes(bytes), m_at(at), m_end(end) {}
    u64 at() const { return m_at; }
    bool atEnd() const { return m_at >= m_end; }
    void skip(u64 count) {
        need(count);
        m_at += count;
    }
    u64 fixed(u32 size) {
        need(size);
        const u64 value = readNumber(m_bytes, m_at, size);
        m_at += size;
        return value;
    }
    u64 uleb() {
        u64 value = 0;
        for (u32 shift = 0;; shift += 7) {
            const u64 byte = fixed(1);
            if (shift < 64) value |= (byte & 0x7f) << shift;
            if (!(byte & 0x80)) return value;
        }
    }
    i64 sleb() {
        u64 value = 0;
        for (u32 shift = 0;;) {
            const u64 byte = fixed(1);
            if (shift < 64) value |= (byte & 0x7f) << shift;
            shift += 7;
            if (byte & 0x80) continue;
            if (shift < 64 && byte & 0x40) value |= ~u64{0} << shift;
            return static_cast<i64>(value);
        }
    }
    std::string text() {
        const u8* begin = m_bytes.data() + m_at;
        const void* zero = m_at < m_end ? std::memchr(begin, 0, m_end - m_at) : nullptr;
        if (!zero) throw Broken{fmt::format("a name at offset {:#x} has no end", m_at)};
        const u64 length = static_cast<u64>(static_cast<const u8*>(zero) - begin);
        m_at += length + 1;
        return std::string(reinterpret_cast<const char*>(begin), length);
    }

 private:
    void need(u64 size) const {
        if (!fits(m_at, size, m_end)) throw Broken{fmt::format("it is cut off at offset {:#x}", m_at)};
    }
    Bytes m_bytes;
    u64 m_at, m_end;
};

std::string join(const std::string& directory, const std::string& name) {
    if (name.starts_with('/') || directory.empty()) return name;
    return directory + "/" + name;
}

class LineReader {
 public:
    LineReader(Bytes lines, Bytes lineStrings, Bytes strings)
        : m_lines(lines), m_lineStrings(lineStrings), m_strings(strings) {}

    // All units; returns a sentence about the first broken one, after which nothing can be found.
    std::string readAll() {
        u64 at = 0;
        try {
            while (at < m_lines.size()) at = unit(at);
        } catch (const Broken& broken) {
            return fmt::format("the line table (.debug_line) is broken in the unit at offset {:#x}: {}", at,
                               broken.sentence);
        }
        return {};
    }

    std::vector<SourceLines::Row> rows;
    std::vector<std::string> files;

 private:
    struct Format {
        u64 content, form;
    };
    struct Unit {
        u32 offsetSize = 4, addressSize = 8, version = 0;
        u64 minimumLength = 1, lineRange = 1, opcodeBase = 1;
        i64 lineBase = 0;
        bool defaultIsStatement = true;
        std::vector<u8> lengths;
        std::vector<std::string> directories;
        std::vector<u32> files;  // their index in `files`; the first has number 0 in DWARF 5 and 1 before
    };

    u32 intern(std::string path) {
        const auto [it, fresh] = m_known.try_emplace(path, static_cast<u32>(files.size()));
        if (fresh) files.push_back(std::move(path));
        return it->second;
    }

    u64 unit(u64 begin) {
        Cursor c(m_lines, begin, m_lines.size());
        Unit u;
        u64 length = c.fixed(4);
        if (length == 0xffffffff) {
            u.offsetSize = 8;
            length = c.fixed(8);
        }
        if (!fits(c.at(), length, m_lines.size()))
            throw Broken{fmt::format("it claims {:#x} bytes, more than the section has", length)};
        const u64 end = c.at() + length;
        c = Cursor(m_lines, c.at(), end);
        u.version = static_cast<u32>(c.fixed(2));
        if (u.version < 2 || u.version > 5) return end;
        if (u.version >= 5) {
            u.addressSize = static_cast<u32>(c.fixed(1));
            c.skip(1);
        }
        const u64 headerLength = c.fixed(u.offsetSize);
        if (!fits(c.at(), headerLength, end)) throw Broken{"its header is longer than the unit"};
        const u64 program = c.at() + headerLength;
        u.minimumLength = c.fixed(1);
        if (u.version >= 4) c.skip(1);  // operations per instruction: 1, x86 is no VLIW machine
        u.defaultIsStatement = c.fixed(1) != 0;
        u.lineBase = static_cast<i8>(c.fixed(1));
        u.lineRange = c.fixed(1);
        u.opcodeBase = c.fixed(1);
        if (u.lineRange == 0 || u.opcodeBase == 0) throw Broken{"line_range or opcode_base is zero"};
        for (u64 i = 1; i < u.opcodeBase; ++i) u.lengths.push_back(static_cast<u8>(c.fixed(1)));
        if (u.version >= 5) {
            namesOf5(c, u);
        } else {
            u.directories.emplace_back();  // number 0: where the compiler ran, which only .debug_info knows
            for (std::string name = c.text(); !name.empty(); name = c.text()) u.directories.push_back(std::move(name));
            u.files.push_back(SourceLines::kEnd);
            for (std::string name = c.text(); !name.empty(); name = c.text()) {
                const u64 directory = c.uleb();
                c.uleb();
                c.uleb();
                addFile(u, name, directory);
            }
        }
        run(Cursor(m_lines, program, end), u);
        return end;
    }

    void addFile(Unit& u, const std::string& name, u64 directory) {
        std::string path = directory < u.directories.size() ? join(u.directories[directory], name) : name;
        if (u.version >= 5 && !u.directories.empty()) path = join(u.directories[0], path);
        m_nameBytes += path.size();
        if (m_nameBytes > 16 * m_lines.size() + (u64{1} << 24)) throw Broken{"its file names are too long in all"};
        u.files.push_back(intern(std::move(path)));
    }

    void namesOf5(Cursor& c, Unit& u) {
        for (const bool directories : {true, false}) {
            std::vector<Format> formats;
            for (u64 i = 0, count = c.fixed(1); i < count; ++i) {
                const u64 content = c.uleb();
                formats.push_back({content, c.uleb()});
            }
            const u64 count = c.uleb();
            if (formats.empty() && count) throw Broken{"its names have no format"};
            for (u64 i = 0; i < count; ++i) {
                std::string name;
                u64 directory = 0;
                const u64 before = c.at();
                for (const Format& f : formats) {
                    if (f.content == 1)
                        name = string(c, u, f.form);
                    else
                        (f.content == 2 ? directory : m_ignored) = constant(c, u, f.form);
                }
                if (c.at() == before) throw Broken{"its names take no space"};
                if (directories)
                    u.directories.push_back(std::move(name));
                else
                    addFile(u, name, directory);
            }
        }
    }

    std::string string(Cursor& c, const Unit& u, u64 form) {
        if (form == 0x08) return c.text();   // DW_FORM_string
        if (form != 0x1f && form != 0x0e) {  // not DW_FORM_line_strp, DW_FORM_strp
            constant(c, u, form);
            return "?";
        }
        const Bytes table = form == 0x1f ? m_lineStrings : m_strings;
        const u64 offset = c.fixed(u.offsetSize);
        if (offset >= table.size()) throw Broken{"a name lies outside its string section"};
        std::string name = Cursor(table, offset, std::min<u64>(table.size(), offset + kLongestName)).text();
        // Four bytes of the table can name the same long string again and again.
        m_nameBytes += name.size();
        if (m_nameBytes > 16 * m_lines.size() + (u64{1} << 24)) throw Broken{"its names are too long in all"};
        return name;
    }

    u64 constant(Cursor& c, const Unit& u, u64 form) {
        switch (form) {
            case 0x0b:  // data1
                return c.fixed(1);
            case 0x05:  // data2
                return c.fixed(2);
            case 0x06:  // data4
                return c.fixed(4);
            case 0x07:  // data8
                return c.fixed(8);
            case 0x0f:  // udata
                return c.uleb();
            case 0x1e:  // data16: an MD5 sum
                c.skip(16);
                return 0;
            case 0x09:  // block
                c.skip(c.uleb());
                return 0;
            case 0x08:  // string
                c.text();
                return 0;
            case 0x0e:
            case 0x1f:
            case 0x17:  // strp, line_strp, sec_offset
                c.skip(u.offsetSize);
                return 0;
            default:
                throw Broken{fmt::format("it uses form {:#x}, which may not stand here", form)};
        }
    }

    struct State {
        u64 address = 0, file = 1, line = 1, column = 0;
        bool isStatement = true;
    };

    // One sequence is code that lies in one piece; those of dropped functions begin at zero and are left out.
    void emit(const Unit& u, const State& s, bool end, std::vector<SourceLines::Row>& sequence) {
        const u32 file = !end && s.file < u.files.size() ? u.files[s.file] : SourceLines::kEnd;
        SourceLines::Row row{s.address, file, static_cast<u32>(s.line), static_cast<u32>(s.column), s.isStatement};
        if (end) row = {s.address, SourceLines::kEnd, 0, 0, false};
        if (!sequence.empty() && sequence.back().address > s.address) throw Broken{"its addresses run backwards"};
        sequence.push_back(row);
        if (!end) return;
        if (sequence.front().address != 0) rows.insert(rows.end(), sequence.begin(), sequence.end());
        sequence.clear();
    }

    void run(Cursor c, const Unit& u) {
        State s;
        s.isStatement = u.defaultIsStatement;
        std::vector<SourceLines::Row> sequence;
        while (!c.atEnd()) {
            const u64 opcode = c.fixed(1);
            if (opcode >= u.opcodeBase) {
                const u64 adjusted = opcode - u.opcodeBase;
                s.address += adjusted / u.lineRange * u.minimumLength;
                s.line += static_cast<u64>(u.lineBase + static_cast<i64>(adjusted % u.lineRange));
                emit(u, s, false, sequence);
                continue;
            }
            switch (opcode) {
                case 0:
                    extended(c, u, s, sequence);
                    break;
                case 1:  // copy
                    emit(u, s, false, sequence);
                    break;
                case 2:  // advance_pc
                    s.address += c.uleb() * u.minimumLength;
                    break;
                case 3:  // advance_line
                    s.line += static_cast<u64>(c.sleb());
                    break;
                case 4:
                    s.file = c.uleb();
                    break;
                case 5:
                    s.column = c.uleb();
                    break;
                case 6:
                    s.isStatement = !s.isStatement;
                    break;
                case 8:  // const_add_pc
                    s.address += (255 - u.opcodeBase) / u.lineRange * u.minimumLength;
                    break;
                case 9:  // fixed_advance_pc
                    s.address += c.fixed(2);
                    break;
                default:  // basic block, prologue end, epilogue begin, and those that we do not know
                    for (u8 i = 0; i < u.lengths[opcode - 1]; ++i) c.uleb();
                    break;
            }
        }
    }

    void extended(Cursor& c, const Unit& u, State& s, std::vector<SourceLines::Row>& sequence) {
        const u64 length = c.uleb();
        const u64 begin = c.at();
        c.skip(length);
        if (length == 0) return;
        Cursor inner(m_lines, begin, begin + length);
        switch (inner.fixed(1)) {
            case 1:  // end_sequence
                emit(u, s, true, sequence);
                s = State{};
                s.isStatement = u.defaultIsStatement;
                break;
            case 2:  // set_address
                s.address = inner.fixed(static_cast<u32>(std::min<u64>(length - 1, 8)));
                break;
            default:  // discriminator and others: for profilers
                break;
        }
    }

    Bytes m_lines, m_lineStrings, m_strings;
    std::unordered_map<std::string, u32> m_known;
    u64 m_nameBytes = 0;
    u64 m_ignored = 0;
};

}  // namespace

SourceLines::SourceLines(Bytes file, const ElfFile& elf) {
    if (elf.header.type == kTypeRelocatable) {
        m_problem = "an object file has no addresses yet; source lines are shown for linked programs";
        return;
    }
    const auto bytes = [&](std::string_view name) -> Bytes {
        const Section* s = elf.sectionNamed(name);
        if (!s) return {};
        if (s->flags & kSectionCompressed) {
            m_problem = fmt::format("the section '{}' is compressed; source lines can not be shown", name);
            return {};
        }
        return bytesOf(file, *s);
    };
    const Bytes lines = bytes(".debug_line");
    if (lines.empty()) {
        if (m_problem.empty()) m_problem = "the file has no source lines: compile it with -g";
        return;
    }
    LineReader reader(lines, bytes(".debug_line_str"), bytes(".debug_str"));
    const std::string broken = reader.readAll();
    if (!broken.empty()) m_problem = broken;
    m_rows = std::move(reader.rows);
    m_files = std::move(reader.files);
    // At one address an end comes before a beginning, and of several beginnings the last one counts.
    std::ranges::stable_sort(m_rows, [](const Row& a, const Row& b) {
        return a.address != b.address ? a.address < b.address : a.file == kEnd && b.file != kEnd;
    });
}

std::optional<SourcePlace> SourceLines::at(u64 address) const {
    auto it = std::ranges::upper_bound(m_rows, address, {}, &Row::address);
    if (it == m_rows.begin()) return std::nullopt;
    --it;
    if (it->file == kEnd || it->line == 0) return std::nullopt;
    return SourcePlace{m_files[it->file], it->line, it->column};
}

std::vector<u64> SourceLines::addressesOf(std::string_view file, u32 line) const {
    std::vector<bool> wanted(m_files.size());
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        const std::string& path = m_files[i];
        const bool isEnd =
            path.size() > file.size() && path.ends_with(file) && path[path.size() - file.size() - 1] == '/';
        wanted[i] = path == file || isEnd;
    }
    std::vector<u64> found;
    u32 previousFile = kEnd, previousLine = 0;
    for (const Row& row : m_rows) {
        const bool same = row.file == previousFile && row.line == previousLine;
        previousFile = row.file;
        previousLine = row.line;
        if (row.file == kEnd || !row.isStatement || row.line != line || !wanted[row.file] || same) continue;
        if (found.empty() || found.back() != row.address) found.push_back(row.address);
    }
    return found;
}

std::vector<std::string> SourceLines::files() const {
    std::vector<bool> used(m_files.size());
    for (const Row& row : m_rows)
        if (row.file != kEnd) used[row.file] = true;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < m_files.size(); ++i)
        if (used[i]) names.push_back(m_files[i]);
    std::ranges::sort(names);
    return names;
}

}  // namespace ringside::elf
