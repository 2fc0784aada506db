#include "widgets/canvas/subject_text.h"

#include <fmt/format.h>

namespace ringside {

Expected<Subject> subjectFromText(const QString& text) {
    const QString kind = text.section(':', 0, 0), value = text.section(':', 1);
    bool isNumber = false;
    const u64 number = value.toULongLong(&isNumber, 0);
    if (kind == "register") return Subject::reg(value);
    if (kind == "function") return Subject{SubjectKind::Function, 0, 0, 0, value};
    if (isNumber) {
        if (kind == "address") return Subject::address(number);
        if (kind == "instruction") return Subject::instruction(number);
        if (kind == "frame") return Subject::frame(number);
        if (kind == "task") return Subject::task(static_cast<i32>(number));
        if (kind == "syscall") return Subject{SubjectKind::Syscall, 0, number, 0, {}};
        if (kind == "vma") return Subject::vma(number, 0);
    }
    return fail(
        fmt::format("--set: '{}' can not be selected; there are address:N, instruction:N, frame:N, task:PID, vma:N, "
                    "syscall:N, register:NAME and function:NAME",
                    text.toStdString()));
}

}  // namespace ringside
