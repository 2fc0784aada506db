// What a terminal makes of the bytes that were written to it: the part of ECMA-48 that line editors use. Cursor
// movement, erasing, inserting and deleting; colours and everything else are left out, and so is an alternate screen.
#pragma once

#include <QString>
#include <vector>

namespace ringside {

struct Screen {
    std::vector<QString> lines{QString()};  // those that have scrolled away too
    int row = 0, column = 0;                // the cursor
};

Screen screenOf(const QString& written, int rows, int columns);

}  // namespace ringside
