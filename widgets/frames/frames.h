// Frames: all of RAM as a map of cells, coloured by what each frame is used for or by who owns it, with the page cache
// by file, the swap disk, and how much is left.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/kernel/mm/page.h"
#include "widgets/canvas/view.h"

namespace ringside {

struct FrameCell {
    u8 use = 0;                             // PageUse
    u8 mappers = 0;                         // mapcount, at most 255
    u8 users = 0;                           // reference count, at most 255
    bool active = false, inactive = false;  // on which LRU list
    i32 pid = 0;                            // of the owner, when it is a process
    u32 index = 0;  // page of the file, or the virtual page where it was first mapped (its low 32 bits)
    bool changed = false;
    bool operator==(const FrameCell&) const = default;
};

// Hundreds of thousands of cells, made from the kernel's own table when somebody asks for one. A model, its copies and
// its picture have the table in common.
class FrameCells {
 public:
    FrameCells() = default;
    // `changed`: frame numbers, sorted.
    FrameCells(const CowArray<Page>& pages, std::vector<u32> changed, std::map<u32, i32> pidOfMm)
        : m_table(std::make_shared<const Table>(Table{pages, std::move(changed), std::move(pidOfMm)})) {}
    std::size_t size() const { return m_table ? m_table->pages.size() : 0; }
    const Page& page(std::size_t i) const { return m_table->pages[i]; }
    std::span<const u32> changed() const { return m_table ? m_table->changed : std::span<const u32>{}; }
    i32 pidOf(const Page& page) const;  // of the process it was allocated for; 0: of none
    FrameCell operator[](std::size_t i) const;
    bool operator==(const FrameCells& other) const {
        return m_table == other.m_table || (m_table && other.m_table && *m_table == *other.m_table);
    }

 private:
    struct Table {
        CowArray<Page> pages;
        std::vector<u32> changed;
        std::map<u32, i32> pidOfMm;
        bool operator==(const Table&) const = default;
    };
    std::shared_ptr<const Table> m_table;
};

struct FrameMapper {
    i32 pid = 0;
    QString text;
    u64 address = 0;
    bool operator==(const FrameMapper&) const = default;
};

struct FramesModel {
    bool loaded = false;
    bool byOwner = false;
    bool folded = false;  // the free frames behind the last one in use are not drawn
    std::size_t shown = 0;
    FrameCells cells;
    u64 shared = 0;         // anonymous frames that several entries map
    std::vector<u8> slots;  // of the swap disk: how many entries refer to each
    u32 watermarkMin = 0, watermarkLow = 0, watermarkHigh = 0;
    std::vector<FrameMapper> mappers;                  // of the selected frame
    std::vector<std::pair<QString, u64>> uses;         // name and count, by PageUse
    std::vector<std::pair<QString, u64>> cachedFiles;  // page cache: path and pages, largest first
    u64 active = 0, inactive = 0, swapUsed = 0, swapSlots = 0, freeFrames = 0;
    u64 selected = ~u64{0};
    QString selectedText;  // who maps the selected frame
    QString caption;
    bool operator==(const FramesModel&) const = default;
};

FramesModel buildFrames(const Snapshot& snapshot, const ViewOptions& options);
Scene paint(const FramesModel& model, const StylePtr& style, QSizeF size);
TextTwin twin(const FramesModel& model);

}  // namespace ringside
