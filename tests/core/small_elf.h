// ELF files made byte by byte, for tests: nothing here depends on a compiler or on the host.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/types.h"

namespace ringside {

class ByteWriter {
 public:
    std::vector<u8> bytes;

    u64 size() const { return bytes.size(); }
    ByteWriter& number(u64 value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) bytes.push_back(static_cast<u8>(value >> (8 * i)));
        return *this;
    }
    ByteWriter& text(const std::string& s) {
        bytes.insert(bytes.end(), s.begin(), s.end());
        bytes.push_back(0);
        return *this;
    }
    ByteWriter& raw(const std::vector<u8>& more) {
        bytes.insert(bytes.end(), more.begin(), more.end());
        return *this;
    }
    ByteWriter& padTo(u64 size) {
        if (bytes.size() < size) bytes.resize(size);
        return *this;
    }
    void patch(u64 at, u64 value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) bytes[at + i] = static_cast<u8>(value >> (8 * i));
    }
};

// An executable of two LOAD segments and a note, with .text at 0x401000 (16 bytes), .data at 0x402000, the symbols
// _start (no size), work(int) (0x401008, 4 bytes) and data, and a build ID. `extra` sections come last.
inline std::vector<u8> smallElf(const std::vector<std::pair<std::string, std::vector<u8>>>& extra = {}) {
    ByteWriter w;
    w.raw({0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).padTo(16);
    w.number(2, 2).number(62, 2).number(1, 4).number(0x401000, 8).number(64, 8).number(0, 8).number(0, 4);
    w.number(64, 2).number(56, 2).number(3, 2).number(64, 2).number(6 + extra.size(), 2).number(5, 2);
    const auto segment = [&](u32 type, u32 flags, u64 offset, u64 address, u64 size, u64 align) {
        w.number(type, 4).number(flags, 4).number(offset, 8).number(address, 8).number(address, 8);
        w.number(size, 8).number(size, 8).number(align, 8);
    };
    segment(1, 5, 0x1000, 0x401000, 16, 4096);
    segment(1, 6, 0x2000, 0x402000, 8, 4096);
    segment(4, 4, 0x400, 0x400400, 32, 4);
    w.padTo(0x400);
    w.number(4, 4).number(16, 4).number(3, 4).text("GNU");
    for (u8 i = 0; i < 16; ++i) w.number(i, 1);
    w.padTo(0x1000);
    w.raw({0xb8, 60, 0, 0, 0, 0x31, 0xff, 0xc3, 0x0f, 0x05, 0xc3, 0x90, 0x90, 0x90, 0x90, 0x90});
    w.padTo(0x2000).number(42, 8);

    const u64 symbols = w.size();
    const auto symbol = [&](u32 name, u8 info, u16 section, u64 value, u64 size) {
        w.number(name, 4).number(info, 1).number(0, 1).number(section, 2).number(value, 8).number(size, 8);
    };
    symbol(0, 0, 0, 0, 0);
    symbol(1, 0x12, 1, 0x401000, 0);
    symbol(8, 0x12, 1, 0x401008, 4);
    symbol(17, 0x11, 3, 0x402000, 8);
    const u64 symbolsEnd = w.size();
    w.text("").text("_start").text("_Z4worki").text("data");
    const u64 stringsEnd = w.size();

    std::string names(1, '\0');
    const auto name = [&](const std::string& s) {
        const u64 at = names.size();
        names += s + '\0';
        return at;
    };
    std::vector<u64> nameAt;
    for (const char* s : {".text", ".symtab", ".data", ".strtab", ".shstrtab"}) nameAt.push_back(name(s));
    std::vector<std::pair<u64, u64>> places;
    for (const auto& [title, bytes] : extra) {
        nameAt.push_back(name(title));
        places.emplace_back(w.size(), bytes.size());
        w.raw(bytes);
    }
    const u64 namesBegin = w.size();
    w.raw({names.begin(), names.end()});
    const u64 namesEnd = w.size();
    w.padTo((namesEnd + 7) / 8 * 8);

    w.patch(40, w.size(), 8);
    const auto section = [&](u64 title, u32 type, u64 flags, u64 address, u64 offset, u64 size, u32 link, u64 entry) {
        w.number(title, 4).number(type, 4).number(flags, 8).number(address, 8).number(offset, 8).number(size, 8);
        w.number(link, 4).number(0, 4).number(1, 8).number(entry, 8);
    };
    section(0, 0, 0, 0, 0, 0, 0, 0);
    section(nameAt[0], 1, 6, 0x401000, 0x1000, 16, 0, 0);
    section(nameAt[1], 2, 0, 0, symbols, symbolsEnd - symbols, 4, 24);
    section(nameAt[2], 1, 3, 0x402000, 0x2000, 8, 0, 0);
    section(nameAt[3], 3, 0, 0, symbolsEnd, stringsEnd - symbolsEnd, 0, 0);
    section(nameAt[4], 3, 0, 0, namesBegin, namesEnd - namesBegin, 0, 0);
    for (std::size_t i = 0; i < places.size(); ++i)
        section(nameAt[5 + i], 1, 0, 0, places[i].first, places[i].second, 0, 0);
    return w.bytes;
}

// The same with a line table of DWARF 5: 0x401000 is line 1 and 0x401004 line 3 of /src/a.c, 0x401006 line 20 of
// /src/inc/b.h, and at 0x401008 the code ends. After it comes a dropped function at address zero.
inline std::vector<u8> elfWithLines() {
    ByteWriter w;
    w.number(0, 4).number(5, 2).number(8, 1).number(0, 1);  // length, version, address size, segment selector size
    const u64 headerLengthAt = w.size();
    w.number(0, 4);
    const u64 header = w.size();
    w.raw({1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1});
    w.raw({1, 1, 0x1f, 2}).number(0, 4).number(5, 4);                           // directories: line_strp; /src, inc
    w.raw({2, 1, 0x08, 2, 0x0b, 2}).text("a.c").raw({0}).text("b.h").raw({1});  // files: string and data1
    w.patch(headerLengthAt, w.size() - header, 4);
    w.raw({4, 0});                                          // file 0
    w.raw({0, 9, 2}).number(0x401000, 8).raw({1});          // set_address; copy: line 1
    w.raw({5, 7, 2, 4, 3, 2, 1});                           // column 7, address + 4, line + 2, copy
    w.raw({4, 1, 2, 2, 3, 17, 1});                          // file 1, address + 2, line + 17, copy
    w.raw({2, 2, 0, 1, 1});                                 // address + 2, end of sequence
    w.raw({0, 9, 2}).number(0, 8).raw({1, 2, 4, 0, 1, 1});  // a dropped function
    w.patch(0, w.size() - 4, 4);

    ByteWriter strings;
    strings.text("/src").text("inc");
    return smallElf({{".debug_line", w.bytes}, {".debug_line_str", strings.bytes}});
}

}  // namespace ringside
