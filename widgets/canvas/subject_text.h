// A selection as a person writes it: "address:0x401000", "frame:12", "task:3", "register:rax", …
#pragma once

#include "core/base/error.h"
#include "widgets/canvas/subject.h"

namespace ringside {

Expected<Subject> subjectFromText(const QString& text);

}  // namespace ringside
