// Copies of the machine at moments of one run, in order of time, under a limit of memory. They share what did not
// change between them, so that dropping one frees only what it alone kept alive.
#pragma once

#include <memory>
#include <vector>

#include "core/machine/machine.h"

namespace ringside {

class Checkpoints {
 public:
    explicit Checkpoints(const Machine& start);

    std::size_t size() const { return m_list.size(); }
    const Machine& operator[](std::size_t i) const { return *m_list[i].machine; }
    Tick tickOf(std::size_t i) const { return m_list[i].machine->cpu.tick; }
    // Index of the last one at or before `tick`, which is not before the first.
    std::size_t nearest(Tick tick) const;
    Tick distance(Tick tick) const { return tick - tickOf(nearest(tick)); }

    void add(const Machine& machine);  // unless there is one at this tick
    void replaceStart(const Machine& machine);
    void dropFrom(Tick tick);  // those at `tick` or later; never the first

    // Drops those whose loss costs least until the rest needs no more than `budget` bytes: evenly over the run, and the
    // denser the nearer to `here`.
    void thin(u64 budget, Tick here);
    u64 bytes() const { return m_bytes; }
    u64 bytesFrom(Tick tick) const;  // of those after `tick`
    u64 dropped() const { return m_dropped; }

 private:
    struct Checkpoint {
        std::shared_ptr<const Machine> machine;
        u64 bytes = 0;  // what it keeps alive that the one before it does not
    };
    void measure(std::size_t i);
    std::vector<Checkpoint> m_list;
    u64 m_bytes = 0;
    u64 m_dropped = 0;
};

}  // namespace ringside
