#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Forced moves on a native bus of a stock guest: below 4 GiB firmware-owned functions take all but
# 256 KiB, and eight NVMe controllers lie there. A hole of 128 KiB is asked for, so some of them must
# move. The guest is killed in the midst of moves and comes back. Then every single change of the move
# is made to fail, and nothing may differ afterwards; then it succeeds. The disks keep their data.
#
# x86: the addresses that are taken are those of a q35
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"

# Run by hand or by "make check": one guest for each kernel, its disks in memory.
if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- stock-6.1 stock-6.12
	for kernel; do
		tree_begin
		for bytes in 256M 256M 256M 128M 64M 32M 8M 2M 1M 512K 256K; do
			qemu+="-device pci-testdev,membar=$bytes,bus=pcie.0 "
		done
		for n in 0 1 2 3 4 5 6 7; do
			tree_disk $n 32 "nvme,serial=RB$n,bus=pcie.0,addr=1$n"
		done
		tree_run "$kernel" --mem 2815 --timeout 600 --reboots \
			--append "reserve=0xaff00000,0x100000" || bad=1
	done
	exit $bad
fi

# same_state NAME: nothing differs from the beginning
same_state()
{
	check "$1" guest "{ $TREE_STATE; } >/tmp/now; diff /tmp/before /tmp/now"
}

# load: modules and disks
load()
{
	check "load" guest "modprobe nvme; modprobe pci_rebalance auto=off"
	within "eight disks" 60 guest '[ "$(ls /sys/block | grep -c nvme)" -eq 8 ]'
}

# sums: by serial number, since the numbers of disks change
sums()
{
	guest 'for disk in /dev/nvme?n1; do
		echo $(cat /sys/block/${disk#/dev/}/device/serial) \
			$(dd if=$disk bs=1M count=2 iflag=direct 2>/dev/null | md5sum); done | sort'
}

# allow: leave to unbind
allow() { guest "for n in 0 1 2 3 4 5 6 7; do echo 0000:00:1\$n.0 idle >$dir/allow; done"; }

dir=/sys/kernel/pci_rebalance
load
guest "cat $dir/space $dir/functions" | sed 's/^/# /'
check "write the disks" guest 'for disk in /dev/nvme?n1; do
	dd if=/dev/urandom of=$disk bs=1M count=2 conv=fsync 2>/dev/null || exit 1; done'
sums=$(sums)
guest "{ $TREE_STATE; } >/tmp/before"

# Nonsense and refusals name a reason and change nothing.
for bad in "0000:00 0" "0000:00 3M" "0000:00 128K sideways" "" "0000:77 8M" "0000:00:1e.7" "x" \
	"0000:00 128T" "0000:00:10.0"; do
	check "refused: '$bad'" guest "! echo '$bad' 2>/dev/null >$dir/request"
done
check "pinned NVMe: no plan" guest "! echo '0000:00 128K 32bit' 2>/dev/null >$dir/request"
guest "cat $dir/result" | sed 's/^/# /'
check "and the reason is told" guest "grep -q 'missing' $dir/result"
same_state "nothing changed by any of them"

allow
check "dry run" guest "echo '0000:00 128K 32bit' >$dir/dry_run"
guest "cat $dir/result $dir/plan" | sed 's/^/# /'
same_state "a dry run changes nothing"

check "a disk in use is not unbound" guest "exec 3</dev/nvme0n1;
	! echo '0000:00 128K 32bit' 2>/dev/null >$dir/request"
same_state "nor anything else"

# Power is lost between two changes: functions are moved to and fro, since the 15th always fails.
boot=$(guest cat /proc/sys/kernel/random/boot_id)
guest "echo 15 >/sys/module/pci_rebalance/parameters/fail_at
	(while :; do echo '0000:00 128K 32bit' >$dir/request; echo >>/tmp/moves; done) >/dev/null 2>&1 &"
within "functions move to and fro" 60 guest '[ "$(wc -l </tmp/moves)" -gt 2 ]'
"$QMP" system_reset >/dev/null
is_back() { [ "$boot" != "$(timeout 5 "$GUEST" cat /proc/sys/kernel/random/boot_id || echo "$boot")" ]; }
within "killed, the guest comes back" 120 is_back
load
same "with the data as it was" "$sums" "$(sums)"
guest "{ $TREE_STATE; } >/tmp/before"
allow

# Every change once: fail it, undo all, compare. In the guest, since there are many.
guest "number=1
while [ \$number -lt 200 ]; do
	echo \$number >/sys/module/pci_rebalance/parameters/fail_at
	echo '0000:00 128K 32bit' 2>/dev/null >$dir/request && break
	[ \$number -eq 1 ] || grep -q \"undone after \$((number - 1)) changes\" $dir/result || { cat $dir/result; exit 1; }
	{ $TREE_STATE; } >/tmp/now
	diff /tmp/before /tmp/now || exit 1
	number=\$((number + 1))
done
echo \$number >/tmp/changes" >"$OUT/changes.log" 2>&1
status=$?
[ $status -eq 0 ] || sed 's/^/# /' "$OUT/changes.log" | head -n 30
ktap_result $status "every change of the move failed once and was undone"
number=$(guest "cat /tmp/changes")
guest "echo 0 >/sys/module/pci_rebalance/parameters/fail_at; cat $dir/result $dir/plan $dir/functions" |
	sed 's/^/# /'
check "there were $((number - 1)) of them" test "$number" -gt 20 -a "$number" -lt 200
check "there is a hole of 128 KiB now, without another move" guest \
	"echo '0000:00 128K 32bit idle' >$dir/dry_run && grep -q 'planned: 0 functions' $dir/result"
same "the data is the same" "$sums" "$(sums)"
check "the disks work" guest 'for disk in /dev/nvme?n1; do
	dd if=/dev/urandom of=$disk bs=1M count=4 oflag=direct 2>/dev/null || exit 1; done'

# QEMU's own view: each NVMe controller decodes where the guest believes.
mtree=$("$QMP" human-monitor-command command-line='info mtree -f')
for fn in 10 11 12 13 14 15 16 17; do
	bar=$(guest "sed -n 1p /sys/bus/pci/devices/0000:00:$fn.0/resource" | cut -d' ' -f1)
	check "QEMU has 00:$fn.0 at $bar" grep -qi "${bar#0x}-.*nvme" <<<"$mtree"
done
check "unload" guest "rmmod pci_rebalance"
ktap_end
