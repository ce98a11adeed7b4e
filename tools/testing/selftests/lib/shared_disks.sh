# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Eight NVMe controllers with BARs of 128 KiB fill an aperture of 1 MiB. Some go, so that there is
# room, but not in one piece; the others have file systems that fio writes and verifies. For
# scenarios with functions guest and ctl; sets stay (slots, as "01 02") and left (their number).

bus=/sys/bus/pci/devices/10001:00

# base SLOT: where its BAR is
base() { guest "cut -d' ' -f1 $bus:$1/resource | head -n 1"; }
# disk N: name of the disk with serial number DN, or of the share of that name
disk() { guest "basename \$(grep -l '^D$1 *\$' /sys/block/nvme*n1/device/serial | grep -E 'nvme[0-9]+n1/' | cut -d/ -f1-4)"; }
live() { guest "[ \$(grep -l live $bus:*/nvme/nvme*/state | wc -l) -eq $1 ]"; }
functions() { ctl --json list | grep -c '"slot"'; }

# share: eight, to each of whose disks there can be a second path
share()
{
	local list='' n

	for n in 1 2 3 4 5 6 7 8; do
		list+=", {\"slot\": \"0$n.0\", \"model\": \"nvme\", \"share\": \"D$n\", \"queues\": 1,
			\"bar_bytes\": \"128K\", \"namespaces\": [{\"file\": \"disk$n.img\"}]}"
	done
	check "eight that share" ctl add "[${list#,}]"
}

# holes: one of each of three pairs goes, so that 256K are free, but not in one piece
holes()
{
	local n slot

	for slot in $(for n in 1 2 3 4 5 6 7 8; do echo "$(($(base 0$n.0))) 0$n.0"; done |
		sort -n | sed -n '1p;3p;5p' | cut -d' ' -f2); do
		check "$slot leaves" ctl eject --timeout=60 "$slot"
	done
	left=$(functions)
	stay=$(ctl list | grep -oE '^0[1-8]')
}

make_all()
{
	local slot

	for slot in $stay; do
		within "$slot has its disk" 60 disk "${slot#0}"
		check "a file system on $slot" guest "mkfs.ext4 -q -F /dev/$(disk "${slot#0}")"
	done
}

mount_all()
{
	local slot name

	for slot in $stay; do
		within "$slot has its disk" 60 disk "${slot#0}"
		name=$(disk "${slot#0}")
		check "$name is mounted" guest "mkdir -p /mnt/$slot && mount -t ext4 /dev/$name /mnt/$slot"
	done
}

umount_all() { check "all are unmounted" guest "umount /mnt/0*"; }

# all_sound: file systems, and what the kernel has said
all_sound()
{
	local slot

	for slot in $stay; do
		check "$slot is sound" guest "e2fsck -fn /dev/$(disk "${slot#0}")"
	done
	same "no error of a disk or a file system" "" \
		"$(guest "dmesg | grep -E 'I/O error|EXT4-fs (error|warning)|BUG|WARN'")"
}

# write_all: fio on all of them, pass after pass, as passes_start; the longest time of one I/O of
# each pass is added to /tmp/worst
write_all()
{
	local jobs

	jobs=$(for slot in $stay; do echo "--name=d$slot --filename=/mnt/$slot/file"; done | xargs)
	guest "echo 0 >/tmp/passes; pass=0
		until [ -e /tmp/stop ]; do
			fio --size=256k --rw=randwrite --bs=4k --direct=1 --ioengine=libaio --iodepth=8 \
				--verify=crc32c --verify_fatal=1 --do_verify=1 --randseed=\$pass --thread \
				--output-format=json --output=/tmp/fio.log $jobs ||
				{ touch /tmp/failed; exit 1; }
			grep '\"max\"' /tmp/fio.log | grep -oE '[0-9]+' | sort -n | tail -n 1 >>/tmp/worst
			echo \$((pass += 1)) >/tmp/passes.new; mv /tmp/passes.new /tmp/passes
		done" &
}

# worst: the longest time of one I/O, in microseconds
worst() { echo $(($(guest "sort -n /tmp/worst | tail -n 1") / 1000)); }
