#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 14 functions whose BARs take the host 1.8 s to attach and 1.8 s to detach, as 128 GiB
# each do on real hosts. Drivers that bind all at a time, a suspend, which detaches all
# of them in one request, and the resume: with the parameters as they are, none of them
# gives up on a host that works its way through.
#
# vmtest: --kernel stock-6.12 --append no_console_suspend --bus slow-attach.json --host self --timeout 1000
# x86: not seen to run on arm64 yet
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

# attaches: of all functions, as the daemon counts them
attaches()
{
	pvpcictl --control "$PVPCI_CONTROL" --json stats | python3 -c '
import json, sys
print(*sorted(fn["attaches"] for fn in json.load(sys.stdin)["stats"]["functions"].values()))'
}
each() { printf "$1 %.0s" {1..13}; echo "$1"; }

# works NAME: every function answers its driver, which was told of no failure
works()
{
	same "$1: 14 functions are bound" 14 \
		"$(guest 'ls /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts | wc -l')"
	check "$1: registers and interrupts" guest 'for fn in /sys/bus/pci/drivers/pvpci_testdev/1*:*; do
		echo 3 >$fn/scratch && echo 1 >$fn/fire || exit 1; done'
	same "$1: no request has timed out, no edge has failed" "timeouts 0" \
		"$(guest 'cd /sys/kernel/debug/pvpci/1002e && grep timeouts stats
			grep "failed [1-9]" functions')"
}

guest "mount -t debugfs nodev /sys/kernel/debug 2>/dev/null"
check "load" guest "modprobe pvpci"
same "parameters are the default" "5000 4000" \
	"$(guest 'cd /sys/module/pvpci/parameters && echo $(cat timeout_ms commit_timeout_ms)')"
check "drivers bind all at a time" guest "modprobe pvpci_testdev async_probe=1"
within "they are" 60 guest '[ $(ls /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts | wc -l) -eq 14 ]'
works "bound"
same "each was attached once" "$(each 1)" "$(attaches)"
guest "echo 0 >/sys/module/suspend/parameters/pm_test_delay"
check "suspend and resume" guest "echo platform >/sys/power/pm_test && echo freeze >/sys/power/state"
works "resumed"
same "each was attached once more" "$(each 2)" "$(attaches)"
same "the bus is well" running "$(guest "sed -n 's/^state //p' /sys/kernel/debug/pvpci/1002e/state")"
ktap_end
