// The contract of a view. A view `foo` is three pure functions in widgets/foo/ and one row in widgets/registry.cpp:
//
//     FooModel buildFoo(const Snapshot&, const ViewOptions&);          // what is shown: a plain value with operator==
//     Scene paint(const FooModel&, const StylePtr&, QSizeF size);      // how it looks
//     TextTwin twin(const FooModel&);                                  // what it says
//
// Docks, menus, perspectives, `ringside show` and the view tests follow from the row. A model equal to the last one is
// not painted again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "core/cpu/recorder.h"
#include "core/machine/machine.h"
#include "core/trace/event.h"
#include "widgets/canvas/scene.h"
#include "widgets/canvas/twin.h"

namespace ringside {

class Symbols;

// What the session hands over, at most once a frame. All of it is immutable and shared.
struct Snapshot {
    std::shared_ptr<const Machine> now;     // null: nothing is loaded
    std::shared_ptr<const Machine> before;  // "changed since": the last step, the last event or a mark; may be null
    std::shared_ptr<const Retired> last;    // the instruction that just retired; may be null
    std::shared_ptr<const Retired> next;    // the one about to run, executed on a copy; may be null
    std::shared_ptr<const std::vector<Event>> events;  // of the whole run so far, oldest first; may be null
    std::shared_ptr<const std::vector<Event>> detail;  // kernel calls and tree steps of the last step; may be null
    std::shared_ptr<const Symbols> symbols;            // of the programs loaded; may be null
    Tick frontier = 0;                                 // the latest tick ever reached
    bool running = false;
    double ticksPerSecond = 0;
    QString program;  // host path of what was loaded
};

struct ViewOptions {
    Subject selection;
    i64 scroll = 0;  // rows, for endless views
    double zoom = 1;
    std::set<u64> breakpoints;
    std::map<QString, QString> settings;  // per view, kept between sessions: "radix.rax" → "signed"
    QString setting(const QString& key, const QString& otherwise = {}) const {
        auto it = settings.find(key);
        return it == settings.end() ? otherwise : it->second;
    }
};

// A model of any view, boxed.
class ViewModel {
 public:
    virtual ~ViewModel() = default;
    virtual bool equals(const ViewModel& other) const = 0;
    virtual Scene paintScene(const StylePtr& style, QSizeF size) const = 0;
    virtual TextTwin textTwin() const = 0;
};

template <class M>
class BoxedModel final : public ViewModel {
 public:
    explicit BoxedModel(M model) : m_model(std::move(model)) {}
    bool equals(const ViewModel& other) const override {
        auto* same = dynamic_cast<const BoxedModel*>(&other);
        return same && same->m_model == m_model;
    }
    Scene paintScene(const StylePtr& style, QSizeF size) const override { return paint(m_model, style, size); }
    TextTwin textTwin() const override { return twin(m_model); }

 private:
    M m_model;
};

template <auto Build>
std::unique_ptr<ViewModel> boxed(const Snapshot& snapshot, const ViewOptions& options) {
    auto model = Build(snapshot, options);
    return std::make_unique<BoxedModel<decltype(model)>>(std::move(model));
}

enum class Area : u8 { Centre, Left, Right, Bottom };

// Named dock layouts; a view's row says in which it appears.
enum class Perspective : u8 {
    FetchExecute,
    Memory,
    ForkCow,
    Scheduler,
    Processes,
    Syscalls,
    Elf,
    Exec,
    Boot,
    Everything,
    kCount
};
constexpr u32 in(Perspective p) { return 1u << static_cast<u8>(p); }
QString titleOf(Perspective p);
QString idOf(Perspective p);

struct ViewRow {
    const char* id;     // stable: `ringside show ID`
    const char* title;  // translated through Words
    const char* help;   // F1: what one sees here, translated
    Area area;
    u32 perspectives;  // in(…) | in(…); Everything is implied
    std::unique_ptr<ViewModel> (*build)(const Snapshot&, const ViewOptions&);
};
std::span<const ViewRow> viewRows();  // widgets/registry.cpp
const ViewRow* findView(const QString& id);

}  // namespace ringside
