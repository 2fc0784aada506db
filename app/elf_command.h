// `ringside elf FILE [--json]`: what an ELF file holds, without running it.
#pragma once

#include <string>

#include "core/elf/elf_file.h"
#include "core/elf/source_lines.h"

namespace ringside {

struct Options;

int elfCommand(const Options& options);

std::string elfText(const std::string& name, const elf::ElfFile& file);
std::string elfJson(const std::string& name, const elf::ElfFile& file, const elf::SourceLines& lines);

}  // namespace ringside
