# SPDX-License-Identifier: GPL-2.0
"""Discontinuities: one that is there is found and attributed, noise is not."""
import json
import random
import unittest
from collections import Counter

import recorded
import report
from series import Analysis
from steps import Growth
from topology import Topology

PLACES = list(range(7))


def noisy(values, sigma, runs, seed):
    """Samples around values, now and then one that is late."""
    chance = random.Random(seed)
    return [[value + abs(chance.gauss(0, sigma)) + (10 * sigma if chance.random() < 0.05 else 0)
             for _ in range(runs)] for value in values]


def growing(extra=0.0, at=4, base=2.0, each=0.035):
    """Totals by number of ports, the step before @at being @extra higher."""
    return [base + each * number + (extra if number >= at else 0) for number in PLACES]


class FakePoint:
    """A recorded boot with so many ports: 35 ms and 100 reads for each, and from four on
    750 ms more of the port driver, who reads 1500 registers more, and 100 ms less of init."""

    def __init__(self, number, planted, sigma=0.004, runs=5):
        self.number, self.topology = number, Topology(ports=number)
        self.records = {"plain": [], "profiled": [], "counted": []}
        chance = random.Random(number)
        leaves = recorded.record("profiled").leaves()
        extra = 0.750 if planted and number >= 4 else 0.0
        self._leaves = []
        for _ in range(runs):
            sample = {leaf: seconds + chance.gauss(0, sigma) for leaf, seconds in leaves.items()}
            sample["pci-scan"] += 0.035 * number
            sample["port-drivers"] += extra
            sample["init"] -= 0.1 if extra else 0.0
            self._leaves.append(sample)
        self._names = [{"pcie_portdrv_init": 0.010 * number + extra, "acpi_init": 0.3}] * runs
        reads = Counter({("pci-scan", "pcie-root-port", "r", 0): 100 * number,
                         ("entry", "(no device)", "r", 8): 16382})
        if extra:
            reads[("port-drivers", "pcie-root-port", "r", 0x5a)] = 1500
        regions = Counter({(key[0], "pci-conf-data"): count for key, count in reads.items()})
        self._counts = {"config": reads, "regions": regions, "buses": Counter(),
                        "exits": Counter()}

    def totals(self):
        return [sum(sample.values()) for sample in self._leaves]

    def leaves(self):
        return self._leaves

    def names(self):
        return self._names

    def counts(self):
        return self._counts

    def tracing_cost(self):
        return 1.1


class Steps(unittest.TestCase):
    def test_planted_step_is_found(self):
        for seed in range(50):
            growth = Growth(PLACES, noisy(growing(0.75), 0.02, 5, seed))
            biggest = max(growth.steps(), key=lambda step: abs(step.excess))
            self.assertEqual((biggest.index, biggest.spike), (3, False), seed)
            self.assertAlmostEqual(biggest.excess, 0.75, delta=0.1)

    def test_fall_is_found(self):
        growth = Growth(PLACES, noisy(growing(-0.75), 0.02, 5, 1))
        self.assertEqual([step.index for step in growth.steps()], [3])
        self.assertLess(growth.steps()[0].excess, 0)

    def test_noise_is_none(self):
        """Of many runs on a restless machine hardly one may cry."""
        for sigma in (0.005, 0.05, 0.2):
            cried = sum(bool(Growth(PLACES, noisy(growing(), sigma, runs, seed)).steps())
                        for seed in range(100) for runs in (3, 5))
            self.assertLessEqual(cried, 6, "of 200, sigma %g" % sigma)

    def test_smooth_growth_is_none(self):
        places = [0, 1, 2, 4, 8, 16, 32]
        for samples in ([1 + 0.03 * place for place in places],
                        [1 + 0.05 * place ** 2 for place in range(12)]):
            self.assertEqual(Growth(places if len(samples) == 7 else list(range(12)), [
                [value] for value in samples], exact=True).steps(), [])

    def test_gaps_between_points_count(self):
        places = [0, 1, 2, 4, 8, 16]
        samples = [[1 + 0.03 * place + (0.5 if place > 4 else 0)] * 3 for place in places]
        self.assertEqual([step.index for step in Growth(places, samples).steps()], [3])

    def test_one_odd_point_is_a_spike(self):
        values = growing()
        values[3] += 0.8
        steps = Growth(PLACES, noisy(values, 0.01, 5, 3)).steps()
        self.assertEqual([(step.index, step.spike) for step in steps], [(2, True), (3, True)])

    def test_three_points_have_no_usual(self):
        few = Growth([0, 1, 2], [[1.0] * 3, [1.0] * 3, [9.0] * 3])
        self.assertEqual((few.steps(), few.can_tell()), ([], False))

    def test_times_taken_once_tell_nothing_but_counts_do(self):
        values = [[value] for value in growing(0.75)]
        self.assertEqual(Growth(PLACES, values).steps(), [])
        self.assertEqual([step.index for step in Growth(PLACES, values, exact=True).steps()], [3])


class Attribution(unittest.TestCase):
    def test_planted_step_is_attributed(self):
        analysis = Analysis([FakePoint(number, True) for number in PLACES])
        self.assertEqual(len(analysis.steps), 1)
        step, why = analysis.steps[0]
        self.assertEqual((analysis.places[step.index], step.spike), (3, False))
        self.assertEqual([key for key, _, _ in why["phases"]], ["port-drivers"])
        self.assertAlmostEqual(why["phases"][0][2], 0.75, 1)
        self.assertEqual(why["names"][0][0], "pcie_portdrv_init")
        self.assertEqual([row[0] for row in why["config"]],
                         [("port-drivers", "pcie-root-port", "r")])
        self.assertEqual(why["registers"], [(("port-drivers", "pcie-root-port", "r", 0x5a),
                                             1500, 1500.0)])
        self.assertEqual(why["regions"][0][0], ("port-drivers", "pci-conf-data"))

    def test_count_that_jumps_is_found_by_itself(self):
        analysis = Analysis([FakePoint(number, True) for number in PLACES])
        what, step, rows = analysis.jumps[0]
        self.assertEqual((what, step.index, step.grown), ("config accesses", 3, 1600))
        self.assertEqual(rows[0][0], ("port-drivers", "pcie-root-port", "r"))

    def test_steady_series_has_neither(self):
        analysis = Analysis([FakePoint(number, False) for number in PLACES])
        self.assertEqual((analysis.steps, analysis.jumps), ([], []))
        text = report.text(analysis.points, "ports")
        self.assertIn("No discontinuity of time; one above", text)

    def test_growth_is_told_and_noise_is_not(self):
        text = report.text([FakePoint(number, False) for number in PLACES], "ports")
        self.assertRegex(text, r"Each port more, by phase \(ms\): pci-scan \+3\d\.\d")
        told = text.split("by phase (ms): ")[1].splitlines()[0].split(", ")
        self.assertLessEqual(len(told), 3, told)
        self.assertIn("initcall, function or probe (ms): pcie_portdrv_init +10.0", text)

    def test_report_says_it(self):
        text = report.text([FakePoint(number, True) for number in PLACES], "ports")
        self.assertRegex(text, r"3 to 4 ports: \+[67]\d\d\.\d ms, usual would be \+3\d\.\d")
        self.assertRegex(text, r"phases +port-drivers +\+7\d\d")
        self.assertRegex(text, r"registers +port-drivers: pcie-root-port reads @0x5a +\+1500")

    def test_json_says_it(self):
        points = [FakePoint(number, True) for number in PLACES]
        document = json.loads(json.dumps(report.document(points, "ports", {})))
        self.assertEqual([(step["from"], step["to"]) for step in document["steps"]], [(3, 4)])
        self.assertEqual(document["steps"][0]["registers"][0]["key"],
                         ["port-drivers", "pcie-root-port", "r", 0x5a])
        self.assertEqual(len(document["points"]), len(PLACES))
        self.assertEqual(document["jumps"][0]["grown_n"], 1600)
