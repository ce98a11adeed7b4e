# SPDX-License-Identifier: GPL-2.0
"""Boots that were recorded with bootcost --ports 2 --keep, shortened: of the reads of absent
devices a few stand for thousands."""
import gzip
import os

from record import Record

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded")
PORTS = 2


def lines(kind):
    """[(when, text)] of the console, the first being QEMU's start."""
    with gzip.open(os.path.join(HERE, kind + ".console.gz"), "rt", encoding="utf-8") as file:
        return [(float(line.split(" ", 1)[0]), line.rstrip("\n").split(" ", 1)[1])
                for line in file]


def events(kind):
    """Lines of QEMU's trace."""
    with gzip.open(os.path.join(HERE, kind + ".trace.gz"), "rt", encoding="utf-8") as file:
        return list(file)


def record(kind, without=""):
    """The Record of a boot; @without leaves out the trace events of that name."""
    text = lines(kind)
    return Record(kind, text[0][0], text[-1][0], text[1:],
                  [line for line in events(kind) if not without or without not in line])
