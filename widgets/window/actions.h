// Every command of the window is one row: menus, tool bar, command palette, shortcut editor and the shortcut-clash test
// follow from it.
#pragma once

#include <QKeySequence>
#include <QList>
#include <span>

namespace ringside {

class MainWindow;

struct ActionRow {
    enum Flag : unsigned {
        None = 0,
        ToolBar = 1,
        Separator = 2,  // a line above it in the menu
        Checkable = 4,
        NeedsMachine = 8,  // disabled while nothing is loaded
        ToolGap = 16       // a gap before it in the tool bar
    };
    const char* name;  // stable: settings, Command::Action
    const char* menu;  // "File"; order of rows is order in the menu
    const char* text;
    const char* keys;  // "F5; Space"; may be empty
    const char* icon;  // resources/icons, or null
    unsigned flags;
    const char* tip;  // one sentence: what it does
    void (*run)(MainWindow&);
};

std::span<const ActionRow> actionRows();
const ActionRow* findAction(const QString& name);
QList<QKeySequence> defaultKeys(const ActionRow& row);

}  // namespace ringside
