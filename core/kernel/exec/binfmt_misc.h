// binfmt_misc (Linux 6.1 fs/binfmt_misc.c): interpreters for file formats that the user registers by writing to
// /proc/sys/fs/binfmt_misc/register, ":name:type:offset:magic:mask:interpreter:flags".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/kernel/os.h"

namespace ringside {

i64 binfmtMiscRegister(Os& os, std::string_view line);                           // 0 or -errno
i64 binfmtMiscControl(Os& os, std::string_view name, std::string_view command);  // "0", "1", "-1" to one format
std::vector<std::string> binfmtMiscNames(const Os& os);
std::string binfmtMiscText(const Os& os, std::string_view name);  // what reading its file says

// The first enabled format that takes a file called `path` which begins with `head`; null: none.
const MiscFormat* binfmtMiscMatch(const Os& os, std::string_view path, std::string_view head);

}  // namespace ringside
