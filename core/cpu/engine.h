// The interpreter: fetches blocks of decoded instructions, runs them, looks at limits and events between them, delivers
// traps. Holds everything that is cached on the way: host pages, decoded code.
//
// Fast and careful running execute the same handlers over the same blocks. Careful means: one instruction at a time,
// with all limits looked at in between; with a recorder also: host pages are bypassed, so that every access comes
// through the slow path, which notes it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/cpu/code_cache.h"
#include "core/cpu/exec.h"

namespace ringside {

class Engine final : public Exec {
 public:
    explicit Engine(Cpu& c) : Exec(c) {}

    CpuStop run(Ram& memory, const RunLimits& limits, Recorder* recorder);

    // ---- for system instructions ------------------------------------------------------------------------------------
    static Engine& of(Exec& x) { return static_cast<Engine&>(x); }
    void stop(const Insn& i, CpuStop why);
    // After CR0, CR3, CR4, EFER, DR7, EFLAGS.AC, the CPL or a segment base changed.
    void modeChanged();
    void dropTranslation(VirtAddr address);  // after the TLB lost this page
    void dropTranslations();
    void dropCode();
    void codeChanged(FrameNo frame);
    void beginNotes();
    std::vector<CodeNote> takeNotes();
    // Loads a data or stack segment register; throws before anything is changed.
    void loadSegment(SegmentName name, u16 selector);
    // The code segment of a far transfer within 64-bit mode; throws when CS must not become that.
    Segment codeSegment(u16 selector, unsigned newCpl);
    // A far return by IRET or RETF: RIP, CS, and with them SS and RSP; the caller has read the frame and sets the
    // flags.
    void farReturn(const Insn& i, u64 rip, u16 cs, u64 rsp, u16 ss);
    // CS and SS as SYSCALL and SYSRET make them, without looking at the GDT.
    void setFlatSegments(u16 cs, u16 ss);
    // Pushes the frame and goes through the gate. `rip` is what is pushed.
    void enterGate(u8 vector, std::optional<u32> error, u64 rip, bool software, bool external);
    // INT n, INT3, INT1: the instruction is the tick, nextRip becomes the handler's.
    void softwareInterrupt(u8 vector, u64 rip, bool checkPrivilege);
    struct Descriptor {
        u64 low = 0, high = 0;
        u64 address = 0;
        u16 access() const { return static_cast<u16>(low >> 40 & 0xf0ff); }
        u8 type() const { return low >> 40 & 15; }
        bool isSystem() const { return !(low >> 44 & 1); }
        u8 dpl() const { return low >> 45 & 3; }
        bool present() const { return low >> 47 & 1; }
        bool isLong() const { return low >> 53 & 1; }
        u64 base() const { return (low >> 16 & 0xffffff) | (low >> 56 << 24) | high << 32; }
        u32 limit() const {
            const u32 raw = static_cast<u32>((low & 0xffff) | (low >> 32 & 0xf0000));
            return low >> 55 & 1 ? raw << 12 | 0xfff : raw;
        }
    };
    // Reads a descriptor of the GDT or LDT; #GP(selector) beyond the limit.
    Descriptor descriptorOf(u16 selector, bool sixteenBytes = false);
    template <class T>
    T loadSupervisor(u64 va) {
        SupervisorScope scope(*this);
        return load<T>(va);
    }
    template <class T>
    void storeSupervisor(u64 va, T value) {
        SupervisorScope scope(*this);
        store<T>(va, value);
    }

 private:
    friend class Exec;
    struct HostCode {
        u64 tag = 1;
        CodeFrame* code = nullptr;
    };
    struct Translation {
        FrameNo frame;
        bool tlbHit = false;
    };
    // Implicit accesses to tables and stacks are supervisor accesses whatever the CPL.
    struct SupervisorScope {
        explicit SupervisorScope(Engine& e) : engine(e), user(e.m_user) { engine.setPrivilege(false); }
        ~SupervisorScope() { engine.setPrivilege(user); }
        SupervisorScope(const SupervisorScope&) = delete;
        SupervisorScope& operator=(const SupervisorScope&) = delete;
        Engine& engine;
        bool user;
    };

    // run
    void enter(Ram& memory, const RunLimits& limits, Recorder* recorder);
    void leave();
    void runFast(Block* block);
    void runCarefully(Block* block);
    bool mustBeCareful(const Block& block) const;
    Block* fetchBlock();
    Block* fetchCrossing(u16 offset);
    [[noreturn]] void refuse(const Decoded& decoded, std::span<const u8> bytes);
    void account(const Insn& last);
    bool takeEvent();
    bool eventWaits() const;  // takeEvent() would do something, or the CPU is halted
    void deliver(Fault fault, bool external);
    void takeFault(Fault fault);
    bool isBreakpoint(u64 rip) const;
    void synchronise();
    void reclaim();

    // memory
    void requireCanonicalOperand(u64 va, AccessKind kind, bool stack) const;  // #SS or #GP
    Translation translate(u64 va, AccessKind kind, bool stack);
    Translation translateMiss(u64 va, AccessKind kind);
    void setPrivilege(bool user);
    void fill(u64 va, FrameNo frame, bool forWriting);
    void transfer(u64 va, u8* bytes, unsigned size, AccessKind kind, bool commit, bool stack);
    u8* writable(FrameNo frame);
    void syncRam();
    void forgetTouchedCode();
    void dropHostPages();
    void noteWatch(PhysAddr begin, u64 length, bool write);
    void checkAlignment(u64 va, unsigned size, AccessKind kind, bool stack);
    // Which of the enabled breakpoints of DR0–DR3 this touches: bits of DR6.
    u64 debugHits(u64 va, u64 length, AccessKind kind) const;
    CodeFrame* codeOf(FrameNo frame);

    // record
    void beginRecord();
    void noteFetch(const Insn& i);
    void endRecord();
    Registers snapshot() const;

    const RunLimits* m_limits = nullptr;
    Recorder* m_recorder = nullptr;
    std::optional<Retired> m_record;
    std::optional<CpuStop> m_stop;
    bool m_user = false;
    bool m_alignment = false;  // CR0.AM and EFLAGS.AC: #AC in ring 3
    bool m_debug = false;      // DR7 has a breakpoint enabled
    bool m_debugData = false;  // … on data: every access must be seen
    u64 m_debugTouched = 0;    // the ones the present instruction has touched
    bool m_fetchHit = true;
    FrameNo m_tailFrame;
    bool m_tailHit = true;
    PagingMode m_mode;
    CodeMode m_codeMode;
    // What of the block lies before the instructions being run: base cycles, instructions.
    u16 m_spanCost = 0;
    u8 m_spanNumber = 0;
    // From these on a block might pass a limit.
    Tick m_nearTick = 0;
    Cycles m_nearCycles = 0;
    // Ticks of this run that were no instructions, and where it began.
    Tick m_begin = 0, m_trapTicks = 0;
    u64 m_misses = 0,
        m_fetches = 0;  // since they were last added to the counters; fetches are look-ups that cost nothing
    u64 m_ramIdentity = 0, m_ramEpoch = 0, m_ramMoves = 0;

    std::array<std::array<HostPage, kHostPages>, 2> m_pages{};  // supervisor, user
    std::array<HostPage, kHostPages> m_noPages{};
    std::array<std::array<HostCode, kHostPages>, 2> m_hostCode{};
    CodeFrame* m_code = nullptr;  // of the page RIP is in
    struct Notes {
        std::set<std::pair<u64, u32>> pages;       // virtual page, frame
        std::unordered_map<u32, PageMarks> marks;  // of each frame
        std::map<u64, PageMarks> interrupted;      // where RIP was when a trap came: about to run there
    };
    std::optional<Notes> m_notes;
    std::unordered_map<u32, std::unique_ptr<CodeFrame>> m_codeFrames;
    std::vector<std::unique_ptr<CodeFrame>> m_dropped;  // still being executed, perhaps
};

}  // namespace ringside
