#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Native root ports, QEMU's nvme-subsys: each of four disks has a controller on the root bus and one
# behind a port, and NVMe multipath above them. The windows of the ports and functions of firmware
# fill what is below 4 GiB, so that a hole needs other places for windows with controllers in them.
# All disks are mounted, and fio writes and verifies. With their other paths gone it is refused;
# every single change fails once, with one controller; then more move, and nobody has had an error.
#
# x86: the addresses that are taken are those of a q35
# matrix: stock-6.1
# matrix: stock-7.3
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$here/lib/every_change.sh"
# shellcheck source=lib/passes.sh
. "$here/lib/passes.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"
# shellcheck source=lib/shared_disks.sh
. "$here/lib/shared_disks.sh"

if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- stock-6.12
	for kernel; do
		tree_begin
		for bytes in 256M 256M 256M 128M 64M 16M 8M; do
			qemu+="-device pci-testdev,membar=$bytes,bus=pcie.0 "
		done
		for n in 1 2 3 4; do
			tree_port "$n" "1$((n + 3)),hotplug=off"
			qemu+="-device nvme-subsys,id=s$n -device nvme,serial=D$n,subsys=s$n,bus=pcie.0,addr=1$((n - 1)) "
			qemu+="-device nvme,serial=D$n,subsys=s$n,id=c$n,bus=rp$n,cmb_size_mb=1 "
			tree_disk $n 16 "nvme-ns,bus=c$n,shared=on,nsid=1"
		done
		tree_run "$kernel" --mem 2815 --timeout 600 --append "reserve=0xaff00000,0x100000" || bad=1
	done
	exit $bad
fi

dir=/sys/kernel/pci_rebalance
nvme=/sys/bus/pci/drivers/nvme
# For those of shared_disks.sh
# shellcheck disable=SC2034
stay="01 02 03 04"

paths() { guest "[ \$(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq $1 ]"; }
# state: all that a move may change, when every controller has come back
state()
{
	timeout 60 sh -c "until \"$GUEST\" '[ \$(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 8 ]'; do
		sleep 0.2; done" 2>/dev/null
	tree_state
}
hole=4M
make_room() { guest "echo '0000:00 $hole 32bit' >$dir/request; status=\$?; cat $dir/result; exit \$status"; }
plan() { guest "cat $dir/plan"; }

check "load" guest "modprobe nvme && modprobe ext4 && modprobe pci_rebalance auto=off"
within "each disk has two paths" 60 paths 8
ports=$(guest "cd $nvme && ls -d 0000:0[1-9]:*")
same "four of them are behind ports" 4 "$(wc -w <<<"$ports")"
make_all
mount_all
check "not without leave" eval '! make_room >refused'
for fn in $ports; do
	check "$fn may move" guest "echo $fn idle >$dir/allow"
done

# The other path of one disk is gone: who leads to it stays, whatever has to move.
guest "for fn in $nvme/0000:00:*; do echo \${fn##*/} >$nvme/unbind; done"
within "the other paths are gone" 60 paths 4
state_before=$(tree_state)
check "no disk has another path: refused" eval '! make_room >refused'
sed 's/^/# /' refused
check "and it is said of each that it is in use" guest "[ \$(grep -c 'in use, not by NVMe multipath' $dir/functions) -ge 4 ] ||
	[ \$(grep -cE '^0000:0[1-9]:00.0.*in use' $dir/functions) -eq 4 ]"
same "and nothing has changed" "$state_before" "$(tree_state)"
guest "for n in 0 1 2 3; do echo 0000:00:1\$n.0 >$nvme/bind; done"
within "the other paths are back" 60 paths 8

write_all
fio=$!
within "fio writes and verifies on all of them" 120 more_passes 0
every_change "move what is mounted" state make_room
check "a controller has moved for it" [ "$(plan | grep -c 'by unbinding and rebinding')" -ge 1 ]
hole=8M
check "more of them move" make_room
plan | sed 's/^/# /'
check "two or three" [ "$(plan | grep -c 'by unbinding and rebinding')" -ge 2 ]
within "each disk has two paths again" 60 paths 8
goes_on "moved"
guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
umount_all
all_sound
check "unload" guest "rmmod pci_rebalance"
ktap_end
