#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The daemon of 25 disks is killed KILLS times under fio --verify; then while something
# changes: an add, an eject, a function level reset, a rebalance, a suspend, an enumeration.
# It has happened or it has not, and the guest and the next daemon say the same of it.
# "make soak-restart" does it ten times as often.
#
# vmtest: --kernel stock-6.12 --mem 1536 --append no_console_suspend --bus ../soak/restart-bus.json --keeper --disk-mib 16 --host self --timeout 1500
# x86: not seen to run on arm64 yet
KILLS=${KILLS:-100} exec /usr/bin/python3 "$(dirname "$0")/../soak/restart_bus.py"
