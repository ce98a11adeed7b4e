#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Virtual functions come and go all the time, by a loop that writes sriov_numvfs, while functions that
# are plugged in beside make windows move. Nobody waits for the other for ever, nobody fails, and what
# a virtual function decodes stays where it is.
#
# x86: an arm64 guest has room for all that is plugged in, and nothing moves
# matrix: stock-6.1
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"

if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- stock-6.12
	for kernel; do
		tree_begin
		for n in 1 2 3; do
			tree_port $n "1$n"
		done
		qemu+="-nic none -device nvme-subsys,id=s -device nvme,serial=pf,subsys=s,bus=rp2,"
		qemu+="sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2,max_ioqpairs=8,msix_qsize=9 "
		tree_run "$kernel" --timeout 400 || bad=1
	done
	exit $bad
fi

dir=/sys/kernel/pci_rebalance
# plug PORT: a function with so many MiB; QEMU does not give the same memory to another one
plug()
{
	"$QMP" object-add qom-type=memory-backend-ram "id=ram-$1-$mib" "size:=$((mib << 20))" >/dev/null
	"$QMP" device_add driver=ivshmem-plain "memdev=ram-$1-$mib" "bus=$1" "id=f$1" >/dev/null
}
# unplug PORT
unplug()
{
	"$QMP" device_del "id=f$1" >/dev/null
	check "$mib MiB: gone from $1" "$QMP" --wait DEVICE_DELETED "device=f$1" --timeout 60
}
large() { guest "lspci -D -d 1af4:1110" | cut -d' ' -f1; }
# with_room COUNT: as many of them have their BAR
with_room()
{
	[ "$(guest "for fn in $(large | xargs); do sed -n 3p /sys/bus/pci/devices/\$fn/resource; done" |
		grep -vc '^0x0000000000000000 ')" -eq "$1" ]
}
rounds() { guest "cat /tmp/rounds 2>/dev/null | wc -l"; }
goes_on() { [ "$(rounds)" -gt "$((last + 2))" ]; }
# places: of the physical function, with the resources of its virtual ones, and of these
places() { guest "head -n 14 $pf/resource; cat $pf/virtfn*/resource"; }

check "load" guest "modprobe nvme && modprobe pci_rebalance"
pf=/sys/bus/pci/devices/$(guest "lspci -D -d 1b36:0010" | cut -d' ' -f1)
check "a physical function" guest "echo 0 >$pf/sriov_drivers_autoprobe"
guest "(while [ ! -e /tmp/stop ]; do
	echo 2 >$pf/sriov_numvfs && [ -e $pf/virtfn1 ] && echo 0 >$pf/sriov_numvfs && [ ! -e $pf/virtfn1 ] ||
		echo failed >>/tmp/errors
	echo >>/tmp/rounds; done; touch /tmp/stopped) >>/tmp/errors 2>&1 &"
for mib in 64 128 256; do
	result=$(guest "cat $dir/result") last=$(rounds)
	plug rp1
	plug rp3
	within "$mib MiB: both find room" 60 with_room 2
	guest "cat $dir/result" | sed 's/^/# /'
	check "$mib MiB: something was moved for them" test "$(guest "cat $dir/result")" != "$result"
	within "$mib MiB: virtual functions come and go" 60 goes_on
	unplug rp1
	unplug rp3
	# A guest that was slow has a second order to eject them, which must not meet the next ones.
	last=$(rounds)
	within "$mib MiB: nothing more is done about them" 60 goes_on
done
guest "touch /tmp/stop"
echo "# $(rounds) rounds"
check "no write failed" guest "[ ! -s /tmp/errors ]"

within "they come and go no more" 60 guest "[ -e /tmp/stopped ]"
check "two stay" guest "echo 0 >$pf/sriov_numvfs; echo 2 >$pf/sriov_numvfs"
mib=512
before=$(places)
result=$(guest "cat $dir/result")
plug rp1
within "$mib MiB: room" 60 with_room 1
check "$mib MiB: something was moved for it" test "$(guest "cat $dir/result")" != "$result"
same "$mib MiB: nothing of the physical and virtual functions" "$before" "$(places)"
check "they are pinned" guest "grep -q '^${pf##*/} pinned: virtual functions' $dir/functions"
check "unload" guest "rmmod pci_rebalance"
ktap_end
