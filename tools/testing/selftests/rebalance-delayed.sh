#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Linux 6.16 and later: a disk of NVMe multipath that waits for its path (delayed_removal_secs). Its
# controller, the only one it has, moves under a mounted file system that fio writes and verifies:
# the I/O stands still, and goes on. One that does not wait, waits too short, or whose character
# device is open, stays.
#
# vmtest: --kernel stock-7.3 --bus shared-disks.json --disk-mib 16 --host self --timeout 600
# x86: not seen to run on arm64 yet, where no kernel of Debian 12 has this
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/passes.sh
. "$(dirname "$0")/lib/passes.sh"
# What this sets:
stay='' left=0
# shellcheck source=lib/shared_disks.sh
. "$(dirname "$0")/lib/shared_disks.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

places() { for slot in $stay; do base "$slot.0"; done; }
# wait_for SECONDS: how long all disks wait
wait_for() { guest "for file in /sys/block/nvme*n1/delayed_removal_secs; do echo $1 >\$file || exit; done"; }

# refused NAME
refused()
{
	local before output status=0

	before=$(places)
	output=$(ctl rebalance --room 256K 2>&1) || status=$?
	echo "# ${output//$'\n'/ }"
	same "$1: refused" 1 $status
	check "$1: since it is in use" grep -q "stays: in use" <<<"$output"
	same "$1: nobody has moved" "$before" "$(places)"
}

check "load" guest "modprobe nvme && modprobe pvpci && modprobe ext4 && modprobe pci_rebalance auto=off"
within "the aperture is full" 60 live 8
holes
for slot in $stay; do
	guest "echo 10001:00:$slot.0 idle >/sys/kernel/pci_rebalance/allow"
done
make_all
mount_all
write_all
fio=$!
within "fio writes and verifies on all of them" 120 more_passes 0
refused "disks that do not wait"
check "they wait for as long as it may take" wait_for 60
refused "disks that wait for as long as it may take"
check "they wait for longer" wait_for 120
check "their character devices are open" guest "for node in /dev/ng*n1; do
	sleep 1000 <\$node & done >/dev/null 2>&1; sleep 1; [ \$(ls -l /proc/*/fd/0 | grep -c /dev/ng) -ge $left ]"
refused "character devices that are open"
guest "killall sleep"
before=$(places)
check "they move" eval 'ctl rebalance --room 256K --timeout 120 >out'
sed 's/^/# /' out
check "somebody has moved" [ "$before" != "$(places)" ]
same "without a second path" "$left" "$(functions)"
goes_on "moved"
guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
echo "# $(passes) passes, the longest time for one I/O was $(worst) us"
umount_all
all_sound
ktap_end
