# SPDX-License-Identifier: GPL-2.0
"""The command line, and what it makes QEMU start."""
import contextlib
import io
import unittest

import options
from guest import Given
from topology import Topology, Unavailable


def refused(*words):
    """What is said of a command line that is refused."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            options.parse(list(words), "")
        except SystemExit as end:
            assert end.code == 2, end.code
            return said.getvalue().splitlines()[-1]
    return "taken"


class Options(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual(options.numbers("0..16/4"), [0, 4, 8, 12, 16])
        self.assertEqual(options.numbers("8,0..2,1"), [0, 1, 2, 8])

    def test_qemus_begin_where_ours_end(self):
        taken = options.parse(["--ports", "0..2", "--runs=2", "-m", "2G", "--ports"], "")
        self.assertEqual((taken.ports, taken.runs, taken.qemu), ([0, 1, 2], 2,
                                                                 ["-m", "2G", "--ports"]))
        taken = options.parse(["--ports", "1", "--", "--enable-kvm"], "")
        self.assertEqual((taken.qemu, taken.own), (["--enable-kvm"], False))
        self.assertEqual([topology.ports for topology in taken.topologies], [1])

    def test_refusals(self):
        for words, text in (
                (["--ports", "x"], "'x' is no number, list or range"),
                (["--ports", "5..2"], "'5..2' is empty"),
                (["--ports", "0..201"], "201 ports: 0 to 200 are possible"),
                (["--ports", "0..1", "--bridges", "0..1"], "both vary: one at a time"),
                (["--runs", "0"], "'0' is not 1 or more"),
                (["--prots", "1"], "unknown option --prots"),
                (["--machine", "pc", "--ports", "1"], "pc has no PCI Express"),
                (["--machine", "microvm", "--firmware", "ovmf"], "microvm has no firmware ovmf"),
                (["--device", "nvme"], "--device needs --ports or --bridges"),
                (["--plot", "a.gif"], "a.gif: it has to end with .svg or .png"),
                (["--json", "/no/such/place"], "no directory /no/such"),
                (["--functions", "2", "-kernel", "x"], "--functions needs our guest"),
                (["--until", "x"], "--until is for your own guest"),
                (["--kernel", "stock-6.1", "-kernel", "x"], "which one?"),
                (["--kernel", "none", "--until", "("], "'(': ")):
            self.assertIn(text, refused(*words))

    def test_topology(self):
        words = Topology(ports=9, device="nvme").devices()
        ports = [word for word in words if word.startswith("pcie-root-port")]
        self.assertEqual(len(ports), 9)
        self.assertEqual([word.split("addr=")[1].split(",")[0] for word in (ports[0], ports[8])],
                         ["4.0", "5.0"])
        self.assertEqual(sum(word.startswith("nvme,bus=rp") for word in words), 9)
        self.assertIn("addr=7.0", Topology(ports=4, apart=True).devices()[7])
        self.assertRaises(Unavailable, Topology, ports=27, apart=True)
        self.assertIn("shpc=on", Topology(bridges=1).devices()[1])
        self.assertIsNone(Topology().bus())
        slots = [function["slot"] for function in Topology(functions=33).bus()["functions"]]
        self.assertEqual((slots[0], slots[32], len(set(slots))), ("00.0", "00.1", 33))
        self.assertRaises(Unavailable, Topology, "virt", "seabios")

    def test_own_guest(self):
        given = ["-kernel", "bzImage", "-append", "root=/dev/vda", "-nographic"]
        guest, topology = Given("login:"), Topology()
        self.assertEqual(guest.strip(given), ["-kernel", "bzImage", "-nographic"])
        plain = guest.options(topology, "plain", given, "")
        self.assertEqual(plain[plain.index("-append") + 1], "root=/dev/vda console=ttyS0")
        self.assertNotIn("-serial", plain)
        profiled = guest.options(topology, "profiled", given, "")
        self.assertIn("initcall_debug", profiled[profiled.index("-append") + 1])
        # A disk boots with its own command line, and its machine is the user's.
        disk = guest.options(topology, "profiled", ["-hda", "x", "-M", "pc"], "")
        self.assertNotIn("-append", disk)
        self.assertNotIn("-machine", disk)
        self.assertIn("-serial", disk)
