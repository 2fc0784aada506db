#include "widgets/window/layouts.h"

#include <algorithm>

namespace ringside {
namespace {

constexpr const char* kTexts[] = {
    // Fetch-Execute
    "H(V(fetch-execute*6 H(console events)*3)*3 V(T(disassembly source)*5 H(registers*6 stack*5)*5)*2)",
    // Memory
    "V(H(page-tables*3 T(fault memory)*2)*5 H(address-space*2 frames*2 T(tlb registers)*2)*3)",
    // Fork & COW
    "V(fork-cow*5 H(kernel-path*3 console*2 events*3)*2)",
    // Scheduler
    "V(H(runqueue*3 context-switch*2)*4 gantt*3 H(tasks*3 events*2)*2)",
    // Processes
    "V(H(T(process-tree tasks states pids task-list)*3 T(task compare-tasks signals waits futexes pipes)*2)*5 "
    "H(T(gantt kernel-path)*3 "
    "T(console "
    "events)*2)*2)",
    // System Calls
    "V(H(T(syscalls signals)*3 T(kernel-path registers)*2)*5 H(T(strace events)*3 console*2)*2)",
    // ELF
    "H(elf*3 V(address-space*3 memory*2)*2)",
    // Exec
    "H(V(exec*4 kernel-path*2)*3 V(address-space*3 T(stack console)*2)*2)",
    // Boot
    "H(V(boot*4 kernel-path*2)*3 V(disassembly*3 T(registers interrupts)*3)*2)",
    // Everything
    "H(V(T(fetch-execute page-tables fork-cow runqueue)*5 H(T(console memory frames tlb) T(events kernel-path "
    "syscalls))*3)*3 V(T(disassembly source tasks)*5 H(T(registers interrupts) T(stack address-space))*5)*2)",
};
static_assert(std::size(kTexts) == static_cast<std::size_t>(Perspective::kCount));

struct Parser {
    const QString& text;
    const std::vector<QString>& existing;
    qsizetype at = 0;

    void blanks() {
        while (at < text.size() && text[at].isSpace()) ++at;
    }
    QString word() {
        qsizetype begin = at;
        while (at < text.size() && (text[at].isLetterOrNumber() || text[at] == '-')) ++at;
        return text.mid(begin, at - begin);
    }
    std::optional<LayoutNode> node() {
        blanks();
        LayoutNode n;
        QString name = word();
        if (at < text.size() && text[at] == '(') {
            n.kind = name == "H"   ? LayoutNode::Kind::Row
                     : name == "V" ? LayoutNode::Kind::Column
                                   : LayoutNode::Kind::Tabs;
            ++at;
            for (blanks(); at < text.size() && text[at] != ')'; blanks()) {
                qsizetype before = at;
                if (auto child = node()) n.children.push_back(std::move(*child));
                if (at == before) ++at;
            }
            ++at;
        } else {
            n.view = name;
        }
        if (at < text.size() && text[at] == '*') {
            ++at;
            n.weight = std::max(0.1, word().toDouble());
        }
        if (n.kind == LayoutNode::Kind::View)
            return std::find(existing.begin(), existing.end(), n.view) != existing.end() ? std::optional(n)
                                                                                         : std::nullopt;
        if (n.children.empty()) return {};
        if (n.children.size() == 1) {
            n.children[0].weight = n.weight;
            return LayoutNode(n.children[0]);
        }
        return n;
    }
};

// The first place (a view or a group of tabs) that holds a view of this area; else any.
LayoutNode* placeFor(LayoutNode& node, Area area, bool any) {
    if (node.kind == LayoutNode::Kind::View || node.kind == LayoutNode::Kind::Tabs) {
        const ViewRow* row = findView(node.views().front());
        return any || (row && row->area == area) ? &node : nullptr;
    }
    for (LayoutNode& child : node.children)
        if (LayoutNode* found = placeFor(child, area, any)) return found;
    return nullptr;
}

}  // namespace

std::vector<QString> LayoutNode::views() const {
    if (kind == Kind::View) return view.isEmpty() ? std::vector<QString>{} : std::vector<QString>{view};
    std::vector<QString> all;
    for (const LayoutNode& child : children)
        for (QString& v : child.views()) all.push_back(v);
    return all;
}

LayoutNode parseLayout(const QString& text, const std::vector<QString>& existing) {
    Parser parser{text, existing};
    return parser.node().value_or(LayoutNode{});
}

LayoutNode layoutOf(Perspective p) {
    std::vector<QString> existing, wanted;
    for (const ViewRow& row : viewRows()) {
        existing.push_back(row.id);
        if (p == Perspective::Everything || row.perspectives & in(p)) wanted.push_back(row.id);
    }
    LayoutNode root = parseLayout(kTexts[static_cast<std::size_t>(p)], existing);
    for (const QString& id : wanted) {
        std::vector<QString> have = root.views();
        if (std::find(have.begin(), have.end(), id) != have.end()) continue;
        LayoutNode leaf;
        leaf.view = id;
        if (have.empty()) {
            root = leaf;
            continue;
        }
        LayoutNode* place = placeFor(root, findView(id)->area, false);
        if (!place) place = placeFor(root, Area::Centre, true);
        if (place->kind == LayoutNode::Kind::View) {
            LayoutNode tabs;
            tabs.kind = LayoutNode::Kind::Tabs;
            tabs.weight = place->weight;
            tabs.children.push_back(*place);
            *place = std::move(tabs);
        }
        place->children.push_back(std::move(leaf));
    }
    return root;
}

std::vector<std::pair<QString, QRectF>> placesOf(const LayoutNode& node, QRectF area) {
    std::vector<std::pair<QString, QRectF>> places;
    if (node.kind == LayoutNode::Kind::View || node.kind == LayoutNode::Kind::Tabs) {
        for (const QString& view : node.views()) places.emplace_back(view, area);
        return places;
    }
    double total = 0, at = 0;
    for (const LayoutNode& child : node.children) total += child.weight;
    for (const LayoutNode& child : node.children) {
        double share = child.weight / total;
        QRectF part = node.kind == LayoutNode::Kind::Row
                          ? QRectF(area.x() + at * area.width(), area.y(), share * area.width(), area.height())
                          : QRectF(area.x(), area.y() + at * area.height(), area.width(), share * area.height());
        for (auto& place : placesOf(child, part)) places.push_back(std::move(place));
        at += share;
    }
    return places;
}

}  // namespace ringside
