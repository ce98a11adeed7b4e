#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A root complex with 24 ports, a switch below one of them, NVMe controllers in two: functions with
# a 64 MiB BAR are hot-added below the switch and in the last port, and find room by themselves while
# nothing that runs moves, the first when every single change of the windows has failed once and was
# undone. What QEMU asks to reserve behind a port (mem-reserve) stays with it.
#
# x86: so many ports leave no I/O space for the serial ports of an arm64 guest
# matrix: stock-6.1
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$here/lib/every_change.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"

if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- stock-6.12
	for kernel; do
		tree_begin
		for n in $(seq 0 23); do
			reserve=
			[ "$n" -ne 9 ] || reserve=",mem-reserve=4M"
			tree_port "$n" "$(printf '%x.%x' $((n / 8 + 2)) $((n % 8))),multifunction=on$reserve"
		done
		tree_switch rp0 3
		tree_disk dp0 8 nvme,serial=dp0,bus=dp0
		tree_disk rp1 8 nvme,serial=rp1,bus=rp1
		tree_run "$kernel" --timeout 400 || bad=1
	done
	exit $bad
fi

dir=/sys/kernel/pci_rebalance
check "load" guest "modprobe nvme; insmod /vmtest/pci_rebalance.ko 2>/dev/null ||
	modprobe pci_rebalance"
within "two disks" 60 guest '[ "$(ls /sys/block | grep -c nvme)" -eq 2 ]'
places='for fn in /sys/bus/pci/drivers/nvme/0*; do echo $fn; head -n 6 $fn/resource; done'
before=$(guest "$places")
reserve="grep -q '0000:00:03.1, never less than 4 MiB' $dir/space"
check "what port 9 reserves is known" guest "$reserve"

# added: the function that was hot-added last
added() { guest 'for fn in /sys/bus/pci/devices/*; do
	[ "$(cat $fn/vendor $fn/device | xargs)" = "0x1af4 0x1110" ] && echo ${fn##*/}; done' | tail -n 1; }
make_room() { guest "echo $new >$dir/request"; }

for port in dp2 rp23; do
	"$QMP" object-add qom-type=memory-backend-ram "id=ram-$port" "size:=$((64 << 20))" >/dev/null
	# This one is only served when each change of the move has failed once, the other at once.
	[ "$port" = rp23 ] || guest "echo 1 >$FAIL_AT"
	"$QMP" device_add driver=ivshmem-plain "memdev=ram-$port" "bus=$port" "id=f$port" >/dev/null
	if [ "$port" = dp2 ]; then
		within "$port: not served" 60 guest "grep -q '^failed' $dir/result"
		new=$(added)
		every_change "$port" tree_state make_room
	fi
	within "$port: served" 60 guest "grep -q '^done' $dir/result"
	guest "cat $dir/result $dir/plan" | sed 's/^/# /'
	new=$(added)
	guest "setpci -s $new COMMAND=2:2"
	bar=$(guest "sed -n 3p /sys/bus/pci/devices/$new/resource" | cut -d' ' -f1)
	check "$port: BAR 2 has an address" test $((bar)) -ne 0
	check "$port: QEMU decodes it" grep -qE "ram-$port" \
		<<<"$("$QMP" human-monitor-command command-line='info mtree -f')"
	guest "echo 0000:ff:1f.7 2>/dev/null >$dir/dry_run" 2>/dev/null
done
check "and kept" guest "$reserve"
same "what runs has not moved" "$before" "$(guest "$places")"
check "the disks work" guest 'for disk in /dev/nvme?n1; do
	dd if=$disk of=/dev/null bs=1M count=4 iflag=direct 2>/dev/null || exit 1; done'
check "unload" guest "rmmod pci_rebalance"
ktap_end
