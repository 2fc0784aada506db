#include "core/timeline/sched_log.h"

#include <algorithm>

namespace ringside {
namespace {

// Of these each keeps its own: what began and ended a task, and what changed its weight.
bool isLasting(SampleKind kind) {
    return kind == SampleKind::Fork || kind == SampleKind::Exit || kind == SampleKind::Reap ||
           kind == SampleKind::Weight || kind == SampleKind::Exec;
}

// The last index with key(sample) <= wanted, or size() when there is none.
template <class Key>
std::size_t lastUpTo(const SchedLog::Series& series, u64 wanted, Key key) {
    std::size_t low = 0, high = series.size();
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (key(series[middle]) <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? series.size() : low - 1;
}

}  // namespace

std::size_t SchedLog::Series::at(u64 ns) const {
    return lastUpTo(*this, ns, [](const SchedSample& s) { return s.ns; });
}

std::size_t SchedLog::Series::atTick(Tick tick) const {
    return lastUpTo(*this, tick, [](const SchedSample& s) { return s.tick; });
}

void SchedLog::Series::append(const SchedSample& sample, u64 epoch) {
    if (m_size % kChunk == 0)
        m_chunks.push_back(std::make_shared<Chunk>(Chunk{{}, epoch}));
    else if (m_chunks.back()->epoch != epoch)
        m_chunks.back() = std::make_shared<Chunk>(Chunk{m_chunks.back()->samples, epoch});
    m_chunks.back()->samples.push_back(sample);
    ++m_size;
}

void SchedLog::Series::resize(std::size_t size, u64 epoch) {
    if (size == m_size) return;
    m_chunks.resize((size + kChunk - 1) / kChunk);
    if (size % kChunk != 0) {
        auto last = std::make_shared<Chunk>(Chunk{m_chunks.back()->samples, epoch});
        last->samples.resize(size % kChunk);
        m_chunks.back() = std::move(last);
    }
    m_size = size;
}

std::size_t SchedLog::Series::thin(u64 epoch) {
    if (m_size < 16) return 0;
    Series kept;
    const std::size_t half = m_size / 2;
    bool drop = false;
    for (std::size_t i = 0; i < m_size; ++i) {
        const SchedSample& sample = (*this)[i];
        if (i < half && i > 0 && !isLasting(sample.kind)) {
            drop = !drop;
            if (drop) {
                kept.m_chunks.back()->samples.back().thinned = true;
                continue;
            }
        }
        kept.append(sample, epoch);
    }
    const std::size_t given = m_size - kept.m_size;
    *this = std::move(kept);
    return given;
}

void SchedLog::append(const std::vector<SchedSample>& samples) {
    const u64 epoch = m_epoch.value();
    for (const SchedSample& sample : samples) {
        // The idle task has no line of its own: its time is what the CPU's lane leaves empty.
        if (sample.pid != 0) {
            m_tasks[sample.pid].append(sample, epoch);
            ++m_size;
        }
        if (sample.kind == SampleKind::Run) {
            m_cpu.append(sample, epoch);
            ++m_size;
        }
    }
    if (m_size <= m_limit) return;
    std::size_t given = m_cpu.thin(epoch);
    for (auto& [pid, series] : m_tasks) given += series.thin(epoch);
    m_size -= given;
    m_thinned += given;
}

void SchedLog::truncateAfter(Tick tick) {
    const auto cut = [&](Series& series) {
        const std::size_t last = series.atTick(tick);
        const std::size_t size = last == series.size() ? 0 : last + 1;
        m_size -= series.size() - size;
        series.resize(size, m_epoch.value());
    };
    cut(m_cpu);
    for (auto& [pid, series] : m_tasks) cut(series);
    std::erase_if(m_tasks, [](const auto& entry) { return entry.second.size() == 0; });
}

SchedCounters countersAt(const SchedLog::Series& series, u64 ns) {
    const std::size_t i = series.at(ns);
    if (i == series.size()) return {};
    const SchedSample& a = series[i];
    SchedCounters counters{a.phase,
                           static_cast<double>(a.vruntime),
                           static_cast<double>(a.ran),
                           static_cast<double>(a.kernel),
                           static_cast<double>(a.waited),
                           &a};
    if (i + 1 == series.size()) return counters;
    const SchedSample& b = series[i + 1];
    const double share = b.ns > a.ns ? static_cast<double>(ns - a.ns) / static_cast<double>(b.ns - a.ns) : 0;
    const auto between = [share](u64 from, u64 to) {
        return static_cast<double>(from) + share * static_cast<double>(static_cast<i64>(to - from));
    };
    // The wait is counted when it ends.
    counters.waited = between(a.waited, b.waited);
    if (a.phase != TaskPhase::Running && !a.thinned) return counters;
    counters.vruntime = between(a.vruntime, b.vruntime);
    counters.ran = between(a.ran, b.ran);
    counters.kernel = between(a.kernel, b.kernel);
    return counters;
}

}  // namespace ringside
