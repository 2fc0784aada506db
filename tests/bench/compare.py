#!/usr/bin/env python3
"""Guest speed of Ringside, its timeline recording, beside the host CPU and qemu-x86_64 in user mode.

    compare.py [--ringside PATH] [--build DIR] [--only NAME,…] [--rounds N] [--json FILE]

Each program is compiled statically and run by all of them in turn, and its output compared: a wrong answer is an error,
however fast. Seconds are CPU seconds of the whole process, the least of the rounds; instructions come from
`ringside run --stats`. "recording" is what `--record` costs beside a run without. The geometric means are those of the
seven compute programs; behind them come whole programs of this machine, where it has them."""
import argparse, json, math, pathlib, resource, shutil, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMPUTE = ("fib", "matrix", "memcpy", "nbody", "sha256", "sieve", "strlen")


def build(source, directory):
    target = directory / source.stem
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-static", "-o", target, source, "-lm"], check=True)
    return target


def timed(command):
    """CPU seconds, which another load on the machine does not change much, and what came out."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + 1e-9, done


def stats_of(stderr):
    for line in reversed(stderr.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    return {}


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def programs(directory, wanted):
    """(name, options of ringside, command)"""
    for source in sorted((HERE / "programs").glob("*.c"), key=lambda s: (s.stem not in COMPUTE, s.stem)):
        if not wanted or source.stem in wanted:
            yield source.stem, [], [build(source, directory)]
    data = directory / "zeros"
    whole = {"md5sum": ["/bin/busybox", "md5sum", str(data)],
             "python3": ["/usr/bin/python3", "-c", "print(sum(range(10**6)))"]}
    for name, command in whole.items():
        if (wanted and name not in wanted) or not pathlib.Path(command[0]).exists():
            continue
        data.write_bytes(bytes(16 << 20))
        yield name, ["--root", "/"], command


def measure(name, options, command, ringside, qemu, rounds):
    ways = {"native": command, "recorded": [ringside, "run", "--stats", "--record", *options, *command],
            "straight": [ringside, "run", *options, *command]}
    if qemu:
        ways["qemu"] = [qemu, *command]
    row, output = {"program": name}, {}
    for _ in range(rounds):
        for way, line in ways.items():
            seconds, done = timed(line)
            row[way] = min(seconds, row.get(way, seconds))
            output[way] = done.stdout, done.returncode
            if way == "recorded":
                row["instructions"] = stats_of(done.stderr).get("instructions", 0)
    row["mips"] = row["instructions"] / row["recorded"] / 1e6
    return row, [f"{name}, {way}: {got!r} instead of {output['native']!r}"
                 for way, got in output.items() if got != output["native"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ringside", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench-programs")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    ringside = options.ringside
    if ringside is None:
        candidates = [ROOT / "build" / preset / "ringside" for preset in ("release", "dev")]
        ringside = next((c for c in candidates if c.exists()), None)
    if ringside is None or not ringside.exists():
        sys.exit("No ringside to measure: build it, or name it with --ringside.")
    qemu = shutil.which("qemu-x86_64") or shutil.which("qemu-x86_64-static")
    options.build.mkdir(parents=True, exist_ok=True)
    wanted = set(filter(None, options.only.split(",")))

    rows, wrong = [], []
    print("| program | million instructions | Ringside | MIPS | native | qemu-user | of qemu's speed | recording |\n"
          "|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, extra, command in programs(options.build, wanted):
        row, complaints = measure(name, extra, command, ringside, qemu, options.rounds)
        wrong += complaints
        rows.append(row)
        of_qemu = f"{row['qemu'] / row['recorded']:.2f}" if qemu else "-"
        print(f"| {name} | {row['instructions'] / 1e6:.0f} | {row['recorded']:.2f} | {row['mips']:.0f} | {row['native']:.2f} "
              f"| {row.get('qemu', 0):.2f} | {of_qemu} | {100 * (row['recorded'] / row['straight'] - 1):+.0f} % |", flush=True)
    compute = [r for r in rows if r["program"] in COMPUTE]
    if qemu and compute:
        ratios = {r["program"]: r["qemu"] / r["recorded"] for r in compute}
        worst = min(ratios, key=ratios.get)
        print(f"\nSeven compute programs, geometric means: {mean([r['mips'] for r in compute]):.0f} MIPS, "
              f"{mean(list(ratios.values())):.2f} of qemu's speed; worst {ratios[worst]:.2f} ({worst}); recording "
              f"{100 * (mean([r['recorded'] / r['straight'] for r in compute]) - 1):+.1f} %.")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
    for line in wrong:
        print("WRONG " + line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
