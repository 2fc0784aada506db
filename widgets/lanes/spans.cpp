#include "widgets/lanes/spans.h"

#include <algorithm>

namespace ringside {

std::vector<PhaseSpan> phaseSpans(const SchedLog::Series& series, u64 from, u64 to, u64 end, int columns) {
    std::vector<PhaseSpan> spans;
    if (series.size() == 0) return spans;
    const u64 column = std::max<u64>(1, (to - from) / static_cast<u64>(std::max(1, columns)));
    std::size_t i = series.at(from);
    if (i == series.size()) i = 0;
    while (i < series.size() && series[i].ns < to) {
        const SchedSample& a = series[i];
        std::size_t next = i + 1;
        // Timer ticks and changes of weight do not end a phase.
        while (next < series.size() && series[next].phase == a.phase && !a.thinned && series[next].ns < to) {
            if (series[next].thinned) break;
            ++next;
        }
        u64 until = next < series.size() ? series[next].ns : end;
        PhaseSpan span{.from = a.ns,
                       .to = until,
                       .tick = a.tick,
                       .phase = a.phase,
                       .kind = a.kind,
                       .other = a.other,
                       .wait = a.wait};
        if ((until - a.ns < column || a.thinned) && next < series.size()) {
            next = std::max(next, series.at(a.ns + column));
            until = series[next].ns;
            span.to = until;
            span.summary = next > i + 1 || a.thinned;
        }
        const double length = static_cast<double>(std::max<u64>(1, until - a.ns));
        if (span.phase == TaskPhase::Running || span.summary) {
            const SchedSample& b = series[std::min(next, series.size() - 1)];
            const double ran = static_cast<double>(b.ran - a.ran);
            const double kernel = std::min(static_cast<double>(b.kernel - a.kernel), ran);
            const double all = span.summary ? length : std::max(ran, 1.0);
            span.user = std::clamp((ran - kernel) / all, 0.0, 1.0);
            span.kernel = std::clamp(kernel / all, 0.0, std::max(0.0, 1.0 - span.user));
            if (span.summary)
                span.waiting = std::clamp(static_cast<double>(b.waited - a.waited) / length, 0.0,
                                          std::max(0.0, 1.0 - span.user - span.kernel));
        }
        if (span.to > from && span.phase != TaskPhase::Gone) spans.push_back(span);
        i = next;
    }
    return spans;
}

std::vector<CpuSpan> cpuSpans(const SchedLog::Series& cpu, u64 from, u64 to, u64 end, int columns) {
    std::vector<CpuSpan> spans;
    if (cpu.size() == 0) return spans;
    const u64 column = std::max<u64>(1, (to - from) / static_cast<u64>(std::max(1, columns)));
    std::size_t i = cpu.at(from);
    if (i == cpu.size()) i = 0;
    while (i < cpu.size() && cpu[i].ns < to) {
        std::size_t next = i + 1;
        u64 until = next < cpu.size() ? cpu[next].ns : end;
        CpuSpan span{cpu[i].ns, until, cpu[i].tick, cpu[i].pid, 0};
        if (until - cpu[i].ns < column && next < cpu.size()) {
            next = std::max(next, cpu.at(cpu[i].ns + column));
            span.to = cpu[next].ns;
            span.switches = static_cast<u32>(next - i - 1);
            // The longest of a few of them stands for all.
            u64 longest = 0;
            const std::size_t step = std::max<std::size_t>(1, (next - i) / 8);
            for (std::size_t j = i; j < next; j += step) {
                const u64 length = cpu[j + 1].ns - cpu[j].ns;
                if (length > longest) longest = length, span.pid = cpu[j].pid;
            }
        }
        if (span.to > from) spans.push_back(span);
        i = next;
    }
    return spans;
}

}  // namespace ringside
