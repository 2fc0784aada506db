// Telling moments of real programs, for the tests that look at every view.
#pragma once

#include <map>
#include <memory>

#include "core/session/session.h"
#include "tests/core/guest_program.h"
#include "widgets/canvas/symbols.h"

namespace ringside {

using test::bit;

inline Machine booted(const char* sample) {
    MachineOptions options;
    options.ramBytes = u64{32} << 20;
    options.kernel.program = std::string("/samples/") + sample;
    auto machine = Machine::boot(options);
    if (!machine) qFatal("%s", machine.error().sentence.c_str());
    machine->closeInput();
    return std::move(*machine);
}

// `nth` 0: near the end of the program's run.
inline std::shared_ptr<const Moment> momentOf(const char* sample, u64 mask, int nth) {
    Session session(booted(sample));
    for (int i = 0; i < nth; ++i) session.toEvent(mask);
    if (nth == 0) session.run();
    auto moment = session.wait();
    if (nth == 0) {
        session.step(Session::Direction::Back, 50);
        moment = session.wait();
    }
    return moment;
}

// So many steps after a function of the program was entered, in user mode.
inline std::shared_ptr<const Moment> momentIn(const char* sample, const char* function, int steps) {
    Session session(booted(sample));
    session.toEvent(bit(EventKind::Exec));
    const auto address = Symbols().addressOf(*session.wait()->now, function);
    if (!address) qFatal("%s has no function %s", sample, function);
    session.toAddress({*address});
    for (int i = 0; i < steps; ++i) session.step();
    return session.wait();
}

using Moments = std::map<QByteArray, std::shared_ptr<const Moment>>;

}  // namespace ringside
