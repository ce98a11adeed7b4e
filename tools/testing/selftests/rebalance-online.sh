#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pvpcictl rebalance --online: room is made by moving a controller of a stock driver whose disk is
# mounted, under fio that writes and verifies. It gets a second path for that time, which goes
# again. There is no "share", no multipath, the second path does not come, the driver does not come
# back, every single change of the move fails once before it succeeds: no I/O fails, and all is as
# it was, or it is said what is not.
#
# vmtest: --kernel stock-6.12 --more stock-6.1 --bus rebalance-online.json --disk-mib 16 --host self --timeout 900
# x86: not seen to run on arm64 yet
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$(dirname "$0")/lib/every_change.sh"
# shellcheck source=lib/passes.sh
. "$(dirname "$0")/lib/passes.sh"
# What this sets:
stay='' left=0 bus=''
# shellcheck source=lib/shared_disks.sh
. "$(dirname "$0")/lib/shared_disks.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

dir=/sys/kernel/pci_rebalance

# state: all that a move may change
state()
{
	timeout 60 sh -c "until \"$GUEST\" '[ \$(grep -l live $bus:*/nvme/nvme*/state | wc -l) -eq $left ]'; do
		sleep 0.2; done" 2>/dev/null
	guest 'grep -v nvme /proc/iomem; cd /sys/bus/pci/devices; for fn in 10001:*; do
		echo $fn; readlink $fn/driver; head -n 7 $fn/resource
		hexdump -v -s 4 -n 2 $fn/config; hexdump -v -s 16 -n 24 $fn/config; done'
	ctl --json space
}

# refused NAME WORDS OPTION...: and nothing has changed
refused()
{
	local name=$1 words=$2 output status=0

	shift 2
	state >before 2>/dev/null
	output=$(ctl rebalance "$@" 2>&1) || status=$?
	echo "# ${output//$'\n'/ }"
	[ $status -eq 1 ] && grep -qE -- "$words" <<<"${output//$'\n'/ }"
	ktap_result $? "$name: refused"
	state >now 2>/dev/null
	check "$name: nothing has changed" diff before now
}

allow_all()
{
	local slot

	for slot in $stay; do
		guest "echo 10001:00:$slot.0 idle >$dir/allow"
	done
}

check "load" guest "modprobe nvme && modprobe pvpci && modprobe ext4 && modprobe pci_rebalance auto=off"
within "the aperture is full" 60 live 8
holes
allow_all
make_all
mount_all
refused "no \"share\"" "in use, not by NVMe multipath alone" --online --room 256K
umount_all

# A kernel that does not want it.
for slot in $stay; do
	check "$slot leaves, too" ctl eject --timeout=60 "$slot.0"
done
share
holes
allow_all
make_all
check "without multipath" guest "rmmod nvme && rmmod nvme_core && modprobe nvme_core multipath=N && modprobe nvme"
mount_all
refused "without multipath" "in use, not by NVMe multipath alone" --online --room 256K
umount_all
check "with multipath" guest "rmmod nvme && rmmod nvme_core && modprobe nvme"
mount_all

write_all
fio=$!
within "fio writes and verifies on all of them" 120 more_passes 0

refused "without a second path" "stays: in use" --room 256K
check "what would move" ctl rebalance --online --dry-run --room 256K
refused "more than there is" "missing" --online --room 1M
guest "until echo 10001:00:1f.0 >/sys/bus/pci/drivers/nvme/unbind || [ -e /tmp/enough ]; do sleep 0.02; done 2>/dev/null" &
unbinder=$!
refused "a second path that goes again" "stays: in use|no driver|failed" --online --room 256K --timeout 15
guest "touch /tmp/enough"
wait $unbinder

# A driver that does not come back leaves its disk to the helper, which stays.
state >before
for slot in $stay; do
	guest "echo none >$bus:$slot.0/driver_override"
done
status=0
output=$(ctl rebalance --online --room 256K --timeout 15 2>&1) || status=$?
echo "# ${output//$'\n'/ }"
same "a driver that does not come back: status" 1 $status
check "it is said, and that a helper stays" grep -q "lost its driver.*1f.0, a second path, is left" \
	<<<"${output//$'\n'/ }"
goes_on "by the helper"
for slot in $stay; do
	guest "echo >$bus:$slot.0/driver_override; echo 10001:00:$slot.0 >/sys/bus/pci/drivers/nvme/bind" 2>/dev/null
done
within "it is back" 60 live $((left + 1))
check "the helper is ejected" ctl eject --timeout=60 1f.0
state >now
check "nothing has changed" diff before now

quiet=$(worst)
guest ": >/tmp/worst"
online() { ctl rebalance --online --room 256K --timeout 120 >out; }
every_change "move what is mounted" state online
sed 's/^/# /' out
check "it tells of the second path" grep -q "meanwhile: 1f.0 as a second path" out
same "no helper is left" "$left" "$(functions)"
check "the room is there" eval 'ctl rebalance --dry-run --room 256K | grep -q "nothing has to move"'
goes_on "moved"
guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
echo "# $(passes) passes, the longest time for one I/O was $(worst) us, and $quiet us before"
umount_all
all_sound
ktap_end
