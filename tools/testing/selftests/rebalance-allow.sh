#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is allowed for 256 functions is listed for all of them.
#
# vmtest: --kernel stock-6.12 --bus many-functions.json --file lib/ktap.sh --timeout 600
# x86: not seen to run on arm64 yet
set -u
# shellcheck source=lib/ktap.sh
. /vmtest/ktap.sh

allow=/sys/kernel/pci_rebalance/allow
functions() { (cd /sys/bus/pci/devices && echo 1000?:*); }
are_there() { [ "$(functions | wc -w)" -eq 256 ]; }

check "load" sh -c "modprobe pci_rebalance auto=off && modprobe pvpci"
within "256 functions" 120 are_there
for fn in $(functions); do
	echo "$fn in-use" >$allow
done
same "all are listed" "$(for fn in $(functions); do echo "$fn in-use"; done)" "$(cat $allow)"
for fn in $(functions); do
	echo "$fn no" >$allow
done
same "or none" "" "$(cat $allow)"
check "unload" sh -c "rmmod pvpci && rmmod pci_rebalance"
ktap_end
