# SPDX-License-Identifier: GPL-2.0
"""What is known of one boot: what the guest printed, what QEMU's trace says, and what both
come to."""
import trace
from console import Clock, KernelLog, graph, undump
from phases import Boundaries, divide, leaf_seconds, phase_of


class Record:
    """What is known of a boot of @kind: it began at @start and ended at @end, by the host's
    clock, the guest printed @lines, with their times, and @events are QEMU's trace."""

    def __init__(self, kind, start, end, lines, events):
        self.kind, self.start, self.end = kind, start, end
        dumped, ftrace = undump(lines)
        self.log = KernelLog(dumped or [text for _, text in lines])
        self.trace = trace.Trace(events)
        clock = Clock(self.trace.printed.lines or lines)
        # Our guest's last word is not its dump.
        ready = self.log.marks.get("ready")
        if ready is not None and clock.zero is not None:
            self.end = clock.host(ready)
        self.bounds = Boundaries(start, self.end, clock, self.trace, self.log)
        self.functions = graph(ftrace)

    def seconds(self):
        return self.end - self.start

    def stages(self):
        return self.bounds.seconds()

    def leaves(self):
        return leaf_seconds(self.bounds, self.log, self.functions)

    def divided(self, profiled):
        return divide(self.stages(), profiled.leaves())

    def names(self):
        """{initcall or function or "probe DEVICE": seconds}."""
        found = {}
        for name, module, start, end in self.log.initcalls:
            name = "%s [%s]" % (name, module) if module else name
            found[name] = found.get(name, 0.0) + end - start
        for device, start, end in self.log.probes:
            found["probe " + device] = found.get("probe " + device, 0.0) + end - start
        for name, (_, seconds) in self.functions.items():
            found[name + "()"] = seconds
        return found

    def counts(self):
        """trace.counts() of what happened before the end, and KVM's exits by phase."""
        phase = phase_of(self.bounds, self.log)
        counted = trace.counts([access for access in self.trace.accesses
                                if access.when <= self.end], phase)
        counted["exits"] = trace.Counter(phase(when) for when in self.trace.exits
                                         if when <= self.end)
        return counted
