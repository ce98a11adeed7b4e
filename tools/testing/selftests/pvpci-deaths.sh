#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The daemon is killed while something changes: an add, an eject, a function level reset, a
# rebalance, a suspend, an enumeration. It has happened or it has not, and the guest and
# the next daemon say the same of it. "make soak-restart" does it more often.
#
# vmtest: --kernel stock-6.12 --append no_console_suspend --bus restart.json --keeper --host self --timeout 600
exec /usr/bin/python3 "$(dirname "$0")/lib/pvpci_deaths.py"
