# SPDX-License-Identifier: GPL-2.0
"""Discontinuities: where one more of something costs much more, or less, than it usually
does, and what that consists of."""
import statistics

# A step has to stand out from the spread of the samples, and from the other steps.
SIGMAS = 4.0
# Of the whole: what is less is of no interest, however certain.
LEAST_SHARE = 0.02
# Of a step: parts that are named.
NAMED_SHARE = 0.1


def deviation(values):
    """Robust standard deviation: of the median distance from the median."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median([abs(value - middle) for value in values])


def spread(samples):
    """Standard error of each point's median. Points share a machine, and its noise: the
    deviation is that of all samples from their own point's median. None: no point was
    measured twice."""
    if max(len(values) for values in samples) < 2:
        return None
    apart = [value - statistics.median(values) for values in samples if len(values) > 1
             for value in values]
    # Of n values one is the median itself or two are as far from it: n - 1 are free.
    free = sum(len(values) - 1 for values in samples if len(values) > 1)
    # A busy machine's late samples count too: few may decide a median of few.
    sigma = 1.2533 * statistics.mean([abs(value) for value in apart]) * len(apart) / free
    return [1.2533 * sigma / len(values) ** 0.5 for values in samples]


class Step:
    """Between points @index and @index + 1 of a series: it grew by @grown, @excess more than
    it usually does over such a distance; @limit is what could be noise. A @spike comes and
    goes: the next step takes it back."""

    def __init__(self, index, grown, usual, limit):
        self.index, self.grown, self.usual, self.limit = index, grown, usual, limit
        self.excess = grown - usual
        self.spike = False


class Growth:
    """How a quantity grows along a series of points: @places are their numbers, increasing,
    @samples a list of values for each. A count is @exact: once is enough.

    slope	usual growth for each one more: the median of the steps'"""

    def __init__(self, places, samples, exact=False):
        self.places, self.samples, self.exact = places, samples, exact
        self.medians = [statistics.median(values) for values in samples]
        self.gaps = [after - before for before, after in zip(places, places[1:])]
        self.grown = [after - before for before, after in zip(self.medians, self.medians[1:])]
        rates = [grown / gap for grown, gap in zip(self.grown, self.gaps)]
        self.slope = statistics.median(rates) if rates else 0.0
        self.scatter = deviation(rates) if rates else 0.0

    def is_certain(self, least=0.0001):
        """Is there growth, above @least, that the scatter of the steps does not explain?"""
        error = self.scatter / max(len(self.grown), 1) ** 0.5
        return abs(self.slope) >= max(2 * error, least)

    def excess(self, index):
        """What step @index grew above the usual."""
        return self.grown[index] - self.slope * self.gaps[index]

    def limit(self, index, least=0.0):
        """What excess of step @index may be noise, or is of no interest."""
        errors = spread(self.samples)
        error = (errors[index] ** 2 + errors[index + 1] ** 2) ** 0.5 if errors else 0.0
        whole = max(abs(value) for value in self.medians)
        return max(SIGMAS * error, SIGMAS * self.scatter * self.gaps[index],
                   LEAST_SHARE * whole, least)

    def can_tell(self):
        return len(self.places) >= 4 and (self.exact or spread(self.samples) is not None)

    def steps(self, least=0.0):
        """The discontinuities. Of less than four points none: there would be no usual; and
        none of times that were taken once: nobody knows how they vary."""
        found = []
        if not self.can_tell():
            return found
        for index, grown in enumerate(self.grown):
            step = Step(index, grown, self.slope * self.gaps[index], self.limit(index, least))
            if abs(step.excess) > step.limit:
                found.append(step)
        for step, after in zip(found, found[1:]):
            if after.index == step.index + 1 and \
                    abs(step.excess + after.excess) < abs(step.excess) / 2:
                step.spike = after.spike = True
        return found


def attribute(step, places, series):
    """What a step consists of: [(key, grown, excess)], the largest excess first. @series is
    {key: [samples of each point]}; keys that carry less than a tenth of the step's excess are
    left out, and those that go against it."""
    carried = []
    for key, samples in series.items():
        growth = Growth(places, samples)
        excess = growth.excess(step.index)
        if excess * step.excess > 0 and abs(excess) >= NAMED_SHARE * abs(step.excess):
            carried.append((key, growth.grown[step.index], excess))
    return sorted(carried, key=lambda row: -abs(row[2]))


def biggest(index, places, series, least):
    """The counts whose growth at step @index is out of the ordinary by @least or more:
    [(key, grown, excess)], the largest first."""
    rows = []
    for key, samples in series.items():
        growth = Growth(places, samples)
        excess = growth.excess(index)
        if abs(excess) >= max(least, SIGMAS * growth.scatter * growth.gaps[index]):
            rows.append((key, growth.grown[index], excess))
    return sorted(rows, key=lambda row: -abs(row[2]))
