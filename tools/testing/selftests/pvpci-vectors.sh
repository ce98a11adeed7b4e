#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 256 functions with four MSI-X vectors each on two processors: more than the
# processors have vectors, so transport vectors are shared. Every vector of every
# function is fired and must be counted once, and only there.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --smp 2 --bus many-functions.json --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }

check "load" guest "modprobe pvpci && modprobe pvpci_testdev"
same "256 functions are bound" 256 \
	"$(guest 'ls -d /sys/bus/pci/drivers/pvpci_testdev/1*:* | wc -l')"
same "each has four vectors" "1024" \
	"$(guest 'cat /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts | wc -l')"
# While a vector begins to be shared, for two seconds, whoever had it alone is called
# each time: the host may have rung for it without saying so. Drivers must bear that.
sleep 3
check "every vector fires" guest 'for fn in /sys/bus/pci/drivers/pvpci_testdev/1*:*; do
	for vector in 0 1 2 3; do echo $vector >$fn/fire || exit 1; done; done'
# counts: pairs of how many vectors came and how often
counts()
{
	guest 'cat /sys/bus/pci/drivers/pvpci_testdev/1*/interrupts' |
		awk '{ n[$2]++ } END { for (c in n) print n[c], c }' | sort -k 2 | xargs
}
comes "every vector came once" "1024 1" counts
check "four functions at once" guest \
	'for fn in /sys/bus/pci/drivers/pvpci_testdev/1*:0[4-7].7; do
		(for vector in 3 2 1 0; do echo $vector >$fn/fire || exit 1; done) &
	done; wait'
comes "their vectors came twice, no other did" "1008 1 16 2" counts
check "DMA works with an interrupt of its own" guest \
	'for fn in /sys/bus/pci/drivers/pvpci_testdev/1*:0[0-3].0; do echo 65536 >$fn/dma || exit 1; done'
same "a vector that is not there is refused" 1 \
	"$(guest 'echo 4 >/sys/bus/pci/drivers/pvpci_testdev/10003:00:00.0/fire'; echo $?)"
check "unload" guest "rmmod pvpci_testdev && rmmod pvpci"
ktap_end
