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
#include <span>
#include <vector>

#include "core/session/moment.h"
#include "widgets/canvas/scene.h"
#include "widgets/canvas/twin.h"

namespace ringside {

// What the session hands over, at most once a frame: immutable and shared.
using Snapshot = Moment;
class Symbols;

struct ViewOptions {
    std::shared_ptr<Symbols> symbols;  // names and source lines; a cache, may be null
    Subject selection;
    i64 scroll = 0;  // rows, for endless views
    int micro = 0;   // how many micro-steps of the instruction about to run are shown as done
    double zoom = 1;
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

// The same picture with larger text, up to three times as large, as long as it `grows`, fits, and says no less.
Scene paintLarge(const ViewModel& model, const StylePtr& style, QSizeF size);
bool fits(const Scene& scene, QSizeF paper);  // needs no scrolling

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
    // What the line to type in says while it is empty, translated; null: there is no such line. What is typed is the
    // view's setting "typed" as long as it has not been sent.
    const char* typing = nullptr;
    bool keys = false;  // each key is sent at once instead
};
std::span<const ViewRow> viewRows();  // widgets/registry.cpp
const ViewRow* findView(const QString& id);

}  // namespace ringside
