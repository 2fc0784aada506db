#include "core/cpu/cpu.h"

#include "core/cpu/engine.h"

namespace ringside {

Cpu::Cpu() = default;
Cpu::~Cpu() = default;

Cpu::Cpu(const Cpu& o)
    : regs(o.regs),
      tlb(o.tlb),
      model(o.model),
      tick(o.tick),
      cycles(o.cycles),
      counters(o.counters),
      pipeline(o.pipeline),
      interruptRequest(o.interruptRequest),
      undefined(o.undefined) {}

Cpu& Cpu::operator=(const Cpu& o) {
    if (this == &o) return *this;
    regs = o.regs;
    tlb = o.tlb;
    model = o.model;
    tick = o.tick;
    cycles = o.cycles;
    counters = o.counters;
    pipeline = o.pipeline;
    interruptRequest = o.interruptRequest;
    undefined = o.undefined;
    m_engine.reset();
    return *this;
}

CpuStop Cpu::run(Ram& ram, const RunLimits& limits, Recorder* recorder) {
    if (!m_engine) m_engine = std::make_unique<Engine>(*this);
    return m_engine->run(ram, limits, recorder);
}

PagingMode Cpu::pagingMode() const {
    PagingMode mode;
    mode.cr3 = regs.cr3;
    mode.enabled = regs.cr0 >> 31 & 1;
    mode.writeProtect = regs.cr0 >> 16 & 1;
    mode.noExecute = regs.efer >> 11 & 1;
    mode.fiveLevel = regs.cr4 >> 12 & 1;
    return mode;
}

void Cpu::invalidatePage(VirtAddr address) {
    tlb.invalidate(address);
    if (pipeline.fetchPage == pageDown(address.value)) pipeline.fetchValid = false;
    if (m_engine) m_engine->dropTranslation(address);
}

void Cpu::flushTlb() {
    tlb.flush(false);
    pipeline.fetchValid = false;
    if (m_engine) m_engine->dropTranslations();
}

void Cpu::loadCr3(u64 cr3) {
    regs.cr3 = cr3;
    flushTlb();
}

void Cpu::codeChanged(FrameNo frame) {
    if (m_engine) m_engine->codeChanged(frame);
}

void Cpu::beginCodeNotes() {
    if (!m_engine) m_engine = std::make_unique<Engine>(*this);
    m_engine->beginNotes();
}

std::vector<CodeNote> Cpu::takeCodeNotes() { return m_engine ? m_engine->takeNotes() : std::vector<CodeNote>{}; }

void Cpu::dropCaches() { m_engine.reset(); }

bool operator==(const Cpu& a, const Cpu& b) {
    return a.regs == b.regs && a.tlb == b.tlb && a.model == b.model && a.tick == b.tick && a.cycles == b.cycles &&
           a.counters == b.counters && a.pipeline == b.pipeline && a.interruptRequest == b.interruptRequest &&
           a.undefined == b.undefined;
}

}  // namespace ringside
