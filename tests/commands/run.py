#!/usr/bin/env python3
"""`ringside run`, `trace` and `elf` as a user meets them: streams, exit statuses, reports, sentences.

usage: run.py RINGSIDE SAMPLES
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

RINGSIDE = SAMPLES = None
BUSYBOX = "/bin/busybox"


def ringside(*arguments, stdin=b"", closed=False, cwd=None):
    """(exit status, stdout, stderr) with nothing of our own environment that could matter."""
    options = {"stdin": subprocess.DEVNULL} if closed else {"input": stdin}
    done = subprocess.run([RINGSIDE, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                          env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}, **options)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def last_json(stderr, key):
    for line in reversed(stderr.splitlines()):
        if line.startswith("{"):
            value = json.loads(line)
            if key in value:
                return value
    raise AssertionError(f"no JSON object with '{key}' in: {stderr}")


class Run(unittest.TestCase):
    def test_says_what_the_program_says(self):
        for name in ("hello", "hello-asm", "hello-musl"):
            if not (SAMPLES / name).exists():
                continue
            with self.subTest(name):
                native = subprocess.run([str(SAMPLES / name)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
                status, out, err = ringside("run", SAMPLES / name, closed=True)
                self.assertEqual((status, out), (native.returncode, native.stdout), err)
                self.assertEqual(err, "")

    def test_exit_status_is_the_programs(self):
        for script, wanted in (("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -9 $$", 137), ("kill -15 $$", 143)):
            with self.subTest(script):
                self.assertEqual(ringside("run", BUSYBOX, "sh", "-c", script)[0], wanted)

    def test_the_oom_killer_says_whom_it_killed(self):
        status, _, err = ringside("run", "--ram", "16M", SAMPLES / "swap")
        self.assertEqual(status, 137)
        self.assertRegex(err, r"^ringside: Out of memory: Killed process 1 \(swap\) total-vm:\d+kB, anon-rss:\d+kB")
        self.assertEqual(ringside("run", "--ram", "16M", "--swap", "32M", SAMPLES / "swap")[::2], (0, ""))

    def test_streams_are_kept_apart(self):
        status, out, err = ringside("run", BUSYBOX, "sh", "-c", "echo out; echo err >&2")
        self.assertEqual((status, out, err), (0, b"out\n", "err\n"))

    def test_reads_stdin_to_its_end(self):
        text = b"".join(b"line %d\n" % i for i in range(20000))
        status, out, err = ringside("run", BUSYBOX, "cat", stdin=text)
        self.assertEqual(status, 0, err)
        self.assertEqual(out, text)

    def test_keys_are_pressed_at_a_terminal(self):
        keys = r"echo abx\x7fc | tr a-c A-C\ncat\n\x03exit 3\n"
        status, out, err = ringside("run", "--type", keys, "--env", "PS1=$ ", BUSYBOX, "sh", stdin=b"not read\n")
        self.assertEqual(status, 3, err)
        self.assertIn(b"\r\nABC\r\n", out)
        self.assertIn(b"^C", out)
        self.assertNotIn(b"not read", out)

    def test_a_reader_that_leaves_ends_the_run(self):
        command = f"'{RINGSIDE}' run {BUSYBOX} yes | head -n 2"
        done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=250)
        self.assertEqual(done.stdout, b"y\ny\n")

    def test_nothing_of_the_host_is_seen(self):
        status, out, _ = ringside("run", BUSYBOX, "sh", "-c", "ls /var/lib /boot /srv 2>/dev/null; pwd")
        self.assertEqual((status, out), (0, b"/\n"))

    def test_environment_and_directory_are_as_told(self):
        status, out, _ = ringside("run", "--env", "A=one", "--env", "B=two words", "--cwd", "/tmp", BUSYBOX, "sh", "-c",
                                  'echo "$A/$B/$(pwd)"')
        self.assertEqual((status, out), (0, b"one/two words//tmp\n"))

    def test_files_are_handed_in_and_not_written_back(self):
        with tempfile.TemporaryDirectory() as scratch:
            file = pathlib.Path(scratch) / "note.txt"
            file.write_bytes(b"hello from the host\n")
            status, out, err = ringside("run", "--file", f"{file}:/note.txt", BUSYBOX, "sh", "-c",
                                        "cat /note.txt; echo changed >> /note.txt; wc -l < /note.txt")
            self.assertEqual((status, out.split()), (0, b"hello from the host 2".split()), err)
            self.assertEqual(file.read_bytes(), b"hello from the host\n")

    def test_root_is_a_directory_of_the_host(self):
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            (root / "bin").mkdir()
            (root / "bin/prog").write_bytes((SAMPLES / "hello-asm").read_bytes())
            (root / "bin/prog").chmod(0o755)
            native = subprocess.run([str(SAMPLES / "hello-asm")], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
            status, out, err = ringside("run", "--root", root, "/bin/prog")
            self.assertEqual((status, out), (native.returncode, native.stdout), err)

    def test_limit_is_met_exactly(self):
        for limit in (0, 1, 1000, 12345):
            status, _, err = ringside("run", "--stats", "--limit", limit, SAMPLES / "hello")
            self.assertEqual(status, 124)
            self.assertEqual(last_json(err, "instructions")["instructions"], limit)

    def test_stats_count_and_repeat(self):
        seen = []
        for _ in range(2):
            status, _, err = ringside("run", "--stats", SAMPLES / "hello", closed=True)
            stats = last_json(err, "instructions")
            self.assertEqual(status, 0)
            self.assertGreater(stats.pop("wall_seconds"), 0)
            seen.append(stats)
        self.assertEqual(seen[0], seen[1])
        for key in ("instructions", "cycles", "faults", "cow_copies", "switches", "syscalls", "tlb_hits", "tlb_misses",
                    "frames_used", "checkpoints"):
            self.assertIn(key, seen[0])
        self.assertGreater(seen[0]["syscalls"], 3)

    def test_recording_changes_nothing(self):
        script = "cat; seq 1 20000 | md5sum; exit 3"
        plain = ringside("run", "--stats", BUSYBOX, "sh", "-c", script, stdin=b"typed\n")
        recorded = ringside("run", "--stats", "--record", BUSYBOX, "sh", "-c", script, stdin=b"typed\n")
        self.assertEqual(recorded[:2], plain[:2])
        self.assertEqual(recorded[0], 3)
        before, after = last_json(plain[2], "instructions"), last_json(recorded[2], "instructions")
        self.assertEqual(before["checkpoints"], 0)
        # How far apart they are depends on what they cost: for such a program some million ticks.
        self.assertGreater(after["checkpoints"], after["ticks"] // 4_000_000)

    def test_stats_tell_of_each_task(self):
        status, _, err = ringside("run", "--profile", "classroom", "--stats", SAMPLES / "hogs", "0", "5", closed=True)
        self.assertEqual(status, 0)
        stats = last_json(err, "instructions")
        hogs = [t for t in stats["tasks"] if t["comm"] == "hogs"]
        self.assertEqual(len(hogs), 3)
        parent, heavy, light = hogs
        self.assertEqual((parent["nice"], heavy["nice"], light["nice"]), (0, 0, 5))
        for task in hogs:
            self.assertTrue(task["ended"])
            total = sum(task[key] for key in ("user_ns", "system_ns", "wait_ns", "sleep_ns"))
            self.assertLessEqual(total, stats["nanoseconds"])
        # A hog computes or waits for the CPU, and is preempted; its parent sleeps.
        for hog in (heavy, light):
            self.assertGreater(hog["user_ns"], 100 * hog["sleep_ns"])
            self.assertGreater(hog["involuntary_switches"], 10 * hog["voluntary_switches"])
        self.assertGreater(parent["sleep_ns"], 100 * parent["user_ns"])
        # Both did the same work; the light one waited longer, and its vruntime ran 1024/335 as fast.
        self.assertGreater(light["wait_ns"], heavy["wait_ns"])
        self.assertAlmostEqual(light["vruntime_ns"] / (light["user_ns"] + light["system_ns"]), 1024 / 335, delta=0.2)
        self.assertTrue(any(t["comm"] == "kthreadd" and not t["ended"] for t in stats["tasks"]))

    def test_registers_are_dumped(self):
        _, _, err = ringside("run", "--dump-registers", SAMPLES / "hello-asm")
        registers = last_json(err, "rip")
        for name in ("rax", "r15", "rip", "rflags", "fs_base", "gs_base", "mxcsr"):
            self.assertRegex(registers[name], r"^0x[0-9a-f]+$")
        self.assertRegex(registers["xmm15"], r"^0x[0-9a-f]{32}$")
        self.assertRegex(registers["st7"], r"^0x[0-9a-f]{20}$")
        self.assertEqual(registers["ended_by"], "exited with 0")
        self.assertEqual(registers["rax"], "0x3c")  # exit

    def test_our_errors_are_125_with_a_sentence(self):
        with tempfile.TemporaryDirectory() as scratch:
            for arguments, part in (((f"{scratch}/none",), "there is no file"),
                                    ((scratch,), "is a directory"), (("/etc/passwd",), "no x permission"),
                                    (("--cwd", "/none", "/samples/hello"), "--cwd /none: "),
                                    (("--init", "/none", "/samples/hello"), "there is no file '/none'"),
                                    (("--nonsense", "x"), "no option '--nonsense'")):
                with self.subTest(arguments):
                    status, out, err = ringside("run", *arguments, cwd=scratch)
                    self.assertEqual((status, out), (125, b""))
                    self.assertRegex(err, part)
                    self.assertEqual(len(err.splitlines()), 1, err)

    def test_no_program_boots_the_small_init(self):
        status, _, err = ringside("run", "--init", "/sbin/init", "/samples/orphan")
        self.assertEqual(status, 0)
        self.assertRegex(err, r"init: process 1 has started /samples/orphan as process (\d+)\n")
        self.assertRegex(err, r"init: /samples/orphan \d+ ended with status 0\n")
        self.assertRegex(err, r"init: the orphan \d+ ended with status \d+\n")
        self.assertTrue(err.endswith("init: nobody is left; power off\n"), err)
        status, out, err = ringside("run", "--init", "/sbin/init", "/none")
        self.assertEqual((status, out), (0, b""))
        self.assertRegex(err, "init: /none can not be started: No such file")

    @unittest.skipUnless(os.path.exists(BUSYBOX), "busybox was not there to build with")
    def test_the_small_init_starts_a_shell(self):
        script = b"echo $PPID; sleep 0.1 & kill -9 $!; (sleep 0.2 &) ; exit 3\n"
        status, out, err = ringside("run", stdin=script)
        self.assertEqual((status, out), (0, b"1\n"), err)
        self.assertRegex(err, r"init: /bin/sh \d+ ended with status 3\n")
        self.assertRegex(err, r"init: the orphan \d+ was killed by signal 15 \(Terminated\)\n")

    def test_the_kernel_looks_for_an_init(self):
        with tempfile.TemporaryDirectory() as scratch:
            status, _, err = ringside("trace", "--events", "boot", "--root", scratch)
            self.assertEqual(status, 125)
            tried = re.findall(r"run_init_process: PID 1 executes (\S+)", err)
            self.assertEqual(tried, ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"])
            self.assertIn("kernel panic: No working init found.", err)

    def test_what_is_no_program_gets_a_sentence(self):
        with tempfile.TemporaryDirectory() as scratch:
            file = pathlib.Path(scratch) / "broken"
            for content, part in ((b"", "is empty"), (b"\x7fELF\x01", "32-bit"), (b"hello\n", "ENOEXEC")):
                file.write_bytes(content)
                file.chmod(0o755)
                with self.subTest(content):
                    status, out, err = ringside("run", file)
                    self.assertEqual((status, out), (125, b""))
                    self.assertRegex(err, part)


class Trace(unittest.TestCase):
    def test_system_calls_in_stracess_words(self):
        status, out, err = ringside("trace", SAMPLES / "hello-asm")
        self.assertEqual(status, 0)
        self.assertTrue(out)
        lines = err.splitlines()
        self.assertTrue(any(re.match(r'\[pid +\d+\] write\(1, ".*", \d+\) = \d+$', line) for line in lines), err)
        self.assertTrue(any(re.match(r"\[pid +\d+\] exit(_group)?\(0\) = \?$", line) for line in lines), err)
        self.assertTrue(lines[-1].endswith("+++ exited with 0 +++"), err)

    def test_json_has_one_object_a_line(self):
        status, _, err = ringside("trace", "--events", "all", "--format", "json", SAMPLES / "hello")
        self.assertEqual(status, 0)
        events = [json.loads(line) for line in err.splitlines()]
        kinds = {event["event"] for event in events}
        self.assertTrue({"syscall-enter", "syscall-exit", "page-fault", "exec", "exit"} <= kinds, kinds)
        ticks = [event["tick"] for event in events]
        self.assertEqual(ticks, sorted(ticks))

    def test_goes_to_a_file(self):
        with tempfile.TemporaryDirectory() as scratch:
            file = pathlib.Path(scratch) / "out.trace"
            status, _, err = ringside("trace", "-o", file, "--events", "faults", SAMPLES / "hello")
            self.assertEqual((status, err), (0, ""))
            self.assertIn("page-fault", file.read_text())
            self.assertNotIn("write(", file.read_text())


class Show(unittest.TestCase):
    def setUp(self):
        status, out, _ = ringside("show", "list")
        if status != 0:
            self.skipTest("this build has no views")
        self.views = [line.split()[0].decode() for line in out.splitlines()]
        self.assertGreater(len(self.views), 5)

    def test_shows_policies_against_each_other(self):
        status, out, err = ringside("show", "compare", "--profile", "classroom", "--sched", "cfs", "--against", "rr,coop",
                                    SAMPLES / "yielders")
        self.assertEqual(status, 0, err)
        for policy in (b"CFS", b"round robin", b"cooperative", b"mean turnaround time", b"fairness"):
            self.assertIn(policy, out)
        again = ringside("show", "compare", "--profile", "classroom", "--sched", "cfs", "--against", "rr,coop",
                         SAMPLES / "yielders")
        self.assertEqual(again[1], out)
        status, out, err = ringside("show", "gantt", "--profile", "classroom", "--sched", "rr", "--against", "coop",
                                    SAMPLES / "yielders")
        self.assertEqual(status, 0, err)
        self.assertIn(b"cooperative", out)
        status, _, err = ringside("show", "gantt", "--against", "fastest", SAMPLES / "yielders")
        self.assertEqual(status, 125)
        self.assertIn("fastest", err)

    def test_every_view_has_a_text_twin(self):
        for view in self.views:
            with self.subTest(view):
                status, out, err = ringside("show", view, "--at", "syscall:write:1", SAMPLES / "hello")
                self.assertEqual((status, err), (0, ""))
                self.assertTrue(out.strip())

    def test_a_view_is_saved_in_every_format(self):
        with tempfile.TemporaryDirectory() as scratch:
            files = [pathlib.Path(scratch) / f"view.{kind}" for kind in ("txt", "json", "png", "svg")]
            options = [word for file in files for word in ("-o", file)]
            status, out, err = ringside("show", "address-space", "--at", "end", *options, SAMPLES / "hello-asm")
            self.assertEqual((status, out, err), (0, b"", ""))
            text, twin, png, svg = [file.read_bytes() for file in files]
            self.assertTrue(text.strip())
            json.loads(twin)
            self.assertTrue(png.startswith(b"\x89PNG"))
            self.assertIn(b"<svg", svg)

    def test_lines_begin_at_the_left_without_a_terminal(self):
        status, out, err = ringside("show", "console", "--at", "end", SAMPLES / "countdown")
        self.assertEqual((status, out.split()), (0, b"Console 5: 55 4: 30 3: 14 2: 5 1: 1 lift-off".split()), err)
        self.assertEqual({line[:3].count(b" ") for line in out.splitlines()[1:] if line.strip()}, {2})

    def test_the_same_moment_is_the_same_text(self):
        first, second = [ringside("show", "tasks", "--at", "fork:1", SAMPLES / "fork_cow") for _ in range(2)]
        self.assertEqual(first, second)
        self.assertEqual(first[0], 0, first[2])

    def test_what_can_not_be_shown_gets_a_sentence(self):
        for arguments, part in ((("nonsense", SAMPLES / "hello"), "no view 'nonsense'"),
                                (("tasks", "--at", "syscall:fork:1", SAMPLES / "hello"), "does not come"),
                                (("tasks", "--at", "tea-time", SAMPLES / "hello"), "no event 'tea-time'"),
                                (("tasks", "--set", "select=moon", SAMPLES / "hello"), "can not be selected")):
            with self.subTest(part):
                status, out, err = ringside("show", *arguments)
                self.assertEqual((status, out), (125, b""))
                self.assertIn(part, err)


class Elf(unittest.TestCase):
    def test_shows_text_and_json(self):
        status, out, err = ringside("elf", SAMPLES / "hello")
        self.assertEqual((status, err), (0, ""))
        self.assertIn(b".text", out)
        status, out, _ = ringside("elf", "--json", SAMPLES / "hello")
        self.assertEqual(json.loads(out)["header"]["machine"], "x86-64")

    def test_turns_away_with_a_sentence(self):
        for file, part in (("/nonexistent", "No such file"), ("/", "directory"), ("/dev/null", "regular"),
                           ("/etc/passwd", "not an ELF file")):
            status, out, err = ringside("elf", file)
            self.assertEqual((status, out), (125, b""))
            self.assertIn(part, err)


class Help(unittest.TestCase):
    def test_is_told(self):
        status, out, _ = ringside("--help")
        self.assertEqual(status, 0)
        self.assertIn(b"ringside run", out)
        self.assertEqual(ringside("--version")[0], 0)


if __name__ == "__main__":
    RINGSIDE, SAMPLES = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
