# SPDX-License-Identifier: GPL-2.0
"""A stacked plot of phases, with gnuplot."""
import os
import shutil
import subprocess
import tempfile

TERMINALS = {".svg": 'svg size 1000,600 dynamic background "white"',
             ".png": "pngcairo size 1000,600"}


def terminal(path):
    """gnuplot's terminal for a file, by its ending; ValueError for one that has none."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in TERMINALS:
        raise ValueError("%s: it has to end with .svg or .png" % path)
    if not shutil.which("gnuplot"):
        raise ValueError("%s: gnuplot is missing: apt-get install gnuplot-nox" % path)
    return TERMINALS[ending]


def script(path, data, phases, kind, title):
    return "\n".join([
        "set terminal " + terminal(path), 'set output "%s"' % path,
        'set title "%s" noenhanced' % title, "set style data histograms",
        "set style histogram rowstacked", "set style fill solid 0.9 noborder",
        "set boxwidth 0.8", "set key outside right reverse Left noenhanced invert",
        'set xlabel "%s"' % kind, 'set ylabel "milliseconds"', "set yrange [0:*]", "set grid y",
        "plot " + ", ".join('"%s" using %d%s title "%s"' % (
            data, at + 2, ":xtic(1)" if not at else "", phase)
                            for at, phase in enumerate(phases)), ""])


def draw(path, analysis, kind, title):
    """Medians of the phases of every point, stacked, into @path."""
    phases = analysis.phases()
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(work, "phases.dat")
        with open(data, "w", encoding="ascii") as file:
            for index, point in enumerate(analysis.points):
                file.write("%d %s\n" % (point.number, " ".join(
                    "%.3f" % (analysis.median(phase, index) * 1e3) for phase in phases)))
        done = subprocess.run(["gnuplot"], input=script(os.path.abspath(path), data, phases, kind,
                                                        title),
                              text=True, capture_output=True, check=False)
        if done.returncode:
            raise ValueError("%s: gnuplot: %s" % (path, done.stderr.strip()[-300:]))
