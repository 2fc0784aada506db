#!/usr/bin/env python3
"""Holds the include rules between the layers (see CONTRIBUTING.md): includes point down, and core knows no Qt.

usage: includes.py ROOT            the check itself
       includes.py --self-test     that it finds what it must find
"""
import pathlib
import re
import sys

# What each layer may include besides itself. A new directory needs a row: that is the point of the check.
BOTTOM = {"core/base"}
CORE = {
    "core/base": set(),
    "core/trace": BOTTOM,
    "core/elf": BOTTOM,
    "core/memory": BOTTOM | {"core/trace"},
}
CORE["core/cpu"] = BOTTOM | {"core/trace", "core/memory"}
CORE["core/devices"] = BOTTOM | {"core/trace", "core/memory"}
CORE["core/kernel"] = {"core/base", "core/trace", "core/elf", "core/memory", "core/cpu", "core/devices"}
CORE["core/machine"] = CORE["core/kernel"] | {"core/kernel"}
CORE["core/timeline"] = CORE["core/machine"] | {"core/machine"}
CORE["core/session"] = CORE["core/timeline"] | {"core/timeline"}
LAYERS = dict(CORE)
LAYERS["widgets"] = set(CORE)
LAYERS["app"] = set(CORE) | {"widgets"}
LAYERS["tests"] = set(CORE) | {"widgets", "app"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
QT = re.compile(r"^(Qt|Q[A-Z])")


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "core":
        return "/".join(parts[:2]) if len(parts) > 2 else "core"
    return parts[0]


def problems_in(path, lines):
    """Sentences about one file; `path` is relative to the root."""
    layer = layer_of(path)
    if layer not in LAYERS:
        return [f"{path}: '{layer}' is not a known layer; give it a row in tests/checks/includes.py"]
    found = []
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        if layer in CORE and QT.match(name.split("/")[-1]):
            found.append(f"{path}:{number}: core contains no Qt, but includes {name}")
        if kind != '"' or "/" not in name:
            continue
        target = layer_of(name)
        if name.startswith(("core/", "widgets/", "app/", "tests/")):
            if target != layer and target not in LAYERS[layer]:
                found.append(f"{path}:{number}: {layer} may not include {name}")
        elif ".." in name:
            found.append(f"{path}:{number}: includes go from the root, not {name}")
    return found


def check(root):
    found = []
    count = 0
    for top in ("core", "widgets", "app", "tests"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".cpp", ".h"):
                count += 1
                text = file.read_text(encoding="utf-8", errors="replace")
                found += problems_in(file.relative_to(root).as_posix(), text.splitlines())
    return count, found


def self_test():
    assert problems_in("core/memory/ram.cpp", ['#include "core/cpu/cpu.h"'])
    assert problems_in("core/base/a.h", ["#include <QString>"])
    assert problems_in("core/base/a.h", ["#include <QtCore/qstring.h>", "#include <QtGlobal>"])
    assert problems_in("core/elf/a.cpp", ['#include "widgets/canvas/canvas.h"'])
    assert problems_in("core/newlayer/a.cpp", [])
    assert problems_in("widgets/a.cpp", ['#include "app/options.h"'])
    assert problems_in("widgets/a/a.cpp", ['#include "../b.h"'])
    assert not problems_in("core/cpu/cpu.cpp", ['#include "core/memory/ram.h"', "#include <vector>"])
    assert not problems_in("widgets/a.cpp", ["#include <QString>", '#include "core/machine/machine.h"'])


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    count, found = check(pathlib.Path(sys.argv[1]))
    for sentence in found:
        print(sentence)
    print(f"{count} files, {len(found)} against the rules")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
