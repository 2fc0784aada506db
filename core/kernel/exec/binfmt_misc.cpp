#include "core/kernel/exec/binfmt_misc.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/kernel/errno.h"
#include "core/kernel/limits.h"

namespace ringside {
namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text += fmt::format("{:02x}", static_cast<u8>(c));
    return text;
}

// "\x7fELF": the escapes that the register file knows.
std::string unescape(std::string_view text) {
    std::string out;
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' && digit(text[i + 2]) >= 0 &&
            digit(text[i + 3]) >= 0) {
            out += static_cast<char>(digit(text[i + 2]) * 16 + digit(text[i + 3]));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

i64 binfmtMiscRegister(Os& os, std::string_view line) {
    if (line.size() < 11 || line.size() > 1920) return -error::kInval;
    const char separator = line[0];
    std::vector<std::string_view> fields;
    for (std::string_view rest = line.substr(1);;) {
        const auto end = rest.find(separator);
        fields.push_back(rest.substr(0, end));
        if (end == std::string_view::npos) break;
        rest = rest.substr(end + 1);
    }
    // name, type, offset, magic, mask, interpreter, flags
    if (fields.size() != 7) return -error::kInval;
    MiscFormat format;
    format.name = fields[0];
    if (format.name.empty() || format.name == "." || format.name == ".." || format.name.contains('/'))
        return -error::kInval;
    if (fields[1] != "M" && fields[1] != "E") return -error::kInval;
    format.byMagic = fields[1] == "M";
    if (format.byMagic) {
        u32 offset = 0;
        for (const char c : fields[2]) {
            if (c < '0' || c > '9') return -error::kInval;
            offset = offset * 10 + static_cast<u32>(c - '0');
            if (offset > 256) return -error::kInval;
        }
        format.offset = offset;
        format.magic = unescape(fields[3]);
        format.mask = unescape(fields[4]);
        if (format.magic.empty() || (!format.mask.empty() && format.mask.size() != format.magic.size()) ||
            offset + format.magic.size() > 256)
            return -error::kInval;
    } else {
        format.magic = fields[3];
        if (format.magic.empty() || format.magic.contains('/')) return -error::kInval;
    }
    format.interpreter = fields[5];
    if (format.interpreter.empty()) return -error::kInval;
    for (const char c : fields[6])
        if (c != 'P' && c != 'O' && c != 'C' && c != 'F') return -error::kInval;
    format.flags = fields[6];
    auto& formats = os.kernel.vfs.miscFormats;
    if (std::ranges::find(formats, format.name, &MiscFormat::name) != formats.end()) return -error::kExist;
    if (formats.size() >= limit::Formats) return -error::kNoSpc;
    formats.insert(formats.begin(), std::move(format));
    return 0;
}

i64 binfmtMiscControl(Os& os, std::string_view name, std::string_view command) {
    auto& formats = os.kernel.vfs.miscFormats;
    const auto it = std::ranges::find(formats, name, &MiscFormat::name);
    if (it == formats.end()) return -error::kNoEnt;
    while (!command.empty() && command.back() == '\n') command.remove_suffix(1);
    if (command == "0" || command == "1")
        it->enabled = command == "1";
    else if (command == "-1")
        formats.erase(it);
    else
        return -error::kInval;
    return 0;
}

std::vector<std::string> binfmtMiscNames(const Os& os) {
    std::vector<std::string> names;
    for (const MiscFormat& format : os.kernel.vfs.miscFormats) names.push_back(format.name);
    return names;
}

std::string binfmtMiscText(const Os& os, std::string_view name) {
    for (const MiscFormat& format : os.kernel.vfs.miscFormats) {
        if (format.name != name) continue;
        std::string text = fmt::format("{}\ninterpreter {}\nflags: {}\n", format.enabled ? "enabled" : "disabled",
                                       format.interpreter, format.flags);
        if (!format.byMagic) return text + fmt::format("extension .{}\n", format.magic);
        text += fmt::format("offset {}\nmagic {}\n", format.offset, hex(format.magic));
        if (!format.mask.empty()) text += fmt::format("mask {}\n", hex(format.mask));
        return text;
    }
    return {};
}

const MiscFormat* binfmtMiscMatch(const Os& os, std::string_view path, std::string_view head) {
    const auto dot = path.rfind('.');
    for (const MiscFormat& format : os.kernel.vfs.miscFormats) {
        if (!format.enabled) continue;
        if (!format.byMagic) {
            if (dot != std::string_view::npos && path.substr(dot + 1) == format.magic) return &format;
            continue;
        }
        if (head.size() < format.offset + format.magic.size()) continue;
        bool same = true;
        for (std::size_t i = 0; i < format.magic.size() && same; ++i) {
            const u8 mask = format.mask.empty() ? 0xff : static_cast<u8>(format.mask[i]);
            same = ((static_cast<u8>(head[format.offset + i]) ^ static_cast<u8>(format.magic[i])) & mask) == 0;
        }
        if (same) return &format;
    }
    return nullptr;
}

}  // namespace ringside
