#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NVMe controllers and virtio disks in use, on a kernel with the series tools/patches/rebalance: room
# is made on a native bus of which all but 256 KiB is taken, as in rebalance-moves.sh, and whoever has
# to move has a file system that is mounted and fio that writes and verifies on it. All that has to be
# allowed is that the debug kernels cannot revoke user mappings. Every change of the move fails once
# before it succeeds.
#
# part: matrix
# matrix:
# limit: 2400
# x86: the debug kernels are built for x86 only
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"
# shellcheck source=lib/every_change.sh
. "$here/lib/every_change.sh"
# shellcheck source=lib/passes.sh
. "$here/lib/passes.sh"

if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- kunit-6.12
	for kernel; do
		tree_begin
		for bytes in 256M 256M 256M 128M 64M 32M 8M 2M 1M 512K 256K; do
			qemu+="-device pci-testdev,membar=$bytes,bus=pcie.0 "
		done
		# Firmware puts those that are prefetchable, of virtio, between the hole and the others.
		for n in 0 1 2 3 4 5; do
			tree_disk $n 16 "nvme,serial=RB$n,bus=pcie.0,addr=1$n"
		done
		for n in 6 7; do
			tree_disk $n 16 "virtio-blk-pci,bus=pcie.0,addr=1$n"
		done
		tree_run "$kernel" --mem 2815 --timeout 2100 \
			--append "reserve=0xaff00000,0x100000" || bad=1
	done
	exit $bad
fi

dir=/sys/kernel/pci_rebalance
devices=/sys/bus/pci/devices
room='0000:00 128K 32bit'

# moving: the functions that the last plan moves
moving() { guest "cat $dir/plan" | grep -oE '0000:00:1[0-7]\.0' | sort -u; }
disk() { guest "cd $devices/$1 && ls -d nvme/nvme*/nvme*n1 virtio*/block/vd* 2>/dev/null" | sed 's|.*/||'; }
# bars FUNCTION: where its memory BARs are
bars()
{
	guest "head -n 6 $devices/$1/resource" | while read -r start _ flags; do
		[ $((flags & 0x200)) -eq 0 ] || echo "$start"
	done
}
move() { guest "echo '$room' >$dir/request; status=\$?; cat $dir/result; exit \$status"; }
# state: all that a move may change, when all controllers work again
state()
{
	guest "until [ \$(grep -l live $devices/0000:00:1?.0/nvme/nvme*/state | wc -l) -eq 6 ]; do sleep 0.1; done"
	tree_state
}
# longest: the longest time between two completions of a pass so far, in ms
longest() { guest 'sort -n /tmp/gaps | tail -n 1'; }

check "load" guest "modprobe nvme && modprobe virtio_pci && modprobe virtio_blk && modprobe ext4 &&
	modprobe pci_rebalance auto=off"
within "eight disks" 120 guest '[ "$(ls /sys/block | grep -cE "nvme|vd")" -eq 8 ]'
guest "for n in 0 1 2 3 4 5 6 7; do echo 0000:00:1\$n.0 idle >$dir/allow; done"
same "all can follow their BARs" 8 \
	"$(guest "cat $dir/functions" | grep -c "^0000:00:1[0-7].0 movable: with its driver's help")"
guest "cat $dir/space $dir/functions" | sed 's/^/# /'
check "what would move" guest "echo '$room' >$dir/dry_run"
guest "cat $dir/plan" | sed 's/^/# /'
functions=$(moving)
check "an NVMe controller would" grep -q "1[0-5]" <<<"$functions"
check "a virtio disk would" grep -q "1[67]" <<<"$functions"
jobs=
for fn in $functions; do
	name=$(disk "$fn")
	check "$fn: $name is mounted" guest "mkfs.ext4 -q -F /dev/$name && mkdir -p /mnt/$name &&
		mount -t ext4 /dev/$name /mnt/$name"
	jobs+=" --name=$name --filename=/mnt/$name/file"
done
places() { for fn in $functions; do echo "$fn $(bars "$fn" | xargs)"; done; }
before=$(places)
errors=$(guest "dmesg | grep -cE 'nvme.*(timeout|aborting|error)'")

guest "echo 0 >/tmp/passes; pass=0
	until [ -e /tmp/stop ]; do
		fio --size=64k --rw=randwrite --bs=4k --direct=1 --ioengine=libaio --iodepth=4 --loops=2 \
			--verify=crc32c --verify_fatal=1 --do_verify=1 --randseed=\$pass --thread \
			--write_lat_log=/tmp/fio --output=/tmp/fio.log $jobs || { touch /tmp/failed; exit 1; }
		for log in /tmp/fio_clat.*.log; do
			cut -d, -f1 \$log | awk 'NR > 1 && \$1 - last > gap { gap = \$1 - last }
				{ last = \$1 } END { print gap + 0 }'
		done >>/tmp/gaps
		echo \$((pass += 1)) >/tmp/passes.new; mv /tmp/passes.new /tmp/passes
	done" &
fio=$!
within "fio writes and verifies" 600 more_passes 0
quiet=$(longest)
every_change "move what is mounted" state move
sed 's/^/# /' move.log
guest "cat $dir/plan; grep 'last move' $dir/functions" | sed 's/^/# /'
goes_on "moved"
same "all of them are elsewhere" "" "$(comm -12 <(echo "$before") <(places))"
check "there is room now, without another move" guest \
	"echo '$room idle' >$dir/dry_run && grep -q 'planned: 0 functions' $dir/result"
guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
echo "# $(passes) passes, the longest time between two completions was $(longest) ms, and $quiet ms before"

mtree=$("$QMP" human-monitor-command command-line='info mtree -f')
for fn in $functions; do
	name=$(disk "$fn")
	for bar in $(bars "$fn"); do
		check "QEMU has $fn at $bar" grep -qi "${bar#0x}-" <<<"$mtree"
	done
	check "$name is unmounted" guest "umount /mnt/$name"
	check "$name is sound" guest "e2fsck -fn /dev/$name"
done
same "no error of a disk or a file system" "" \
	"$(guest "dmesg | grep -E 'I/O error|EXT4-fs (error|warning)|Remounting|BUG|WARN'")"
same "nor of a controller" "$errors" "$(guest "dmesg | grep -cE 'nvme.*(timeout|aborting|error)'")"
check "unload" guest "rmmod pci_rebalance && rmmod nvme && rmmod virtio_blk && rmmod virtio_pci"
ktap_end
