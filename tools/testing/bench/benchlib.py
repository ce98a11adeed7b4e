# SPDX-License-Identifier: GPL-2.0
"""What every `make bench-NAME` shares: samples in; JSON, table and plot out.

    bench = Bench("hotplug", stock="pciehp-stock")
    bench.add("pciehp_pv", "remove", seconds, unit="s")
    bench.finish()

writes build/bench/hotplug.json (`{"machine": {...}, "rows": [{"way", "op",
"n", "median", "p95", "max", "unit"}, ...]}`), prints the rows as a table
with the ratio of the stock way's median to each row's, and plots medians
with p95 bars to build/bench/hotplug.png.
"""
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
OUT = os.path.join(ROOT, "build/bench")
MORE_IS_BETTER = ("iops", "MiB/s", "slots")


def progress(text):
    """One line of progress with the time of day, so that long work is seen to live."""
    print(time.strftime("# %H:%M:%S ") + text, flush=True)


def first_line(*command):
    """First line a command prints, or why there is none."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as err:
        return f"unknown ({err})"
    return (done.stdout.splitlines() or [""])[0]


def machine():
    """What the figures were measured on."""
    cpu = "unknown"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": cpu,
        "cpus": os.cpu_count(),
        "host_kernel": platform.release(),
        "qemu": first_line("qemu-system-x86_64", "--version"),
        "load_1min": os.getloadavg()[0],
        "commit": first_line("git", "-C", ROOT, "rev-parse", "--short", "HEAD"),
    }


def p95(samples):
    """Nearest-rank 95th percentile."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(0.95 * len(ordered)) - 1)]


class Bench:
    """Samples of several ways of doing the same operations, in one run."""

    def __init__(self, name, stock=None):
        self.name = name
        self.stock = stock
        self.rows = []
        self.extra = {}

    def add(self, way, op, samples, unit):
        """Take the samples (numbers) of operation @op done in way @way."""
        if isinstance(samples, (int, float)):
            samples = [samples]
        samples = list(samples)
        if not samples:
            progress(f"no samples for {way} {op}: left out")
            return
        self.rows.append({
            "way": way, "op": op, "n": len(samples),
            "median": statistics.median(samples), "p95": p95(samples),
            "max": max(samples), "unit": unit,
        })

    def ratio(self, row):
        """How many times better than the stock way; None where there is nothing to compare."""
        for other in self.rows:
            if other["op"] == row["op"] and other["way"] == self.stock:
                a, b = other["median"], row["median"]
                if row["unit"] in MORE_IS_BETTER:
                    a, b = b, a
                return a / b if b else None
        return None

    def table(self):
        """The rows as text."""
        lines = [f"{'op':<24} {'way':<22} {'n':>4} {'median':>12} {'p95':>12} {'max':>12} "
                 f"{'unit':<6} {'x ' + (self.stock or ''):>16}"]
        for row in sorted(self.rows, key=lambda r: r["op"]):
            ratio = self.ratio(row)
            shown = "-" if ratio is None else f"{ratio:.2f}"
            lines.append(f"{row['op']:<24} {row['way']:<22} {row['n']:>4} {row['median']:>12.6g} "
                         f"{row['p95']:>12.6g} {row['max']:>12.6g} {row['unit']:<6} {shown:>16}")
        return "\n".join(lines)

    def plot(self):
        """Medians as bars, one group an operation, log scale; needs gnuplot."""
        if not self.rows or not shutil.which("gnuplot"):
            progress("no plot: gnuplot is not installed" if self.rows else "no plot: no rows")
            return
        ways = sorted({row["way"] for row in self.rows})
        ops = sorted({row["op"] for row in self.rows})
        data = os.path.join(OUT, self.name + ".dat")
        with open(data, "w", encoding="ascii") as out:
            out.write("op " + " ".join(f'"{way}"' for way in ways) + "\n")
            for op in ops:
                medians = {r["way"]: r["median"] for r in self.rows if r["op"] == op}
                out.write(f'"{op}" ' + " ".join(str(medians.get(way, "NaN")) for way in ways) + "\n")
        script = (f'set terminal pngcairo size 1200,600\nset output "{OUT}/{self.name}.png"\n'
                  f'set title "{self.name}"\nset style data histograms\n'
                  'set style fill solid 0.8\nset logscale y\nset key outside noenhanced\n'
                  'set xtics rotate by -30 noenhanced\nset grid y\n'
                  f'plot for [i=2:{len(ways) + 1}] "{data}" using i:xtic(1) title columnheader(i)\n')
        subprocess.run(["gnuplot"], input=script, text=True, check=False,
                       stderr=subprocess.DEVNULL)

    def finish(self):
        """Write, print and plot; return the path of the JSON."""
        os.makedirs(OUT, exist_ok=True)
        path = os.path.join(OUT, self.name + ".json")
        with open(path, "w", encoding="ascii") as out:
            json.dump({"machine": machine(), "rows": self.rows, **self.extra}, out, indent=1)
            out.write("\n")
        print(self.table(), flush=True)
        self.plot()
        print(f"# written: {path}", flush=True)
        return path
