#include "app/elf_command.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>

#include "app/options.h"
#include "core/base/host_file.h"
#include "core/base/json.h"
#include "core/elf/symbols.h"

namespace ringside {

using namespace elf;

namespace {

std::string symbolLine(const ElfFile& file, const Symbol& s) {
    const std::string readable = demangle(s.name);
    return fmt::format("  {:016x} {:>6} {:<7} {:<6} {:<9} {:<14} {}{}\n", s.value, s.size, symbolTypeName(s.type),
                       symbolBindingName(s.binding), symbolVisibilityName(s.visibility),
                       symbolSectionName(file, s.section), readable, s.version);
}

std::string sectionOf(const ElfFile& file, const Relocation& r) {
    return r.section ? file.sections[r.section].name : "(dynamic)";
}

}  // namespace

std::string elfText(const std::string& name, const ElfFile& file) {
    const ElfHeader& h = file.header;
    std::string t = fmt::format("{}\n\nHeader\n", name);
    t += fmt::format("  type {}   machine {}   OS/ABI {}   entry {:#x}\n", typeName(h.type), machineName(h.machine),
                     osAbiName(h.osAbi), h.entry);
    t +=
        fmt::format("  {} program headers at {:#x}, {} section headers at {:#x}\n", h.phnum, h.phoff, h.shnum, h.shoff);
    if (!file.interpreter.empty()) t += fmt::format("  interpreter {}\n", file.interpreter);

    if (!file.segments.empty()) {
        t += "\nSegments\n  type           offset     address            in file    in memory  rights align\n";
        for (const ProgramHeader& p : file.segments) {
            t += fmt::format("  {:<14} {:#08x}   {:#018x} {:#08x}   {:#08x}   {}    {:#x}\n", segmentTypeName(p.type),
                             p.offset, p.vaddr, p.filesz, p.memsz, segmentFlags(p.flags), p.align);
            std::string inside;
            for (const u32 i : file.sectionsIn(p)) inside += " " + file.sections[i].name;
            if (p.type == kLoad && !inside.empty()) t += "                " + inside + "\n";
        }
    }
    if (!file.sections.empty()) {
        t += "\nSections\n  nr name                 type         address            offset   size     flags link info "
             "align\n";
        for (u32 i = 0; const Section& s : file.sections)
            t += fmt::format("  {:>2} {:<20} {:<12} {:#018x} {:#08x} {:#08x} {:<5} {:>4} {:>4} {:>5}\n", i++, s.name,
                             sectionTypeName(s.type), s.addr, s.offset, s.size, sectionFlags(s.flags), s.link, s.info,
                             s.align);
    }
    if (!file.dynamic.empty()) {
        t += "\nDynamic entries\n";
        for (const DynamicEntry& e : file.dynamic)
            t += fmt::format("  {:<16} {:#x}{}\n", dynamicTagName(e.tag), e.value, e.text.empty() ? "" : "  " + e.text);
    }
    for (const bool dynamic : {false, true}) {
        std::string rows;
        for (const Symbol& s : file.symbols)
            if (s.dynamic == dynamic) rows += symbolLine(file, s);
        if (rows.empty()) continue;
        t += fmt::format("\n{}\n  value              size type    bind   visible   section        name\n{}",
                         dynamic ? "Dynamic symbols" : "Symbols", rows);
    }
    if (!file.relocations.empty()) {
        t += "\nRelocations\n  offset             type                     section        symbol and addend\n";
        for (const Relocation& r : file.relocations)
            t += fmt::format("  {:#018x} {:<24} {:<14} {}{}{:#x}\n", r.offset, relocationTypeName(r.type),
                             sectionOf(file, r), r.name, r.addend < 0 ? " - " : " + ",
                             r.addend < 0 ? -static_cast<u64>(r.addend) : static_cast<u64>(r.addend));
    }
    if (!file.versions.empty()) {
        t += "\nVersions\n";
        for (const Version& v : file.versions)
            t += fmt::format("  {:>5} {} {}\n", v.index & 0x7fff, v.name,
                             v.base              ? "names this file"
                             : v.library.empty() ? "offered"
                                                 : "wanted from " + v.library);
    }
    if (!file.notes.empty()) {
        t += "\nNotes\n";
        for (const Note& n : file.notes)
            t += fmt::format("  {:<8} type {:#x}, {} bytes at {:#x}{}\n", n.owner, n.type, n.descriptor.size(),
                             n.offset, n.text.empty() ? "" : ": " + toText(n.text));
    }
    if (!file.problems.empty()) {
        t += "\nNot readable\n";
        for (const std::string& problem : file.problems) t += "  " + problem + "\n";
    }
    return t;
}

std::string elfJson(const std::string& name, const ElfFile& file, const SourceLines& lines) {
    JsonWriter w(JsonWriter::Style::Indented);
    const ElfHeader& h = file.header;
    w.beginObject().field("file", name);
    w.key("header").beginObject();
    w.field("type", typeName(h.type)).field("machine", machineName(h.machine)).field("osabi", osAbiName(h.osAbi));
    w.hexField("entry", h.entry).field("phoff", h.phoff).field("shoff", h.shoff).field("flags", h.flags);
    w.field("phnum", h.phnum).field("shnum", h.shnum).field("shstrndx", h.shstrndx).endObject();
    w.field("interpreter", file.interpreter);
    w.key("segments").beginArray();
    for (const ProgramHeader& p : file.segments) {
        w.beginObject().field("type", segmentTypeName(p.type)).field("flags", segmentFlags(p.flags));
        w.hexField("offset", p.offset).hexField("vaddr", p.vaddr).hexField("paddr", p.paddr);
        w.hexField("filesz", p.filesz).hexField("memsz", p.memsz).hexField("align", p.align);
        w.key("sections").beginArray();
        for (const u32 i : file.sectionsIn(p)) w.value(file.sections[i].name);
        w.endArray().endObject();
    }
    w.endArray();
    w.key("sections").beginArray();
    for (const Section& s : file.sections) {
        w.beginObject().field("name", s.name).field("type", sectionTypeName(s.type));
        w.field("flags", sectionFlags(s.flags)).hexField("address", s.addr).hexField("offset", s.offset);
        w.hexField("size", s.size).field("link", s.link).field("info", s.info).field("align", s.align);
        w.field("entsize", s.entsize).endObject();
    }
    w.endArray();
    w.key("symbols").beginArray();
    for (const Symbol& s : file.symbols) {
        w.beginObject().field("name", s.name).field("demangled", demangle(s.name)).field("version", s.version);
        w.hexField("value", s.value).field("size", s.size).field("type", symbolTypeName(s.type));
        w.field("binding", symbolBindingName(s.binding)).field("visibility", symbolVisibilityName(s.visibility));
        w.field("section", symbolSectionName(file, s.section)).field("dynamic", s.dynamic);
        if (s.type == kFunction && s.section != 0)
            if (const auto place = lines.at(s.value)) w.field("source", fmt::format("{}:{}", place->file, place->line));
        w.endObject();
    }
    w.endArray();
    w.key("dynamic").beginArray();
    for (const DynamicEntry& e : file.dynamic)
        w.beginObject()
            .field("tag", dynamicTagName(e.tag))
            .hexField("value", e.value)
            .field("text", e.text)
            .endObject();
    w.endArray();
    w.key("relocations").beginArray();
    for (const Relocation& r : file.relocations) {
        w.beginObject().hexField("offset", r.offset).field("type", relocationTypeName(r.type));
        w.field("symbol", r.name).field("addend", r.addend).field("section", sectionOf(file, r)).endObject();
    }
    w.endArray();
    w.key("sourceFiles").beginArray();
    for (const std::string& source : lines.files()) w.value(source);
    w.endArray().field("sourceProblem", lines.problem());
    w.key("versions").beginArray();
    for (const Version& v : file.versions)
        w.beginObject()
            .field("index", v.index & 0x7fff)
            .field("name", v.name)
            .field("library", v.library)
            .field("base", v.base)
            .endObject();
    w.endArray();
    w.key("notes").beginArray();
    for (const Note& n : file.notes) {
        w.beginObject().field("owner", n.owner).field("type", n.type).field("size", n.descriptor.size());
        w.field("text", toText(n.text)).endObject();
    }
    w.endArray();
    w.key("problems").beginArray();
    for (const std::string& problem : file.problems) w.value(problem);
    w.endArray().endObject();
    return w.text() + "\n";
}

int elfCommand(const Options& options) {
    const auto bytes = readHostFile(options.program);
    if (!bytes) {
        fmt::print(stderr, "ringside: {}\n", bytes.error().sentence);
        return kExitError;
    }
    const auto file = readElf(*bytes);
    if (!file) {
        fmt::print(stderr, "ringside: {}: {}\n", options.program, file.error().sentence);
        return kExitError;
    }
    const std::string text =
        options.json ? elfJson(options.program, *file, SourceLines(*bytes, *file)) : elfText(options.program, *file);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 ? 0 : kExitError;
}

}  // namespace ringside
