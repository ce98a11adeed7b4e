#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module comes and goes, a hundred times, with disks on its bus and processors of the host that
# have other things to do: each time an interrupt may be under way when what it belongs to goes.
# Without waiting for it an arm64 guest warned or panicked in one run of three.
#
# vmtest: --kernel arm64-6.1 --more stock-6.12,stock-7.3 --bus four-nvme.json --disk-mib 1 --smp 2 --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
busy() { while :; do :; done; }

trap 'kill $(jobs -p) 2>/dev/null' EXIT
for _ in $(seq "$(nproc)"); do
	busy &
done
check "a hundred times" guest 'for n in $(seq 100); do
	modprobe pvpci && sleep 0.05 && rmmod pvpci || { echo "time $n"; exit 1; }; done'
check "and once more, for use" guest "modprobe nvme && modprobe pvpci"
within "four disks" 60 guest '[ "$(cat /sys/class/nvme/*/state | grep -c live)" = 4 ]'
ktap_end
