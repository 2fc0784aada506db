#!/usr/bin/env python3
"""Runs real programs in the simulated computer and compares with what they did on real hardware.

usage: run_guest.py --ringside FILE --programs DIR --samples DIR program NAME | samples |
                    commands [NUMBER…] | calls [NAME…] | concurrent [NAME…]
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


def do_concurrent(options, tally):
    names = sorted(path.stem for path in (HERE / "concurrent").glob("*.c"))
    if options.part:
        names = names[options.part[0]::options.part[1]]
    for name in options.names or names:
        for libc in ("glibc", "musl"):
            binary = pathlib.Path(options.programs) / "concurrent" / f"{name}-{libc}"
            if not binary.exists():
                tally.left_out.append(binary.name)
                continue
            tally.check(f"concurrent/{name}-{libc}.out",
                        lambda: run([str(binary)], environment=ENVIRONMENT), lambda: guest(options, [str(binary)], []))


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
    for position, (number, tools, command) in enumerate(lines):
        if options.part and position % options.part[1] != options.part[0]:
            continue
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


# Programs whose system calls are the same every time: (directory, program)
CALLS = [("samples", n) for n in ("hello", "hello-asm", "hello-musl", "countdown", "demand", "malloc",
                                  "mmap_private", "mmap_shared", "stack_growth", "fork_exec", "vfork", "signals",
                                  "sigsegv_handler", "cooperative", "exec_keeps")]
CALLS += [("programs", n + libc) for libc in ("-glibc", "-musl") for n in
          ("numbers", "strings", "sparse", "sorting", "setjumps", "libm", "files", "mappings", "echoing",
           "descriptors")]
CALLS += [("programs", "directories-glibc"), ("programs", "arguments-glibc"), ("programs", "compute-musl")]
# What their results are differs from run to run (addresses, process numbers) or depends on where the program lies.
ANY_RESULT = {"brk", "mmap", "mremap", "clone", "clone3", "fork", "vfork", "set_tid_address", "getpid", "gettid",
              "getppid", "wait4", "readlink", "getcwd", "futex", "rt_sigreturn"}
# Not modelled (programs go on without it).
NOT_COMPARED = {"rseq", "execve", "getrandom"}
CALL = re.compile(r"^(?:\[pid +(\d+)\] )?(?:<\.\.\. )?(\w+)(?:\(| resumed)(.*)$")


def plain(number):
    """strace writes some results in octal or hexadecimal."""
    try:
        return str(int(number, 8) if len(number) > 1 and number[0] == "0" and number[1] != "x" else int(number, 0))
    except ValueError:
        return number


def call_lines(texts):
    """`texts`: of each process, its trace in strace's words. One line for each call: process, name, result."""
    lines = []
    for number, text in enumerate(texts):
        for line in text.splitlines():
            match = CALL.match(line)
            if not match or line.endswith("<unfinished ...>") or match[2] in NOT_COMPARED:
                continue
            result = match[3].rpartition(" = ")[2].split(" ")
            if result[0].startswith("?") or not match[3].rpartition(" = ")[1]:
                continue
            told = result[1] if result[0] == "-1" and len(result) > 1 else plain(result[0])
            lines.append(f"{number} {match[2]} " + ("-" if match[2] in ANY_RESULT and result[0] != "-1" else told))
    return "".join(line + "\n" for line in lines)


def native_calls(binary, arguments, stdin):
    with tempfile.TemporaryDirectory() as name:
        done = run(["strace", "-ff", "-qq", "-e", "signal=none", "-o", name + "/t", binary] + arguments, stdin,
                   environment=ENVIRONMENT)
        files = sorted(pathlib.Path(name).iterdir(), key=lambda f: int(f.suffix[1:]))
        done.stdout = call_lines([f.read_text(errors="replace") for f in files]).encode()
        done.stderr = b""
        return done


def guest_calls(options, binary, arguments, stdin):
    with tempfile.TemporaryDirectory() as name:
        command = [options.ringside, "trace", "--events", "syscalls", "-o", name + "/t"]
        for key, value in ENVIRONMENT.items():
            command += ["--env", f"{key}={value}"]
        done = run(command + [binary] + arguments, stdin)
        processes = {}
        for line in pathlib.Path(name + "/t").read_text(errors="replace").splitlines():
            match = CALL.match(line)
            if match:
                processes.setdefault(int(match[1]), []).append(line)
        done.stdout = call_lines(["\n".join(processes[pid]) for pid in sorted(processes)]).encode()
        done.stderr = b""
        return done


def do_calls(options, tally):
    for directory, name in CALLS:
        if options.names and name not in options.names:
            continue
        binary = pathlib.Path(getattr(options, directory)) / name
        if not binary.exists():
            tally.left_out.append(name)
            continue
        arguments, stdin = PROGRAMS.get(name.rpartition("-")[0], ([], ""))
        tally.check(f"calls/{name}.out",
                    lambda: native_calls(str(binary), arguments, stdin),
                    lambda: guest_calls(options, "/samples/" + name if directory == "samples" else str(binary),
                                        arguments, stdin))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ringside")
    parser.add_argument("--programs")
    parser.add_argument("--samples")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--part", type=lambda text: [int(n) for n in text.split("/")], help="commands, concurrent: I/N, every Nth")
    parser.add_argument("what", choices=["program", "samples", "commands", "calls", "concurrent"])
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tally = Tally(options)
    {"program": do_program, "samples": do_samples, "commands": do_commands, "calls": do_calls,
     "concurrent": do_concurrent}[options.what](options, tally)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
