#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Months of replacements: 24 NVMe controllers, all with a mounted file system, ext4 and xfs, under
# fio that writes and verifies. Each month the disk of one slot is replaced by one whose controller
# has a BAR of another size. Where that has no room in one piece, others move, by a second path, for
# they are in use; no one but the replaced is ever unmounted. MONTHS, and SEED, in the environment.
#
# vmtest: --more stock-6.12,stock-6.1,stock-7.3 --bus rebalance-months.json --mem 1400 --host self --timeout 1800
# x86: not seen to run on arm64 yet
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

SEED=${SEED:-$(od -An -N2 -tu2 /dev/urandom | xargs)}
RANDOM=$SEED
MONTHS=${MONTHS:-8}
SLOTS=24
declare -A kib=()
total=0 moves=0 mib=40
echo "# SEED=$SEED MONTHS=$MONTHS"

# choose SLOT LARGEST: another size for it, the larger of two; an eighth of the aperture stays free,
# in pieces
choose()
{
	local old=${kib[$1]:-0} fits=() size a b

	for ((size = 16; size <= $2; size *= 2)); do
		[ $size -eq "$old" ] || [ $((total - old + size)) -gt 3584 ] || fits+=("$size")
	done
	[ ${#fits[@]} -gt 0 ] || fits=("$old")
	a=$((RANDOM % ${#fits[@]})) b=$((RANDOM % ${#fits[@]}))
	kib[$1]=${fits[a > b ? a : b]}
	total=$((total - old + kib[$1]))
}

# function_of SLOT: as in a configuration
function_of()
{
	printf '{"slot": "%s.0", "model": "nvme", "share": "D%s", "queues": 1, "bar_bytes": "%sK",
		"namespaces": [{"file": "disk%s.img"}]}' "$1" "$1" "${kib[$1]}" "$1"
}

# where each function's BAR is
places() { guest "cd /sys/bus/pci/devices; for fn in 10001:*; do echo \$fn \$(head -n 1 \$fn/resource); done"; }

# begin SLOT: a file system on its disk, and fio on that, until /tmp/stop.SLOT is there
begin()
{
	local mkfs="mkfs.ext4 -q -F"

	# No one makes them that small otherwise.
	[ $((0x$1 % 2)) -eq 0 ] || mkfs="env TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1 mkfs.xfs -q -f --unsupported"
	guest "tries=0; until name=\$(grep -ls '^D$1 *\$' /sys/block/nvme*n1/device/serial |
			grep -oE 'nvme[0-9]+n1') && [ -b /dev/\$name ]; do
			sleep 0.1; [ \$((tries += 1)) -lt 600 ] || exit 1; done
		mkdir -p /mnt/$1; $mkfs /dev/\$name && mount /dev/\$name /mnt/$1 || exit 1
		fio --name=d$1 --filename=/mnt/$1/file --size=1m --rw=randwrite --bs=4k --direct=1 \
			--ioengine=psync --rate_iops=5 --thread --time_based --runtime=9999 \
			--verify=crc32c --verify_fatal=1 --verify_backlog=16 >/tmp/fio.$1 2>&1 &
		echo \$! >/tmp/pid.$1"
}

# end SLOT: fio has found nothing wrong, and the file system is unmounted
end()
{
	guest "kill -INT \$(cat /tmp/pid.$1); while kill -0 \$(cat /tmp/pid.$1); do sleep 0.1; done
		rm /tmp/pid.$1; cat /tmp/fio.$1; ! grep verify: /tmp/fio.$1 && grep 'err= 0' /tmp/fio.$1 &&
		umount /mnt/$1" 2>/dev/null
}

# written: requests to write by each that is there
written() { guest "for pid in /tmp/pid.*; do grep syscw /proc/\$(cat \$pid)/io; done"; }

# all_go_on: since /tmp/before everybody has written, and is there
all_go_on()
{
	written >now
	[ "$(paste before now | awk '$4 > $2' | wc -l)" -eq $SLOTS ]
}

# month NUMBER: one is replaced
month()
{
	local slot status=0 before

	slot=$(printf '%02x' $((RANDOM % SLOTS + 1)))
	written >before
	check "month $1: $slot is unmounted" end "$slot"
	check "month $1: and leaves" ctl eject --timeout=60 "$slot.0"
	choose "$slot" 512
	rm "disk$slot.img" && truncate -s ${mib}M "disk$slot.img"
	before=$(places)
	output=$(ctl add --wait=120 "$(function_of "$slot")" 2>&1) || status=$?
	echo "# ${kib[$slot]} KiB: ${output//$'\n'/ }"
	same "month $1: a new one comes" 0 $status
	[ "$before" = "$(places | grep -v "00:$slot.0 ")" ] || moves=$((moves + 1))
	check "month $1: it is mounted" begin "$slot"
	written >before
	within "month $1: all go on" 120 all_go_on
	same "month $1: all are mounted" $SLOTS "$(guest "grep -c ' /mnt/' /proc/mounts")"
	same "month $1: no second path is left" $SLOTS "$(ctl --json list | grep -c '"slot"')"
}

check "load" guest "for module in nvme ext4 xfs pvpci; do modprobe \$module || exit 1; done
	modprobe pci_rebalance auto=online"
slots=$(for n in $(seq $SLOTS); do printf '%02x ' "$n"; done)
for slot in $slots; do
	choose "$slot" 256
	truncate -s ${mib}M "disk$slot.img"
done
all=$(for slot in $slots; do echo ",$(function_of "$slot")"; done)
check "$SLOTS controllers" ctl add --wait=120 "[${all#,}]"
for slot in $slots; do
	check "$slot is mounted" begin "$slot"
done
for ((number = 1; number <= MONTHS; number++)); do
	month "$number"
done
check "others have moved for some of them" [ $moves -gt 0 ]
echo "# others moved in $moves of $MONTHS months"
for slot in $slots; do
	check "$slot: nothing was wrong" end "$slot"
done
check "the file systems are sound" guest "for disk in /sys/block/nvme*n1; do
	disk=/dev/\${disk##*/}; [ -b \$disk ] || continue
	e2fsck -fn \$disk || xfs_repair -n \$disk || { echo \$disk; exit 1; }; done"
same "no error of a disk or a file system" "" \
	"$(guest "dmesg | grep -E 'I/O error|EXT4-fs (error|warning)|XFS .*([Ee]rror|[Cc]orrupt|[Ss]hut)|BUG|WARN'")"
ktap_end
