// What the scheduler did in a run, task by task and in order of time: from it the lanes, the plot of vruntime and the
// comparison of policies are drawn. Copies share their chunks. Memory is bounded: when there are too many samples, each
// task's older half keeps every second one, so that old times get coarse while the counters stay exact.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "core/base/cow.h"
#include "core/trace/sched_sample.h"

namespace ringside {

class SchedLog {
 public:
    static constexpr std::size_t kLimit = 300'000;
    SchedLog() = default;
    explicit SchedLog(std::size_t limit) : m_limit(limit) {}

    // Samples in order of time.
    class Series {
     public:
        std::size_t size() const { return m_size; }
        const SchedSample& operator[](std::size_t i) const { return m_chunks[i / kChunk]->samples[i % kChunk]; }
        const SchedSample& back() const { return (*this)[m_size - 1]; }
        // Index of the last sample at or before `ns`; size() when the first is later.
        std::size_t at(u64 ns) const;
        // The same for a tick.
        std::size_t atTick(Tick tick) const;

     private:
        friend class SchedLog;
        static constexpr std::size_t kChunk = 128;
        struct Chunk {
            std::vector<SchedSample> samples;
            u64 epoch = 0;
        };
        void append(const SchedSample& sample, u64 epoch);
        void resize(std::size_t size, u64 epoch);
        std::size_t thin(u64 epoch);                   // how many it gave up
        std::vector<std::shared_ptr<Chunk>> m_chunks;  // all full but the last
        std::size_t m_size = 0;
    };

    void append(const std::vector<SchedSample>& samples);
    void truncateAfter(Tick tick);

    const std::map<i32, Series>& tasks() const { return m_tasks; }  // by PID
    const Series& cpu() const { return m_cpu; }                     // who had the CPU: the Run samples of all, idle too
    std::size_t size() const { return m_size; }
    u64 thinned() const { return m_thinned; }  // how many were given up
    bool empty() const { return m_size == 0; }

 private:
    std::map<i32, Series> m_tasks;
    Series m_cpu;
    std::size_t m_limit = kLimit, m_size = 0;
    u64 m_thinned = 0;
    Epoch m_epoch;  // a chunk of another epoch may be on the screen: it is replaced, never changed
};

// A task's counters at any time between its samples: they grow evenly while it runs or waits.
struct SchedCounters {
    TaskPhase phase = TaskPhase::Gone;
    double vruntime = 0, ran = 0, kernel = 0, waited = 0;  // ns
    const SchedSample* from = nullptr;                     // the last sample; null before the first
};
SchedCounters countersAt(const SchedLog::Series& series, u64 ns);

}  // namespace ringside
