#include "core/timeline/checkpoints.h"

#include <algorithm>

#include "core/base/slot_pool.h"

namespace ringside {
namespace {

constexpr std::size_t kMost = 2048;
// The kernel's objects and the registers: what a copy of them was seen to need.
constexpr u64 kKernelBytes = u64{96} << 10;

std::shared_ptr<const Machine> quietCopy(const Machine& machine) {
    auto copy = std::allocate_shared<Machine>(PoolAllocator<Machine>(), machine);
    copy->trace = {.enabled = false};
    return copy;
}

}  // namespace

Checkpoints::Checkpoints(const Machine& start) {
    m_list.push_back({quietCopy(start), 0});
    measure(0);
}

std::size_t Checkpoints::nearest(Tick tick) const {
    auto after = std::upper_bound(m_list.begin(), m_list.end(), tick,
                                  [](Tick t, const Checkpoint& c) { return t < c.machine->cpu.tick; });
    CHECK(after != m_list.begin());
    return static_cast<std::size_t>(after - m_list.begin()) - 1;
}

void Checkpoints::measure(std::size_t i) {
    const Ram& ram = m_list[i].machine->ram;
    const u64 bytes = kKernelBytes + (i == 0 ? ram.bytesApart(Ram(0)) : ram.bytesApart(m_list[i - 1].machine->ram));
    m_bytes += bytes - m_list[i].bytes;
    m_list[i].bytes = bytes;
}

void Checkpoints::add(const Machine& machine) {
    const std::size_t before = nearest(machine.cpu.tick);
    if (tickOf(before) == machine.cpu.tick) return;
    m_list.insert(m_list.begin() + static_cast<std::ptrdiff_t>(before) + 1, {quietCopy(machine), 0});
    measure(before + 1);
    if (before + 2 < m_list.size()) measure(before + 2);
}

void Checkpoints::replaceStart(const Machine& machine) {
    m_list.front().machine = quietCopy(machine);
    measure(0);
    if (m_list.size() > 1) measure(1);
}

void Checkpoints::dropFrom(Tick tick) {
    while (m_list.size() > 1 && m_list.back().machine->cpu.tick >= tick) {
        m_bytes -= m_list.back().bytes;
        m_list.pop_back();
    }
}

void Checkpoints::thin(u64 budget, Tick here) {
    while (m_list.size() > 2 && (m_bytes > budget || m_list.size() > kMost)) {
        const double even = static_cast<double>(m_list.back().machine->cpu.tick) / static_cast<double>(m_list.size());
        std::size_t victim = 1;
        double best = -1;
        for (std::size_t i = 1; i + 1 < m_list.size(); ++i) {
            const Tick tick = tickOf(i);
            const double distance = static_cast<double>(tick > here ? tick - here : here - tick);
            const double gap = static_cast<double>(tickOf(i + 1) - tickOf(i - 1));
            const double wanted = std::min(even, distance / 16) + 1;
            if (wanted / gap > best) best = wanted / gap, victim = i;
        }
        m_bytes -= m_list[victim].bytes;
        m_list.erase(m_list.begin() + static_cast<std::ptrdiff_t>(victim));
        measure(victim);
        ++m_dropped;
    }
}

u64 Checkpoints::bytesFrom(Tick tick) const {
    u64 sum = 0;
    for (const Checkpoint& c : m_list)
        if (c.machine->cpu.tick > tick) sum += c.bytes;
    return sum;
}

}  // namespace ringside
