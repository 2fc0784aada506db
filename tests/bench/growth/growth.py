#!/usr/bin/env python3
"""How the time grows with what a guest does: forks, tasks alive, areas, a sparse gigabyte, resident memory.

usage: growth.py RINGSIDE

Prints CPU seconds for n, 2n, 4n and 8n and how the time for one grew from the first to the last: 1.0 is linear, 8 would
be quadratic. The time of a run that does nothing is taken off.
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROWS = [("forks", 1250, "10,000 forks, one after the other"), ("tasks", 250, "2,000 tasks alive"),
        ("areas", 2500, "20,000 areas in one process"), ("holes", 2500, "20,000 areas with holes between them"),
        ("files", 5000, "40,000 open files"), ("sparse", 2048, "a sparse mapping of 1 GiB, pages touched"),
        ("resident", 128, "resident MiB")]


def seconds(ringside, guest, what, n):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([ringside, "run", "--ram", "2G", guest, what, str(n)], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    ringside = sys.argv[1]
    with tempfile.TemporaryDirectory() as directory:
        guest = os.path.join(directory, "grow")
        subprocess.run(["gcc", "-O1", "-static", "-o", guest, HERE / "grow.c"], check=True)
        idle = min(seconds(ringside, guest, "forks", 1) for _ in range(3))
        print(f"{'':10} {'n':>7} {'2n':>9} {'4n':>9} {'8n':>9}   each, last to first")
        for what, n, title in ROWS:
            times = [max(1e-4, min(seconds(ringside, guest, what, n * k) for _ in range(3)) - idle)
                     for k in (1, 2, 4, 8)]
            growth = times[-1] / 8 / times[0]
            print(f"{what:10} {times[0]:7.3f} {times[1]:9.3f} {times[2]:9.3f} {times[3]:9.3f}   {growth:.1f}  "
                  f"8n: {title}", flush=True)


if __name__ == "__main__":
    main()
