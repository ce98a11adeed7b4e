# SPDX-License-Identifier: GPL-2.0
"""The boots of all points, and what they come to."""
import statistics
from collections import Counter

import boot
from phases import LEAVES
from steps import Growth, attribute, biggest
from trace import unclocked

# Fewer accesses more or less are not worth a line.
LEAST_ACCESSES = 16
LEAST_SECONDS = 0.001


class Point:
    """One topology and its boots: @number of what varies, @records by kind."""

    def __init__(self, topology, number, guest):
        self.topology, self.number, self.guest = topology, number, guest
        self.records = {kind: [] for kind in boot.KINDS}

    def totals(self):
        return [record.seconds() for record in self.records["plain"]]

    def tracing_cost(self):
        """How many times longer the profiled boots took."""
        profiled = [record.seconds() for record in self.records["profiled"]]
        return statistics.median(profiled) / statistics.median(self.totals())

    def leaves(self):
        """[{leaf: seconds}] of each plain boot, divided like the profiled one beside it."""
        profiled = self.records["profiled"]
        if not profiled:
            return [record.stages() for record in self.records["plain"]]
        return [record.divided(profiled[min(index, len(profiled) - 1)])
                for index, record in enumerate(self.records["plain"])]

    def names(self):
        """[{initcall, function or probe: seconds}] of each profiled boot."""
        return [record.names() for record in self.records["profiled"]]

    def counts(self):
        """Of the counted boot: {"config": Counter, "regions", "buses", "exits"}."""
        counted = self.records["counted"]
        return counted[0].counts() if counted else {
            "config": Counter(), "regions": Counter(), "buses": Counter(), "exits": Counter()}


def measure(points, options, progress):
    """Boot every point @options.runs times plain and profiled, and once counted. Rounds go
    over all points, there and back, so that whatever else the machine does meets all of them.
    One that fails is not booted again. Returns what failed: [(point, boot.Failed)]."""
    jobs = [(point, kind) for turn in range(options.runs)
            for point in (points[::-1] if turn % 2 else points)
            for kind in ("plain", "profiled")] + [(point, "counted") for point in points]
    failures = {}
    for number, (point, kind) in enumerate(jobs):
        if point in failures:
            continue
        what = "boot %d of %d: %s, %s" % (number + 1, len(jobs), point.topology.label(), kind)
        try:
            record = boot.run(point.topology, point.guest, kind, options)
        except boot.Failed as failed:
            failures[point] = failed
            progress("%s failed" % what)
            continue
        point.records[kind].append(record)
        progress("%s: %.2f s" % (what, record.seconds()))
    return list(failures.items())


def comparable(points):
    """Those points that were booted in as many ways as any was: after a failure, or when the
    user had enough, what there is can be shown."""
    ways = [sum(bool(records) for records in point.records.values()) for point in points]
    return [point for point, count in zip(points, ways) if count and count == max(ways)]


def keyed(dictionaries, keys=None):
    """{key: [samples of each point]} of a list, for each point, of lists of dictionaries."""
    keys = keys or sorted({key for point in dictionaries for sample in point for key in sample},
                          key=str)
    return {key: [[sample.get(key, 0) for sample in point] for point in dictionaries]
            for key in keys}


def merged(counters, places):
    """Counters with the elements of their keys at these places only."""
    out = []
    for counter in counters:
        total = Counter()
        for key, count in counter.items():
            total[tuple(key[place] for place in places)] += count
        out.append([total])
    return out


class Analysis:
    """What a series of points shows: @growth of the whole, @steps of time and what they
    consist of, and @jumps, the steps of counts."""

    def __init__(self, points):
        self.points = points
        self.places = [point.number for point in points]
        self.growth = Growth(self.places, [point.totals() for point in points])
        self.leaves = keyed([point.leaves() for point in points])
        self.names = keyed([point.names() for point in points])
        counts = [point.counts() for point in points]
        self.config = [count["config"] for count in counts]
        self.regions = [unclocked(count["regions"]) for count in counts]
        self.exits = [count["exits"] for count in counts]
        self.steps = [(step, self.explain(step)) for step in self.growth.steps(LEAST_SECONDS)]
        self.jumps = self.find_jumps()

    def explain(self, step):
        """{"phases": rows, "names": rows, "config": rows, "registers": rows, "regions": rows},
        a row being (key, grown, excess); counts are those whose growth stands out."""
        def counted(counters, places):
            return biggest(step.index, self.places, keyed(merged(counters, places)),
                           LEAST_ACCESSES)[:8]

        return {"phases": attribute(step, self.places, self.leaves),
                "names": attribute(step, self.places, self.names)[:8],
                "config": counted(self.config, (0, 1, 2)),
                "registers": counted(self.config, (0, 1, 2, 3)),
                "regions": counted(self.regions, (0, 1)),
                "exits": [row for row in self.exit_rows(step.index)]}

    def exit_rows(self, index):
        series = keyed([[counter] for counter in self.exits])
        return biggest(index, self.places, series, LEAST_ACCESSES)[:8] if series else []

    def find_jumps(self):
        """[(quantity, step, rows)]: discontinuities of the number of config accesses and of
        all accesses. A count has no noise to speak of, so it may show what time hides."""
        found = []
        for what, counters, places in (("config accesses", self.config, (0, 1, 2)),
                                       ("accesses", self.regions, (0, 1))):
            growth = Growth(self.places, [[sum(counter.values())] for counter in counters],
                            exact=True)
            for step in growth.steps(LEAST_ACCESSES):
                rows = biggest(step.index, self.places, keyed(merged(counters, places)),
                               LEAST_ACCESSES)
                found.append((what, step, rows[:8]))
        return found

    def phases(self):
        """Phases that occur, in their order."""
        return [leaf for leaf in LEAVES if any(any(samples) for samples in
                                               self.leaves.get(leaf, []))]

    def median(self, leaf, index):
        return statistics.median(self.leaves[leaf][index])
