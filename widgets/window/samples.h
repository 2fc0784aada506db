// The programs that come with Ringside, as the welcome page offers them and as lessons name them: each with the
// arguments and the machine that show what it is about.
#pragma once

#include <QString>
#include <span>

#include "widgets/canvas/view.h"
#include "widgets/window/session_controller.h"

namespace ringside {

struct SampleRow {
    const char* file;   // in the samples directory, or a path in the guest's own root
    const char* title;  // this, `about` and `topic` are translated through Words
    const char* about;
    const char* topic;  // the heading it stands under
    Perspective perspective;
    const char* arguments = "";
    void (*machine)(MachineOptions&) = nullptr;  // what else than the classroom's machine it needs
};
std::span<const SampleRow> sampleRows();        // by topic
const SampleRow* findSample(QStringView file);  // the first of that name

QString sampleDirectory();  // where the bundled samples are; empty when there are none
bool isThere(const SampleRow& row);
LoadRequest requestFor(const SampleRow& row);

}  // namespace ringside
