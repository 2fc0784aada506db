#!/usr/bin/env python3
"""Runs the commands that the README shows, so that they stay true.

In blocks marked ```sh: a line that starts with build/dev/ringside and names a sub-command is run in the root, with no
input, and must end with 0 (or with N where its comment says `# exits with N`); of a line that starts with scripts/ or
.ci/ the file must be there and executable. Other lines are left alone.

usage: readme.py ROOT FILE…
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

WITHOUT_A_WINDOW = {"run", "trace", "show", "elf", "--version", "--help"}


def commands_in(text):
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip():
                yield line.strip()


def problem_with(root, line):
    """None, or a sentence about what is wrong with this line."""
    wanted = int(m.group(1)) if (m := re.search(r"#\s*exits with (\d+)", line)) else 0
    words = shlex.split(line, comments=True)
    if not words:
        return None
    if words[0].startswith(("scripts/", ".ci/")):
        return None if os.access(root / words[0], os.X_OK) else f"{line}: there is no such script"
    if words[0] != "build/dev/ringside" or len(words) < 2 or words[1] not in WITHOUT_A_WINDOW:
        return None
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", LC_ALL="C.UTF-8")
    with tempfile.TemporaryDirectory() as scratch:
        # What the README writes to the current directory goes to a scratch one; what it names in the tree is found.
        for entry in root.iterdir():
            os.symlink(entry, pathlib.Path(scratch) / entry.name)
        command = re.sub(r"#\s*exits with \d+\s*$", "", line)
        try:
            done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=scratch, env=environment, timeout=120,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return f"{line}: still running after two minutes"
    if done.returncode != wanted:
        tail = done.stdout.decode(errors="replace")[-2000:]
        return f"{line}: ended with {done.returncode}, not {wanted}\n{tail}"
    print(f"ok: {line}")
    return None


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    lines = [line for name in sys.argv[2:] for line in commands_in((root / name).read_text(encoding="utf-8"))]
    problems = [p for p in (problem_with(root, line) for line in lines) if p]
    for problem in problems:
        print(problem)
    if not lines:
        print("no commands found: the check has nothing to check")
    return 1 if problems or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
