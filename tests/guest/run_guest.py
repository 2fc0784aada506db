#!/usr/bin/env python3
"""Runs real programs in the simulated computer and compares with what they did on real hardware.

usage: run_guest.py --ringside FILE --programs DIR --samples DIR program NAME | samples | commands [NUMBER…]
       … --record    runs them on this machine's own CPU instead and writes expected/

What is expected lies in expected/, recorded on Debian 12: nothing is compared with the machine the test runs on, so an
environment that differs does not matter. A command whose tool is missing here is left out.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/root", "LC_ALL": "C", "TZ": "UTC", "FIXED": "yes"}
SKIPPED = 77

# name: (arguments, standard input)
PROGRAMS = {
    "arguments": (["one", "two words", "", "*"], ""),
    "echoing": ([], "first line\nsecond\n\nlast without newline"),
}

# Samples whose output is the same everywhere: (program, arguments, expected status)
SAMPLES = [
    ("hello", []), ("hello-asm", []), ("hello-musl", []), ("countdown", []), ("forbidden", []), ("int80", []),
    ("crash", []), ("fork_cow", []), ("fork_exec", []), ("vfork", []), ("pipeline", []), ("zombie", []),
    ("orphan", []), ("demand", []), ("mmap_shared", []), ("mmap_private", []), ("swap", ["2"]), ("stack_growth", []),
    ("malloc", []), ("dynamic", []), ("exec_keeps", []), ("hugepage", []), ("interactive", []), ("cooperative", []),
    ("threads", []), ("condvar", []), ("signals", []), ("sigsegv_handler", []), ("timer", []), ("pid_namespace", []),
]


def result_text(done):
    """Everything one can see of a run, as text."""
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    text = done.stdout.decode("latin-1")
    if done.stderr:
        text += "--- stderr\n" + done.stderr.decode("latin-1")
    return text + f"--- status {status}\n"


def run(command, stdin="", cwd=None, environment=None):
    return subprocess.run(command, input=stdin.encode("latin-1"), capture_output=True, cwd=cwd, env=environment)


def guest(options, arguments, extra, stdin=""):
    command = [options.ringside, "run"]
    for key, value in ENVIRONMENT.items():
        command += ["--env", f"{key}={value}"]
    return run(command + extra + arguments, stdin)


class Tally:
    def __init__(self, options):
        self.options = options
        self.failed = []
        self.passed = 0
        self.left_out = []

    def check(self, file, native, simulated):
        """`native` and `simulated` are functions that run it."""
        path = EXPECTED / file
        if self.options.record:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(result_text(native()), encoding="latin-1")
            self.passed += 1
            return
        expected = path.read_text(encoding="latin-1")
        got = result_text(simulated())
        if got == expected:
            self.passed += 1
            return
        self.failed.append(file)
        print(f"FAILED {file}")
        want, have = expected.splitlines(), got.splitlines()
        shown = 0
        for i in range(max(len(want), len(have))):
            w = want[i] if i < len(want) else "(nothing)"
            h = have[i] if i < len(have) else "(nothing)"
            if w != h and shown < 12:
                print(f"  line {i + 1}\n    hardware: {w[:200]}\n    Ringside: {h[:200]}")
                shown += 1

    def end(self):
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.left_out)} left out"
              + (": " + " ".join(self.left_out) if self.left_out else ""))
        if self.failed:
            return 1
        return 0 if self.passed else SKIPPED


def do_program(options, tally):
    for name in options.names:
        arguments, stdin = PROGRAMS.get(name, ([], ""))
        for libc in ("glibc", "musl"):
            binary = pathlib.Path(options.programs) / f"{name}-{libc}"
            if not binary.exists():
                tally.left_out.append(binary.name)
                continue
            tally.check(f"{name}-{libc}.out",
                        lambda: run([str(binary)] + arguments, stdin, environment=ENVIRONMENT),
                        lambda: guest(options, [str(binary)] + arguments, [], stdin))


def do_samples(options, tally):
    for name, arguments in SAMPLES:
        binary = pathlib.Path(options.samples) / name
        if not binary.exists():
            tally.left_out.append(name)
            continue
        tally.check(f"samples/{name}.out",
                    lambda: run([str(binary)] + arguments, environment=ENVIRONMENT),
                    lambda: guest(options, ["/samples/" + name] + arguments, []))


def prepare(directory):
    """The files that the commands work on."""
    (directory / "numbers").write_text("".join(f"{(i * 7919) % 1000}\n" for i in range(300)))
    (directory / "words").write_text("the quick brown fox\njumps over the lazy dog\nThe end\n\ntabs\there\n")
    (directory / "table").write_text("anna 31 berlin\nbert 27 paris\ncarl 45 rome\ndora 27 berlin\nemil 62 oslo\n")
    (directory / "code.c").write_text("int main(void) {\n    int a = 1;\n    return a - 1;\n}\n")
    (directory / "sub").mkdir()
    for name in ("one", "two", "three"):
        (directory / "sub" / name).write_text(name * 10 + "\n")
    (directory / "binary").write_bytes(bytes(range(256)) * 20)
    for path in [directory] + sorted(directory.rglob("*")):
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
        os.utime(path, (1_600_000_000, 1_600_000_000))


def do_commands(options, tally):
    lines = []
    for line in (HERE / "commands.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            number, tools, command = line.split("\t")
            unescaped = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], command)
            lines.append((number, tools.split(), unescaped))
    for number, tools, command in lines:
        if options.names and number not in options.names:
            continue
        missing = [t for t in tools if not shutil.which(t, path=ENVIRONMENT["PATH"])]
        if missing:
            tally.left_out.append(f"{number} ({missing[0]})")
            continue
        with tempfile.TemporaryDirectory(prefix="ringside-") as name:
            directory = pathlib.Path(name)
            prepare(directory)
            shell = shutil.which(tools[0], path=ENVIRONMENT["PATH"])
            option = "-e" if tools[0] == "perl" else "-c"
            words = [shell, "sh", "-c", command] if tools[0] == "busybox" else [shell, option, command]
            tally.check(f"commands/{number}.out",
                        lambda: run(words, "typed in\n", cwd=name, environment=ENVIRONMENT),
                        lambda: guest(options, words, ["--root", "/", "--cwd", name], "typed in\n"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ringside")
    parser.add_argument("--programs")
    parser.add_argument("--samples")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("what", choices=["program", "samples", "commands"])
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tally = Tally(options)
    {"program": do_program, "samples": do_samples, "commands": do_commands}[options.what](options, tally)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
