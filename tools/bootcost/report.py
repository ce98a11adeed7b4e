# SPDX-License-Identifier: GPL-2.0
"""The result, as text for people and as JSON for programs."""
import statistics

from series import Analysis, keyed, merged
from steps import Growth
from trace import unclocked

GROWING = 12


def ms(seconds):
    return "%.1f" % (seconds * 1e3)


def spread(samples):
    return {"median": statistics.median(samples), "min": min(samples), "max": max(samples),
            "n": len(samples)}


def key_text(key):
    """Words for a key of steps.attribute() and biggest()."""
    if isinstance(key, str):
        return key
    ops = {"r": "reads", "w": "writes"}
    words = [ops.get(word, "@0x%02x" % word if isinstance(word, int) else word) for word in key]
    return "%s: %s" % (words[0], " ".join(words[1:])) if len(words) > 1 else words[0]


def table(analysis, kind):
    """Phases of every point: medians in milliseconds."""
    phases = analysis.phases()
    lines = ["%-10s %9s %17s  %s" % (kind, "total", "min..max", " ".join(
        "%*s" % (max(len(leaf), 8), leaf) for leaf in phases))]
    for index, point in enumerate(analysis.points):
        totals = point.totals()
        lines.append("%-10s %9s %17s  %s" % (
            point.number, ms(statistics.median(totals)),
            "%s..%s" % (ms(min(totals)), ms(max(totals))),
            " ".join("%*s" % (max(len(leaf), 8), ms(analysis.median(leaf, index)))
                     for leaf in phases)))
    return lines


def access_table(analysis, kind):
    """Accesses of every point that left the guest, by the devices that config accesses met."""
    config = keyed(merged(analysis.config, (1,)))
    devices = sorted(config, key=lambda key: -config[key][-1][0])[:6]
    lines = ["%-10s %9s %9s %9s  %s" % (kind, "all", "KVM", "config", " ".join(
        "%*s" % (max(len(device), 8), device) for device, in devices))]
    for index, point in enumerate(analysis.points):
        lines.append("%-10s %9d %9s %9d  %s" % (
            point.number, sum(analysis.regions[index].values()),
            sum(analysis.exits[index].values()) or "-", sum(analysis.config[index].values()),
            " ".join("%*d" % (max(len(key[0]), 8), config[key][index][0]) for key in devices)))
    return lines


def growth_lines(analysis, one):
    """What grows with each one more, as far as it is more than the noise: phases, then names."""
    lines = []
    for what, series in (("phase", analysis.leaves), ("initcall, function or probe",
                                                      analysis.names)):
        grown = [(Growth(analysis.places, samples), key) for key, samples in series.items()]
        rows = sorted(((growth.slope, key) for growth, key in grown if growth.is_certain()),
                      key=lambda row: -abs(row[0]))[:GROWING]
        if rows:
            lines.append("Each %s more, by %s (ms): %s" % (one, what, ", ".join(
                "%s %+.1f" % (key, slope * 1e3) for slope, key in rows)))
    return lines or ["What each %s more adds cannot be told from the noise." % one]


def where(analysis, step):
    return "%d to %d" % (analysis.places[step.index], analysis.places[step.index + 1])


def step_lines(analysis, kind):
    """Discontinuities in words."""
    lines = []
    for step, why in analysis.steps:
        lines.append("%s %s: %+.1f ms, usual would be %+.1f; noise or trifle up to %.1f%s" % (
            where(analysis, step), kind, step.grown * 1e3, step.usual * 1e3, step.limit * 1e3,
            ". It comes and goes: measure again" if step.spike else ""))
        for title, scale, unit in (("phases", 1e3, " ms"), ("names", 1e3, " ms"),
                                   ("config", 1, ""), ("registers", 1, ""), ("regions", 1, ""),
                                   ("exits", 1, "")):
            for key, _, excess in why[title]:
                lines.append("    %-10s %-48s %+.1f%s above the usual" % (
                    title, key_text(key), excess * scale, unit))
    for what, step, rows in analysis.jumps:
        lines.append("%s %s: %+d %s, usual would be %+d" % (
            where(analysis, step), kind, step.grown, what, step.usual))
        lines += ["    %-59s %+d above the usual" % (key_text(key), excess)
                  for key, _, excess in rows]
    return lines


def quiet_lines(analysis):
    """What it means when no discontinuity is told."""
    if not analysis.growth.can_tell():
        return ["No discontinuity of time is looked for: that takes four points and two runs."]
    if not analysis.steps:
        limits = [analysis.growth.limit(index) for index in range(len(analysis.places) - 1)]
        return ["No discontinuity of time; one above %.0f ms would have shown (from %.0f ms on, "
                "where it is quietest)." % (max(limits) * 1e3, min(limits) * 1e3)]
    return []


def text(points, kind):
    """The whole report."""
    analysis = Analysis(points)
    one = {"ports": "port", "bridges": "bridge", "functions": "function"}[kind]
    costs = [point.tracing_cost() for point in points if point.records["profiled"]]
    lines = ["Milliseconds, medians of %d plain boots; phases within a stage by %d profiled "
             "ones, which took %.2f times as long:" % (
                 len(points[0].records["plain"]), len(points[0].records["profiled"]),
                 statistics.median(costs or [1.0]))]
    lines += table(analysis, kind)
    if any(analysis.regions):
        lines += ["", "Accesses that left the guest, of one boot with QEMU's trace events, but "
                  "those of timers,",
                  "interrupt controllers and the console; config accesses by what they met:"]
        lines += access_table(analysis, kind)
    if len(points) > 1:
        lines += ["", *growth_lines(analysis, one), "", "Discontinuities:"]
        lines += step_lines(analysis, kind) + quiet_lines(analysis)
    return "\n".join(lines)


def rows_json(rows, unit):
    return [{"key": list(key) if isinstance(key, tuple) else key, "grown_" + unit: grown,
             "excess_" + unit: excess} for key, grown, excess in rows]


def step_json(analysis, step, unit):
    return {"from": analysis.places[step.index], "to": analysis.places[step.index + 1],
            "grown_" + unit: step.grown, "usual_" + unit: step.usual,
            "limit_" + unit: step.limit, "spike": step.spike}


def exact(seconds):
    """Nobody measures parts of a microsecond."""
    return {name: round(value, 6) for name, value in seconds.items()}


def point_json(point):
    counts = point.counts()
    topology = point.topology
    return {
        "point": {"machine": topology.machine, "firmware": topology.firmware,
                  "ports": topology.ports, "bridges": topology.bridges,
                  "functions": topology.functions, "device": topology.device,
                  "apart": topology.apart},
        "total_s": spread(point.totals()),
        "boots": [{"total_s": record.seconds(), "stages_s": exact(record.stages()),
                   "phases_s": exact(leaves)}
                  for record, leaves in zip(point.records["plain"], point.leaves())],
        "profiled": [{"total_s": record.seconds(), "phases_s": exact(record.leaves()),
                      "names_s": exact(record.names())} for record in point.records["profiled"]],
        "accesses": {
            "all": sum(unclocked(counts["regions"]).values()),
            "config": sum(counts["config"].values()),
            "kvm_exits": sum(counts["exits"].values()),
            "regions": [{"phase": phase, "region": region, "count": count} for
                        (phase, region), count in counts["regions"].most_common()],
            "registers": [{"phase": phase, "device": device, "op": op, "register": register,
                           "count": count} for (phase, device, op, register), count
                          in counts["config"].most_common()],
            "buses": [{"phase": phase, "bus": bus, "op": op, "count": count} for
                      (phase, bus, op), count in counts["buses"].most_common()],
        },
    }


def document(points, kind, machine):
    """The whole result as JSON's types."""
    analysis = Analysis(points)
    steps = []
    for step, why in analysis.steps:
        steps.append(step_json(analysis, step, "s") | {
            title: rows_json(rows, "s" if title in ("phases", "names") else "n")
            for title, rows in why.items()})
    return {
        "machine": machine, "varies": kind,
        "per_one_s": analysis.growth.slope,
        "points": [point_json(point) for point in points],
        "steps": steps,
        "jumps": [{"what": what, **step_json(analysis, step, "n"), "rows": rows_json(rows, "n")}
                  for what, step, rows in analysis.jumps],
    }
