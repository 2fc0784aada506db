#!/usr/bin/env python3
"""Holds `ringside elf --json` against readelf, and its source lines against addr2line.

usage: elf_tables.py RINGSIDE FILE…
       elf_tables.py RINGSIDE --system N     the first N programs and libraries of this system, in a fixed order
"""
import json
import os
import subprocess
import sys

ENVIRONMENT = dict(os.environ, LC_ALL="C.UTF-8")


def output(*command):
    return subprocess.run(command, check=True, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout.decode("utf-8", "replace")


def readelf_sections(file):
    """(name, type, address, offset, size) of each section."""
    rows = []
    for line in output("readelf", "-W", "-S", file).splitlines():
        if not line.startswith("  [") or "Name" in line:
            continue
        words = line[line.index("]") + 1:].split()
        if len(words) < 6 or words[0] == "NULL":
            rows.append(("", "NULL", 0, 0, 0))
            continue
        rows.append((words[0], words[1], int(words[2], 16), int(words[3], 16), int(words[4], 16)))
    return rows


def our_sections(ours):
    return [(s["name"], s["type"], int(s["address"], 16), int(s["offset"], 16), int(s["size"], 16))
            for s in ours["sections"]]


def readelf_segments(file):
    rows = []
    started = False
    for line in output("readelf", "-W", "-l", file).splitlines():
        words = line.split()
        if line.startswith("  Type"):
            started = True
        elif started and len(words) >= 6 and words[1].startswith("0x"):
            rows.append((words[0],) + tuple(int(w, 16) for w in words[1:6]) + (int(words[-1], 16),))
        elif started and not line.strip():
            break
    return rows


def our_segments(ours):
    return [(s["type"],) + tuple(int(s[k], 16) for k in ("offset", "vaddr", "paddr", "filesz", "memsz", "align"))
            for s in ours["segments"]]


def readelf_symbols(file):
    """(table is dynamic, value, size, type, binding, visibility, name with version) without the null symbols."""
    rows = []
    dynamic = False
    for line in output("readelf", "-W", "-s", file).splitlines():
        if line.startswith("Symbol table"):
            dynamic = ".dynsym" in line
            continue
        words = line.split()
        if len(words) < 7 or not words[0].rstrip(":").isdigit() or words[0] == "0:":
            continue
        size = int(words[2], 0)
        name = words[7] if len(words) > 7 and not words[7].startswith("[") else ""
        rows.append((dynamic, int(words[1], 16), size, words[3], words[4], words[5], name))
    return rows


def our_symbols(ours):
    sections = [s["name"] for s in ours["sections"]]
    rows = []
    for s in ours["symbols"]:
        name = s["name"] + s["version"]
        if s["type"] == "SECTION" and not name:
            name = s["section"] if s["section"] in sections else ""
        rows.append((s["dynamic"], int(s["value"], 16), s["size"], s["type"], s["binding"], s["visibility"], name))
    return rows


def readelf_dynamic(file):
    rows = []
    for line in output("readelf", "-W", "-d", file).splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].startswith("0x") and words[1].startswith("("):
            rows.append(words[1].strip("()"))
    return rows


def readelf_relocations(file):
    rows = []
    for line in output("readelf", "-W", "-r", file).splitlines():
        words = line.split()
        if len(words) >= 3 and words[2].startswith("R_X86_64_") and len(words[0]) == 16:
            rows.append((int(words[0], 16), words[2]))
    return rows


def readelf_versions(file):
    """(name, library or None) of each version that is wanted or offered, in the file's order within each kind."""
    wanted, offered = [], []
    library, defines = None, False
    for line in output("readelf", "-W", "-V", file).splitlines():
        if line.startswith("Version"):
            defines = line.startswith("Version definition")
        elif " File: " in line:
            library = line.split(" File: ")[1].split()[0]
        elif " Name: " in line and " Index: " in line and defines:
            offered.append((line.split(" Name: ")[1].split()[0], None))
        elif " Name: " in line:
            wanted.append((line.split(" Name: ")[1].split()[0], library))
    return wanted, offered


def our_versions(ours):
    wanted = [(v["name"], v["library"]) for v in ours["versions"] if v["library"]]
    offered = [(v["name"], None) for v in ours["versions"] if not v["library"]]
    return wanted, offered


def system_files(most):
    """Programs and libraries for x86-64, each once however many names it has, in order of their names."""
    files = set()
    for directory in ("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu"):
        for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            path = os.path.realpath(os.path.join(directory, name))
            if not os.path.isfile(path) or not os.access(path, os.R_OK) or os.path.getsize(path) > 16 << 20:
                continue
            with open(path, "rb") as f:
                head = f.read(20)
            if head[:6] == b"\x7fELF\x02\x01" and head[16:20] in (b"\x02\0\x3e\0", b"\x03\0\x3e\0"):
                files.add(path)
    return sorted(files)[:most]


def addr2line(file, addresses):
    """file:line for each address; None where addr2line knows none."""
    text = subprocess.run(["addr2line", "-e", file], input="\n".join(addresses), check=True, env=ENVIRONMENT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    places = [line.split(" (")[0] for line in text.splitlines()]
    return [None if place.startswith("?") or place.endswith(("?", ":0")) else place for place in places]


def differences(what, theirs, ours):
    if theirs == ours:
        return []
    found = [f"{what}: readelf has {len(theirs)} rows, we have {len(ours)}"]
    for a, b in zip(theirs, ours):
        if a != b:
            found.append(f"{what}: readelf says {a}, we say {b}")
            break
    return found


def check(ringside, file):
    ours = json.loads(output(ringside, "elf", "--json", file))
    found = [f"a problem that readelf does not see: {p}" for p in ours["problems"]]
    found += differences("sections", readelf_sections(file), our_sections(ours))
    found += differences("segments", readelf_segments(file), our_segments(ours))
    # readelf lists .dynsym first, we list .symtab first; the order within each is the file's.
    theirs = sorted(readelf_symbols(file), key=lambda row: row[0])
    found += differences("symbols", theirs, our_symbols(ours))
    found += differences("dynamic", readelf_dynamic(file), [d["tag"] for d in ours["dynamic"]])
    relocations = [(int(r["offset"], 16), r["type"]) for r in ours["relocations"] if ".relr" not in r["section"]]
    found += differences("relocations", readelf_relocations(file), relocations)
    for what, theirs, mine in zip(("wanted versions", "offered versions"), readelf_versions(file), our_versions(ours)):
        found += differences(what, theirs, mine)
    notes = output("readelf", "-W", "-n", file)
    for note in ours["notes"]:
        if note["text"].startswith("build ID") and note["text"].split()[-1] not in notes:
            found.append(f"notes: readelf knows no {note['text']}")
    functions = [s for s in ours["symbols"] if s["type"] == "FUNC" and s["section"] != "UND"]
    if ours["sourceFiles"]:
        places = addr2line(file, [s["value"] for s in functions])
        for symbol, theirs in zip(functions, places):
            # addr2line names the unit's file even for code from headers: only the lines are compared.
            place = symbol.get("source")
            same = theirs == place or (theirs and place and theirs.split(":")[-1] == place.split(":")[-1])
            if not same:
                found.append(f"source of {symbol['name']}: addr2line says {theirs}, we say {place}")
    counts = {k: len(ours[k]) for k in ("sections", "symbols", "dynamic", "relocations", "notes", "sourceFiles")}
    print(f"{file}: {counts}")
    return [f"{file}: {sentence}" for sentence in found]


def main():
    ringside, files = sys.argv[1], sys.argv[2:]
    if files[0] == "--system":
        files = system_files(int(files[1]))
        print(f"{len(files)} files of this system")
    found = []
    for file in files:
        if os.path.exists(file):
            found += check(ringside, file)
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
