#!/usr/bin/env python3
"""Guest speed of Ringside on seven compute programs, beside the host CPU and qemu-x86_64 in user mode.

    compare.py [--ringside PATH] [--build DIR] [--only NAME,…] [--json FILE]

Each program is compiled statically, run on all three, and its output compared: a wrong answer is an error, however
fast. Seconds are CPU seconds of the whole process; instructions come from `ringside run --stats`."""
import argparse, json, pathlib, resource, shutil, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


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
        line = line.strip()
        if line.startswith("{"):
            try:
                return json.loads(line)
            except ValueError:
                pass
    start, end = stderr.find("{"), stderr.rfind("}")
    try:
        return json.loads(stderr[start : end + 1])
    except ValueError:
        return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ringside", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench-programs")
    parser.add_argument("--only", default="")
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
    print(f"{'program':10} {'instructions':>14} {'ringside s':>11} {'MIPS':>8} {'native s':>9} {'qemu s':>8} "
          f"{'x native':>9} {'x qemu':>7}")
    for source in sorted((HERE / "programs").glob("*.c")):
        if wanted and source.stem not in wanted:
            continue
        program = build(source, options.build)
        native, expected = timed([program])
        ours, done = timed([ringside, "run", "--stats", program])
        stats = stats_of(done.stderr)
        instructions = stats.get("instructions", 0)
        row = {"program": source.stem, "instructions": instructions, "ringside": ours, "native": native,
               "mips": instructions / ours / 1e6}
        if qemu:
            row["qemu"], other = timed([qemu, program])
            if other.stdout != expected.stdout:
                print(f"  (qemu itself prints something else for {source.stem})")
        if done.returncode != expected.returncode or done.stdout != expected.stdout:
            wrong.append(f"{source.stem}: {done.stdout!r} ({done.returncode}) instead of {expected.stdout!r}")
        rows.append(row)
        against_qemu = f"{ours / row['qemu']:7.1f}" if qemu else "      -"
        qemu_seconds = f"{row['qemu']:8.3f}" if qemu else "       -"
        print(f"{source.stem:10} {instructions:14,d} {ours:11.3f} {row['mips']:8.1f} {native:9.3f} {qemu_seconds} "
              f"{ours / native:9.1f} {against_qemu}", flush=True)
    total, seconds = sum(r["instructions"] for r in rows), sum(r["ringside"] for r in rows)
    if rows and seconds:
        print(f"{'all':10} {total:14,d} {seconds:11.3f} {total / seconds / 1e6:8.1f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
    for line in wrong:
        print("WRONG " + line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
