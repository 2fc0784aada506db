// All registers of the CPU: general, RIP, flags by name, segments, control registers, MSRs, XMM, x87. What differs from
// "before" is marked and keeps its old value on hover. The radix is chosen per register.
#pragma once

#include "widgets/canvas/view.h"

namespace ringside {

enum class Radix : u8 { Hex, Unsigned, Signed, Binary, Char, Float };

struct RegistersModel {
    struct Row {
        QString name, value, aside;  // aside: the same value another way (decimal, a symbol)
        QString old;                 // empty: unchanged
        QString what;                // the sentence
        u64 raw = 0;
        Radix radix = Radix::Hex;
        bool pointer = false;  // worth following: the value is a mapped address
        bool editable = false;
        bool operator==(const Row&) const = default;
    };
    struct Flag {
        QString name;  // "ZF"
        bool set = false, changed = false;
        QString what;
        bool operator==(const Flag&) const = default;
    };
    struct Group {
        QString title;
        std::vector<Row> rows;
        bool folded = false;
        QString key;
        bool operator==(const Group&) const = default;
    };
    bool loaded = false;
    std::vector<Group> groups;
    std::vector<Flag> flags;
    unsigned cpl = 0;
    QString selected;  // name of the selected register
    bool operator==(const RegistersModel&) const = default;
};

RegistersModel buildRegisters(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const RegistersModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const RegistersModel& model);

QString inRadix(u64 value, int bytes, Radix radix);

}  // namespace ringside
