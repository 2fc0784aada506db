// What can be selected, and what a click may ask for. One selection is shared by all views: selecting a frame in one
// selects it everywhere. Commands go to the session or to the view that made the picture; a view never acts itself.
#pragma once

#include <QString>
#include <compare>

#include "core/base/types.h"

namespace ringside {

enum class SubjectKind : u8 {
    None,
    Address,      // value: virtual address, in the address space of `pid` (0: the current one); extra: length or 0
    Frame,        // value: frame number
    Pte,          // value: physical address of the entry; extra: the virtual address it serves
    Vma,          // value: start address, in the address space of `pid`
    Task,         // pid (global)
    Event,        // value: tick; extra: which of that tick
    FileOffset,   // value: offset in the file named by `text`
    Register,     // text: its name
    Syscall,      // value: number
    Function,     // text: the kernel function's name
    Instruction,  // value: address of an instruction
    Other         // text
};

struct Subject {
    SubjectKind kind = SubjectKind::None;
    i32 pid = 0;
    u64 value = 0;
    u64 extra = 0;
    QString text;

    explicit operator bool() const { return kind != SubjectKind::None; }
    friend bool operator==(const Subject&, const Subject&) = default;

    static Subject address(u64 a, i32 pid = 0, u64 length = 0) { return {SubjectKind::Address, pid, a, length, {}}; }
    static Subject instruction(u64 a, i32 pid = 0) { return {SubjectKind::Instruction, pid, a, 0, {}}; }
    static Subject frame(u64 number) { return {SubjectKind::Frame, 0, number, 0, {}}; }
    static Subject pte(u64 phys, u64 virt, i32 pid = 0) { return {SubjectKind::Pte, pid, phys, virt, {}}; }
    static Subject vma(u64 start, i32 pid) { return {SubjectKind::Vma, pid, start, 0, {}}; }
    static Subject task(i32 pid) { return {SubjectKind::Task, pid, 0, 0, {}}; }
    static Subject event(u64 tick, u64 index) { return {SubjectKind::Event, 0, tick, index, {}}; }
    static Subject fileOffset(QString file, u64 offset) {
        return {SubjectKind::FileOffset, 0, offset, 0, std::move(file)};
    }
    static Subject reg(QString name) { return {SubjectKind::Register, 0, 0, 0, std::move(name)}; }
    static Subject other(QString name) { return {SubjectKind::Other, 0, 0, 0, std::move(name)}; }
};

QString describe(const Subject& subject);  // "address 0x401000", "task 2"

// What a click, double click or context menu entry asks for.
struct Command {
    enum class Kind : u8 {
        None,
        Seek,              // value: tick
        ToggleBreakpoint,  // value: address
        RunTo,             // value: address
        Setting,           // text: "key=value", kept per view
        ShowView,          // text: id of a view
        Poke,              // text: register or address and value, "rax=5"
        Action,            // text: name of an action
        Open,              // text: path of a program
        Schedule,          // text: "compare=rr,cfs", "sched=rr", "nice.PID=5"
        Ask                // text, value: a question about the past, or a change of it (widgets/window/questions.h)
    };
    Kind kind = Kind::None;
    u64 value = 0;
    QString text;

    explicit operator bool() const { return kind != Kind::None; }
    friend bool operator==(const Command&, const Command&) = default;
};

}  // namespace ringside
