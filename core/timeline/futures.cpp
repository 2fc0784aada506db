// The futures of a timeline: what they are, going from one to another, and how two of them differ.
#include <algorithm>
#include <fmt/format.h>

#include "core/timeline/timeline.h"

namespace ringside {
namespace {

bool same(const Event& a, const Event& b) {
    return a.kind == b.kind && a.pid == b.pid && a.args == b.args && a.text == b.text;
}

// What both printed last before they differ, and what comes then; a few lines of each.
void compareOutput(FutureComparison& c, const std::string& first, const std::string& second) {
    constexpr std::size_t kMost = 400;
    const auto [a, b] = std::mismatch(first.begin(), first.end(), second.begin(), second.end());
    const auto common = static_cast<std::size_t>(a - first.begin());
    const std::size_t from = common > kMost ? common - kMost : 0;
    c.commonOutput = first.substr(from, common - from);
    c.firstOutput = first.substr(common, kMost);
    c.secondOutput = second.substr(common, kMost);
}

void compareRegisters(FutureComparison& c, const Registers& a, const Registers& b) {
    static constexpr const char* kNames[] = {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                             "R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15"};
    const auto add = [&](std::string name, u64 x, u64 y) {
        if (x != y) c.registers.push_back({std::move(name), x, y});
    };
    add("RIP", a.rip, b.rip);
    for (std::size_t i = 0; i < 16; ++i) add(kNames[i], a.gpr[i], b.gpr[i]);
    add("RFLAGS", a.rflags, b.rflags);
    add("CS", a.segment[CS].selector, b.segment[CS].selector);
    add("FS base", a.segment[FS].base, b.segment[FS].base);
    add("GS base", a.segment[GS].base, b.segment[GS].base);
    add("CR2", a.cr2, b.cr2);
    add("CR3", a.cr3, b.cr3);
    for (std::size_t i = 0; i < 16; ++i) add(fmt::format("XMM{}", i), a.xmm[i].q[0], b.xmm[i].q[0]);
}

void compareMemory(FutureComparison& c, const Ram& a, const Ram& b) {
    constexpr std::size_t kMost = 16;
    for (u32 f = 0; f < a.frameCount(); ++f) {
        const u8 *x = a.frame(FrameNo(f)), *y = b.frame(FrameNo(f));
        if (x == y || std::memcmp(x, y, kPageSize) == 0) continue;
        ++c.frames;
        if (c.memory.size() >= kMost) continue;
        const u64 at = static_cast<u64>(std::mismatch(x, x + kPageSize, y).first - x) & ~u64{7};
        u64 first = 0, second = 0;
        std::memcpy(&first, x + at, 8);
        std::memcpy(&second, y + at, 8);
        c.memory.push_back({fmt::format("{:#x}", addressOf(FrameNo(f)).value + at), first, second});
    }
}

}  // namespace

const Timeline::Branch* Timeline::find(u32 id) const {
    if (id == m_here.id) return &m_here;
    const auto it = std::ranges::find(m_others, id, &Branch::id);
    return it == m_others.end() ? nullptr : &*it;
}

FutureInfo Timeline::infoOf(const Branch& b) const {
    return {.id = b.id,
            .parent = b.parent,
            .parted = b.parted,
            .change = b.change,
            .end = b.frontier,
            .stop = b.stop,
            .exitStatus = b.exitStatus,
            .events = b.events.size() + b.events.dropped(),
            .bytes = b.parent == 0 ? b.checkpoints.bytes() : b.checkpoints.bytesFrom(b.parted),
            .current = &b == &m_here};
}

std::vector<FutureInfo> Timeline::futures() const {
    std::vector<FutureInfo> all{infoOf(m_here)};
    for (const Branch& b : m_others) all.push_back(infoOf(b));
    std::ranges::sort(all, {}, &FutureInfo::id);
    return all;
}

bool Timeline::switchTo(u32 id) {
    const auto other = std::ranges::find(m_others, id, &Branch::id);
    if (other == m_others.end()) return id == m_here.id;
    const Tick here = tick();
    leaveFrontier();
    std::swap(m_here, *other);
    const Tick target = std::min(here, m_here.frontier);
    m_now = m_here.checkpoints[m_here.checkpoints.nearest(target)];
    m_now.trace = {};
    seek(target);
    return true;
}

bool Timeline::removeFuture(u32 id) {
    if (id == m_here.parent || std::ranges::find(m_others, id, &Branch::parent) != m_others.end()) return false;
    return std::erase_if(m_others, [id](const Branch& b) { return b.id == id; }) != 0;
}

std::optional<FutureComparison> Timeline::compare(u32 first, u32 second, std::optional<Tick> at) const {
    const Branch *a = find(first), *b = find(second);
    if (!a || !b || a == b) return std::nullopt;
    FutureComparison c{.first = first, .second = second, .parted = std::min(a->frontier, b->frontier)};
    // The nearest common ancestor: each step goes to the parent of the younger one, which has the greater id.
    for (const Branch *x = a, *y = b; x && y && x != y;) {
        const Branch*& younger = x->id > y->id ? x : y;
        c.parted = std::min(c.parted, younger->parted);
        younger = find(younger->parent);
    }
    const std::size_t i = a->events.firstAfter(c.parted), j = b->events.firstAfter(c.parted);
    std::size_t k = 0;
    while (i + k < a->events.size() && j + k < b->events.size() && same(a->events[i + k], b->events[j + k])) ++k;
    if (i + k < a->events.size()) c.firstEvent = a->events[i + k];
    if (j + k < b->events.size()) c.secondEvent = b->events[j + k];
    c.firstEnd = a->frontier;
    c.secondEnd = b->frontier;
    const Machine firstEnd = machineAt(*a, a->frontier), secondEnd = machineAt(*b, b->frontier);
    c.firstStatus = firstEnd.kernel.exitStatus;
    c.secondStatus = secondEnd.kernel.exitStatus;
    compareOutput(c, firstEnd.devices.console.output.text(), secondEnd.devices.console.output.text());
    c.at = std::min({at.value_or(~Tick{0}), a->frontier, b->frontier});
    const Machine x = machineAt(*a, c.at), y = machineAt(*b, c.at);
    compareRegisters(c, x.cpu.regs, y.cpu.regs);
    compareMemory(c, x.ram, y.ram);
    return c;
}

}  // namespace ringside
