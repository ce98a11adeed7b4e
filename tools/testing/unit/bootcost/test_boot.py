# SPDX-License-Identifier: GPL-2.0
"""One boot: what the guest and QEMU told, and where the time went."""
import unittest

import recorded
from console import Clock, KernelLog, Lines, graph, stamped, undump
from phases import GROUPS, LEAVES, PARTS, STAGES, divide, leaf_seconds
from trace import NOBODY, Trace, counts, ecam, unclocked


class Console(unittest.TestCase):
    def test_line_has_the_time_of_its_first_byte(self):
        lines = Lines()
        lines.feed(b"one\r\ntw", 1.0)
        lines.feed(b"o\nlogin: ", 2.0)
        self.assertEqual(lines.lines, [(1.0, "one"), (1.0, "two")])
        self.assertEqual(lines.unfinished(), "login: ")

    def test_stamp(self):
        self.assertEqual(stamped("[    1.500000] pci 0000:00:00.0"), (1.5, "pci 0000:00:00.0"))
        self.assertEqual(stamped("[    1.500000][    T1] text"), (1.5, "text"))
        self.assertEqual(stamped("SeaBIOS (version 1)"), (None, "SeaBIOS (version 1)"))

    def test_soonest_line_tells_the_clock(self):
        clock = Clock([(100.9, "[ 0.500000] late"), (101.1, "[ 1.000000] sooner"), (105.0, "x")])
        self.assertAlmostEqual(clock.zero, 100.1)
        self.assertAlmostEqual(clock.host(2.0), 102.1)
        self.assertIsNone(Clock([(1.0, "no time")]).zero)

    def test_lines_after_the_console_correct_the_clock(self):
        """The guest's clock is ten per cent slow; what waited for the console tells nothing."""
        clock = Clock([(20.0, "[ 1.000000] waited"), (20.0, "[ 2.000000] console [ttyS0] enabled"),
                       (31.0, "[ 12.000000] a"), (42.0, "[ 22.000000] b")])
        self.assertAlmostEqual(clock.zero, 18.0)
        self.assertAlmostEqual(clock.host(12.0), 31.0)
        self.assertAlmostEqual(clock.host(22.0), 42.0)

    def test_recorded_log(self):
        log = KernelLog(undump(recorded.lines("profiled"))[0])
        names = {name for name, _, _, _ in log.initcalls}
        self.assertLessEqual({"acpi_init", "pci_subsys_init", "pcibios_assign_resources",
                              "pcie_portdrv_init"}, names)
        self.assertTrue(any(module for _, module, _, _ in log.initcalls))
        probed = [device for device, _, _ in log.probes]
        self.assertEqual([probed.count("0000:00:04.%d" % port) for port in range(3)], [1, 1, 0])
        self.assertLess(log.run_init, log.marks["init"])
        self.assertLess(log.marks["modules"], log.marks["ready"])
        for _, _, start, end in log.initcalls:
            self.assertLessEqual(start, end)

    def test_time_of_an_initcall_is_between_its_lines(self):
        log = KernelLog(["[ 1.000000] calling  acpi_init+0x0/0x10 @ 1",
                         "[ 1.250000] initcall acpi_init+0x0/0x10 returned 0 after 4000 usecs",
                         "[ 2.000000] calling  nvme_init+0x0/0x10 [nvme] @ 7",
                         "[ 2.500000] initcall nvme_init+0x0/0x10 [nvme] returned 0 after 9 usecs"])
        self.assertEqual(log.initcalls, [("acpi_init", None, 1.0, 1.25),
                                         ("nvme_init", "nvme", 2.0, 2.5)])
        self.assertEqual(len(log.builtin()), 1)

    def test_functions(self):
        found = graph(undump(recorded.lines("profiled"))[1])
        self.assertEqual(found["pci_acpi_scan_root"][0], 1)
        self.assertEqual(found["pcie_portdrv_probe"][0], recorded.PORTS)
        self.assertGreater(found["pcie_portdrv_probe"][1], 0)
        # One that was interrupted by another processor's ends on a line of its own.
        self.assertEqual(graph([" 1)   |  f() {", " 1) * 52714.25 us |  } /* f */",
                                " 0) + 12.500 us   |  g();"]),
                         {"f": (1, 0.05271425), "g": (1, 1.25e-05)})

    def test_damaged_dump_is_none(self):
        self.assertEqual(undump([(0, "bootcost-dump-begin"), (0, "H4sI!"),
                                 (0, "bootcost-dump-end")]), ([], []))


class Events(unittest.TestCase):
    def test_recorded_config_accesses(self):
        """Every config access of a device is told twice, as that and as an access."""
        trace, text = Trace(recorded.events("counted")), recorded.events("counted")
        for op, event in (("r", ":pci_cfg_read "), ("w", ":pci_cfg_write ")):
            told = sum(event in line for line in text)
            self.assertGreater(told, 100)
            self.assertEqual(told, sum(access.op == op and access.device not in (None, NOBODY)
                                       for access in trace.accesses))
        ports = {access.where for access in trace.accesses if access.device == "pcie-root-port"}
        self.assertEqual(ports, {"00:04.0", "00:04.1"})

    def test_nobody_is_there(self):
        trace = Trace([
            "1@5.0:memory_region_ops_write cpu 0 mr 0x1 addr 0xcf8 value 0x80012a10 size 4 "
            "name 'pci-conf-idx'",
            "1@5.1:memory_region_ops_read cpu 0 mr 0x1 addr 0xcfe value 0xffff size 2 "
            "name 'pci-conf-data'",
            "1@5.2:pci_cfg_read nvme 01:05.2 @0x12 -> 0x0",
            "1@5.3:memory_region_ops_read cpu 0 mr 0x1 addr 0xcfe value 0x0 size 2 "
            "name 'pci-conf-data'",
            "1@5.4:memory_region_ops_write cpu 0 mr 0x1 addr 0xcfe value 0x0 size 2 "
            "name 'pci-conf-data'",
            "1@5.5:pci_cfg_write nvme 01:05.2 @0x12 <- 0x0", "not of a trace"])
        self.assertEqual([(a.op, a.device, a.where, a.register) for a in trace.accesses[1:]],
                         [("r", NOBODY, "01:05.2", 0x12), ("r", "nvme", "01:05.2", 0x12),
                          ("w", "nvme", "01:05.2", 0x12)])

    def test_memory_mapped_config_space(self):
        self.assertEqual(ecam(0xb0000000 + (3 << 20 | 4 << 15 | 1 << 12 | 0x100)),
                         ("03:04.1", 0x100))
        self.assertEqual(ecam(0x3f000000 + (3 << 20 | 4 << 15 | 1 << 12 | 8)), ("03:04.1", 8))
        self.assertEqual(ecam(0x4010000000 + (255 << 20 | 31 << 15 | 7 << 12)), ("ff:1f.7", 0))

    def test_console_is_no_access_but_tells_the_time(self):
        text = ["1@7.%d:memory_region_ops_write cpu 0 mr 0x1 addr 0x3f8 value 0x%x size 1 "
                "name 'serial'" % (at, byte) for at, byte in enumerate(b"hi\n")]
        trace = Trace(text)
        self.assertEqual((trace.accesses, trace.printed.lines), ([], [(7.0, "hi")]))

    def test_counts_have_phases(self):
        record = recorded.record("counted")
        counted = record.counts()
        phases = {phase for phase, _, _, _ in counted["config"]}
        self.assertLessEqual({"firmware", "entry", "pci-scan", "port-drivers"}, phases)
        # Linux asks all buses for peers of the root bus; firmware sizes the ports' windows.
        self.assertGreater(counted["config"][("pci-scan", NOBODY, "r", 0)], 0)
        self.assertGreater(counted["config"][("firmware", "pcie-root-port", "w", 0x19)], 0)
        ports = {phase: sum(n for (at, device, _, _), n in counted["config"].items()
                            if (at, device) == (phase, "pcie-root-port")) for phase in phases}
        self.assertGreater(ports["port-drivers"], 10)
        # The scan of the bus is not ACPI's work, though it is in ACPI's initcall.
        self.assertGreater(ports["pci-scan"], 300)
        self.assertLess(ports.get("acpi", 0), 10)

    def test_nothing_after_the_end_counts(self):
        record = recorded.record("counted")
        before = record.counts()
        record.end = record.bounds.span("firmware")[1]
        after = counts([a for a in record.trace.accesses if a.when <= record.end], lambda _: "x")
        self.assertEqual(sum(record.counts()["regions"].values()), sum(after["regions"].values()))
        self.assertLess(sum(after["regions"].values()), sum(before["regions"].values()))


    def test_clocks_are_left_out(self):
        regions = recorded.record("counted").counts()["regions"]
        self.assertTrue(any(region == "hpet" for _, region in regions))
        self.assertEqual({region for _, region in regions} -
                         {region for _, region in unclocked(regions)}, {"hpet", "ioapic"})


class Phases(unittest.TestCase):
    def test_stages_add_up(self):
        for kind in ("plain", "profiled", "counted"):
            record = recorded.record(kind)
            self.assertAlmostEqual(sum(record.stages().values()), record.seconds(), 6)
            self.assertEqual(tuple(record.stages()), STAGES)
            self.assertTrue(all(seconds > 0 for seconds in record.stages().values()))

    def test_parts_add_up(self):
        record = recorded.record("profiled")
        leaves = record.leaves()
        self.assertAlmostEqual(sum(leaves.values()), record.seconds(), 6)
        for stage, parts in PARTS.items():
            self.assertAlmostEqual(sum(leaves[part] for part in parts), record.stages()[stage], 6)
            self.assertTrue(all(leaves[part] > 0 for part in parts))

    def test_scan_is_taken_out_of_acpi(self):
        record = recorded.record("profiled")
        with_ftrace = record.leaves()
        without = leaf_seconds(record.bounds, record.log, {})
        self.assertAlmostEqual(sum(with_ftrace.values()), sum(without.values()), 6)
        scan = record.functions["pci_acpi_scan_root"][1]
        calls = sum(end - start for name, _, start, end in record.log.initcalls
                    if GROUPS.get(name) == "pci-scan")
        self.assertAlmostEqual(with_ftrace["pci-scan"], calls + scan +
                               record.functions["pci_bus_add_devices"][1], 6)
        self.assertLess(with_ftrace["acpi"] + scan, sum(
            end - start for name, _, start, end in record.log.initcalls if name == "acpi_init"))
        # Without ftrace the kernel's lines tell, a little less.
        self.assertGreater(without["pci-scan"], scan / 2)
        record.log.scans = []
        self.assertLess(leaf_seconds(record.bounds, record.log, {})["pci-scan"],
                        without["pci-scan"])

    def test_division_keeps_the_whole(self):
        plain, profiled = recorded.record("plain"), recorded.record("profiled")
        divided = plain.divided(profiled)
        self.assertAlmostEqual(sum(divided.values()), plain.seconds(), 6)
        self.assertLessEqual(set(divided), set(LEAVES))
        self.assertEqual(divide({"kernel": 3.0, "init": 1.0}, {"early": 1.0, "late": 2.0})["late"],
                         2.0)
        self.assertEqual(divide({"kernel": 3.0}, {}), {"kernel": 3.0})

    def test_stage_without_a_trace_is_part_of_the_next(self):
        whole = recorded.record("plain").stages()
        merged = recorded.record("plain", without="fw_cfg_select").stages()
        self.assertNotIn("firmware", merged)
        self.assertAlmostEqual(merged["entry"], whole["firmware"] + whole["entry"], 6)
        self.assertAlmostEqual(sum(merged.values()), sum(whole.values()), 6)
