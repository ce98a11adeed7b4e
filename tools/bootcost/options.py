# SPDX-License-Identifier: GPL-2.0
"""The command line: our options, then QEMU's."""
import argparse
import os
import re

import firmware
import plot
from topology import KINDS, MACHINES, MOST, SLOTS, Topology, Unavailable

UNTIL = r"Run \S+ as init process|login: *$"


def numbers(text):
    """"3", "0,4,8", "0..16" and "0..256/64", and lists of them: increasing numbers."""
    found = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:\.\.(\d+)(?:/(\d+))?)?", part)
        if not match:
            raise argparse.ArgumentTypeError("%r is no number, list or range such as 0..16/4" %
                                             text)
        first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if last < first or step < 1:
            raise argparse.ArgumentTypeError("%r is empty" % part)
        found.update(range(first, last + 1, step))
    return sorted(found)


def positive(text):
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError("%r is not 1 or more" % text)
    return value


def pattern(text):
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError("%r: %s" % (text, error)) from None
    return text


def picture(path):
    try:
        plot.terminal(path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(error) from None
    return path


def parser(description):
    args = argparse.ArgumentParser(
        prog="bootcost", description=description, allow_abbrev=False,
        usage="bootcost [OPTION...] [--] [QEMU-OPTION...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 all was measured, 1 a boot failed, 2 wrong usage or something "
        "is missing,\n130 interrupted. A discontinuity is no failure.")
    for kind, what in (("ports", "PCIe root ports"), ("bridges", "pci-bridge with SHPC"),
                       ("functions", "NVMe functions on a pvpci bus")):
        args.add_argument("--" + kind, type=numbers, default=[0], metavar="N|A..B[/STEP]|LIST",
                          help="%s, 0 to %d; one of these may be more than one number" % (
                              what, MOST[kind]))
    args.add_argument("--device", default="", metavar="DRIVER[,PROP=V...]",
                      help="a QEMU device in each port and bridge, such as nvme")
    args.add_argument("--apart", action="store_true", help="each port a device of the root bus "
                      "(%d at most), instead of eight to a device" % SLOTS)
    args.add_argument("--machine", choices=list(MACHINES), default="q35")
    args.add_argument("--firmware", choices=list(firmware.FILES), help="(the machine's usual one)")
    args.add_argument("--kernel", metavar="NAME|FILE", help="of our guest: a row of "
                      "tools/testing/vmtest/kernels (stock-6.12, on virt arm64-6.12), or an image; "
                      "-kernel among QEMU's options, or \"--kernel none\", means your own guest")
    args.add_argument("--until", type=pattern, metavar="REGEX", help="the line that ends a boot "
                      "of your own guest (%s)" % UNTIL.replace("%", "%%"))
    args.add_argument("--runs", type=positive, default=5, help="boots of each kind and point "
                      "(%(default)s)")
    args.add_argument("--timeout", type=positive, default=300, metavar="S",
                      help="of one boot (%(default)s)")
    args.add_argument("--qemu-program", dest="program", metavar="FILE",
                      help="(the machine's, of $PATH)")
    args.add_argument("--json", metavar="FILE", help="everything measured")
    args.add_argument("--plot", type=picture, action="append", default=[],
                      metavar="FILE.svg|FILE.png", help="phases, stacked; may be repeated")
    args.add_argument("--keep", metavar="DIR", help="the console, with times, and QEMU's trace, of "
                      "the last boot of each point and kind")
    args.add_argument("--pvpcid", metavar="FILE", help="(build/bin/pvpcid)")
    return args


def split(words, args):
    """(ours, QEMU's): QEMU's begin at "--" or at the first word that is no option of ours."""
    known = {name: action for action in args._actions    # pylint: disable=protected-access
             for name in action.option_strings}
    at = 0
    while at < len(words):
        name, equals, _ = words[at].partition("=")
        if words[at] == "--":
            return words[:at], words[at + 1:]
        if name not in known:
            if name.startswith("--"):
                args.error("unknown option %s (QEMU's own come after --)" % name)
            return words[:at], words[at:]
        at += 1 if equals or known[name].nargs == 0 else 2
    return words, []


def parse(words, description):
    """Options with .qemu, .kind (what varies), .topologies, .own (the user's guest)."""
    args = parser(description)
    ours, qemu = split(words, args)
    options = args.parse_args(ours)
    options.qemu = qemu
    varying = [kind for kind in KINDS if len(getattr(options, kind)) > 1]
    if len(varying) > 1:
        args.error("--%s and --%s both vary: one at a time" % tuple(varying[:2]))
    given = [kind for kind in KINDS if getattr(options, kind) != [0]]
    options.kind = (varying or given or ["ports"])[0]
    options.own = "-kernel" in qemu or options.kernel == "none"
    if options.own and options.kernel not in (None, "none"):
        args.error("--kernel %s and -kernel: which one?" % options.kernel)
    if options.own and options.functions != [0]:
        args.error("--functions needs our guest: yours knows nothing of their host")
    if options.until and not options.own:
        args.error("--until is for your own guest; ours tells when it is ready")
    if options.own and any(word in ("-machine", "-M") for word in qemu) and \
            any(word.startswith("--machine") for word in ours):
        args.error("--machine and -machine: which one?")
    options.until = options.until or UNTIL
    options.kernel = options.kernel or (
        "arm64-6.12" if options.machine == "virt" else "stock-6.12")
    if options.device and options.ports == [0] and options.bridges == [0]:
        args.error("--device needs --ports or --bridges to be in")
    for path in [options.json, *options.plot]:
        directory = os.path.dirname(os.path.abspath(path or "x"))
        if not os.path.isdir(directory):
            args.error("no directory %s" % directory)
    try:
        options.topologies = [Topology(options.machine, options.firmware, device=options.device,
                                       apart=options.apart, **{
            kind: number if kind == options.kind else getattr(options, kind)[0] for kind in KINDS})
                              for number in getattr(options, options.kind)]
        options.topologies[0].machine_options()
    except (Unavailable, firmware.Missing) as error:
        args.error(str(error))
    return options
