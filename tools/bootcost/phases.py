# SPDX-License-Identifier: GPL-2.0
"""Where the time of one boot goes.

Stages follow each other and add up to the boot; parts divide a stage, and add up to it.

qemu		QEMU's start to the guest's first instruction
firmware	to the kernel being loaded (fw_cfg's last answer)
entry		to the kernel's clock: its decompression and first lines
kernel		to the first program
	early, pci-scan, pci-assign, port-drivers, acpi, initcalls, late
init		the first program, to its end or to loading modules
modules		our guest alone: from the first to every device having its driver
	modules, driver-probes
"""
from bisect import bisect_right

STAGES = ("qemu", "firmware", "entry", "kernel", "init", "modules")
PARTS = {"kernel": ("early", "pci-scan", "pci-assign", "port-drivers", "acpi", "initcalls",
                    "late"),
         "modules": ("modules", "driver-probes")}
# In the order in which they begin; a stage that could not be divided is one itself.
LEAVES = tuple(dict.fromkeys(leaf for stage in STAGES for leaf in (*PARTS.get(stage, ()), stage)))
# Initcalls that are PCI's; the rest are "initcalls".
GROUPS = {
    "acpi_init": "acpi",
    "pci_subsys_init": "pci-scan", "pci_legacy_init": "pci-scan", "pci_arch_init": "pci-scan",
    "gen_pci_driver_init": "pci-scan", "pci_host_common_init": "pci-scan",
    "pcibios_assign_resources": "pci-assign", "pci_apply_final_quirks": "pci-assign",
    "pcie_portdrv_init": "port-drivers", "shpcd_init": "port-drivers",
    "pci_hotplug_init": "port-drivers", "acpiphp_init": "port-drivers",
}
# What ftrace times inside an initcall of another group: that much of it belongs here.
FUNCTIONS = {
    "pci_acpi_scan_root": ("acpi_init", "pci-scan"),
    "pci_bus_add_devices": ("acpi_init", "pci-scan"),
    "pci_assign_unassigned_root_bus_resources": ("acpi_init", "pci-assign"),
    "pci_host_probe": ("gen_pci_driver_init", "pci-scan"),
    "pci_assign_unassigned_resources": ("pcibios_assign_resources", "pci-assign"),
    "pcie_portdrv_probe": ("pcie_portdrv_init", "port-drivers"),
    "shpc_probe": ("shpcd_init", "port-drivers"),
}


class Boundaries:
    """When the stages of a boot end, by the host's clock: @stages is [(name, end)], in
    order; one whose end left no trace is part of the next."""

    def __init__(self, start, end, clock, trace, log):
        entered = trace.kernel_entered(clock.zero)
        later = {name: clock.host(stamp) for name, stamp in
                 (("kernel", log.run_init), ("init", log.marks.get("init")))
                 if clock.zero is not None and stamp is not None}
        ends = {"qemu": trace.running, "firmware": entered, "entry": clock.zero, **later}
        self.start, self.end, self.clock = start, end, clock
        self.stages, latest = [], start
        last = "modules" if "init" in later else "init" if "kernel" in later else "kernel"
        for name in STAGES[:STAGES.index(last)]:
            if ends.get(name) is not None:
                # Clocks of two sides: a stage is never shorter than nothing.
                latest = min(max(latest, ends[name]), end)
                self.stages.append((name, latest))
        self.stages.append((last, end))

    def seconds(self):
        """{stage: seconds}; they add up to the boot."""
        spent, begin = {}, self.start
        for name, end in self.stages:
            spent[name], begin = end - begin, end
        return spent

    def span(self, stage):
        """(start, end) of a stage, None when it is not told apart."""
        begin = self.start
        for name, end in self.stages:
            if name == stage:
                return begin, end
            begin = end
        return None


def timeline(bounds, log, scans):
    """[(when, leaf that begins)], by the host's clock, ordered: all of the boot. @scans are
    those that ACPI's initcall has inside, log.scans or none."""
    marks, begin = [], bounds.start
    for name, end in bounds.stages:
        if name == "kernel":
            marks += [(begin, "early")] + kernel_marks(bounds.clock, log.builtin(), scans, begin,
                                                       end)
        elif name == "modules":
            marks += [(begin, "modules")] + probe_marks(bounds.clock, log.probes, begin, end)
        else:
            marks.append((begin, name))
        begin = end
    return marks


def kernel_marks(clock, calls, scans, begin, end):
    """What follows what from the first initcall on; "initcalls" also between two of them."""
    marks, at = [], begin
    for name, _, start, stop in sorted(calls, key=lambda call: call[2]):
        inside = [scan for scan in scans if start <= scan[0] and scan[1] <= stop]
        start, stop = max(clock.host(start), at), min(clock.host(stop), end)
        if stop <= start:
            continue
        leaf = GROUPS.get(name, "initcalls")
        marks.append((start, leaf))
        for scan in inside if leaf == "acpi" else ():
            marks += [(min(max(clock.host(when), start), stop), after)
                      for when, after in zip(scan, ("pci-scan", leaf))]
        marks.append((stop, "initcalls"))
        at = stop
    return marks + [(at, "late")] if marks else []


def probe_marks(clock, probes, begin, end):
    """Times in which any driver looks at a device."""
    marks, at = [], begin
    for _, start, stop in sorted(probes, key=lambda probe: probe[1]):
        start, stop = max(clock.host(start), at), min(clock.host(stop), end)
        if stop > start:
            marks += [(start, "driver-probes"), (stop, "modules")]
            at = stop
    return marks


def leaf_seconds(bounds, log, functions):
    """{leaf: seconds} of a boot with initcall_debug; they add up to the boot. @functions is
    what console.graph() found."""
    # ftrace tells it better than lines.
    marks = timeline(bounds, log, [] if functions else log.scans)
    spent = {}
    for (when, leaf), (until, _) in zip(marks, marks[1:] + [(bounds.end, None)]):
        spent[leaf] = spent.get(leaf, 0.0) + until - when
    for name, (_, seconds) in functions.items():
        caller, leaf = FUNCTIONS.get(name, (None, None))
        group = GROUPS.get(caller)
        if group and group != leaf:
            moved = min(seconds, spent.get(group, 0.0))
            spent[group] = spent.get(group, 0.0) - moved
            spent[leaf] = spent.get(leaf, 0.0) + moved
    return spent


def phase_of(bounds, log):
    """A function that names the leaf of a time, for accesses."""
    marks = timeline(bounds, log, log.scans)
    times = [when for when, _ in marks]
    return lambda when: marks[max(bisect_right(times, when) - 1, 0)][1]


def divide(stages, leaves):
    """Stages of a boot without any tracing, divided in the proportions of one with it:
    {leaf: seconds}, which add up to what the stages do."""
    divided = {}
    for stage, seconds in stages.items():
        parts = {leaf: leaves.get(leaf, 0.0) for leaf in PARTS.get(stage, ())}
        whole = sum(parts.values())
        if whole <= 0:
            divided[stage] = divided.get(stage, 0.0) + seconds
            continue
        for leaf, part in parts.items():
            divided[leaf] = divided.get(leaf, 0.0) + seconds * part / whole
    return divided
