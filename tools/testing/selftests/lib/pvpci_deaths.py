#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Host script of pvpci-deaths.sh: a death in the midst of each kind of change."""

import sys

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from deaths import Changes, Daemon
from hotplug import Cases, Guest


def main():
    guest, daemon, cases = Guest(), Daemon(), Cases()
    guest.sh("modprobe nvme && modprobe pvpci; "
             "echo 1 >/sys/module/suspend/parameters/pm_test_delay")
    changes = Changes(guest, daemon, "10001")
    cases.run(changes.agree, "start", name="both sides agree")
    cases.run(changes.all_kinds, 1, name="killed while something changes")
    cases.run(changes.quiet, name="nothing was said")
    print("# %d deaths, next one serves after %.0f ms at most" % (
        daemon.kills, max(daemon.restart_ms)))
    cases.finish()


main()
