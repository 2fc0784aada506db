// What can be asked and changed about a thing that was pointed at: the entries that every view's context menu and the
// command palette offer for it. MainWindow::ask() answers.
#pragma once

#include <vector>

#include "widgets/canvas/scene.h"
#include "widgets/canvas/view.h"

namespace ringside {

std::vector<Offer> questionsAbout(const Subject& subject, const Snapshot& snapshot);

}  // namespace ringside
