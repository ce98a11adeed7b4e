#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks of a controller that come, go and grow while it is in use (pvpcictl namespace): the
# stock driver hears of it by an event, nobody rescans anything. fio verifies another disk of
# the same controller all the time; another daemon goes on with what was added; two paths have
# the same disks.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,stock-7.3@backports,arm64-6.1 --bus nvme-share.json --disk-mib 8 --keeper --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/daemon.sh
. "$(dirname "$0")/lib/daemon.sh"
# shellcheck source=lib/passes.sh
. "$(dirname "$0")/lib/passes.sh"

guest() { "$GUEST" "$@"; }
control() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }
ns() { control namespace "$@"; }

# disk SERIAL NSID: of the guest, or nothing; the number in its name is Linux's own
disk()
{
	guest "cd /sys/block && for disk in \$(ls | grep -xE 'nvme[0-9]+n[0-9]+'); do
		grep -q '^$1 *\$' \$disk/device/serial && grep -qx $2 \$disk/nsid && echo \$disk
	done"
}
has() { [ -n "$(disk "$1" "$2")" ]; }
has_not() { ! has "$1" "$2"; }
paths() { guest "nvme list-subsys /dev/$(disk PAIR 1)" | grep -c ' pcie .* live'; }
has_paths() { [ "$(paths)" -eq "$1" ]; }
# mib DISK SIZE: what the guest thinks
mib() { guest "[ \$(cat /sys/block/$1/size) -eq $(($2 << 11)) ]"; }

refused()
{
	local name=$1 words=$2 output

	shift 2
	if output=$("$@" 2>&1); then
		ktap_result 1 "$name"
		return
	fi
	echo "# ${output//$'\n'/ }"
	grep -qE -- "$words" <<<"$output"
	ktap_result $? "$name"
}

cd "$OUT" || exit 1
truncate -s 16M more.img shared.img
check "load" guest "mkdir -p /mnt && modprobe ext4 && modprobe nvme && modprobe pvpci"
within "a disk that is alone" 60 has ALONE 1
within "and one that is shared" 60 has PAIR 1
within "with two paths" 60 has_paths 2
alone=$(disk ALONE 1)
echo "# $alone and $(disk PAIR 1)"

passes_start "$alone" --size=512k
fio=$!
within "fio writes and verifies" 120 more_passes 0

same "a second disk gets the next number" "namespace 2" "$(ns add 03.0 more.img)"
within "the guest has it" 60 has ALONE 2
check "a file system on it" guest "mkfs.ext4 -q /dev/$(disk ALONE 2) && mount -t ext4 /dev/$(disk ALONE 2) /mnt &&
	cp /bin/busybox /mnt && sync"
goes_on "beside another disk"
check "it grows, mounted" ns resize 03.0 2 32M
within "for the guest, too" 60 mib "$(disk ALONE 2)" 32
check "another daemon answers" kill_daemon
goes_on "another daemon"
check "which has the second disk" guest "echo 3 >/proc/sys/vm/drop_caches; cmp /bin/busybox /mnt/busybox"
refused "nothing is cut off" "would lose" ns resize 03.0 2 16M
refused "nor is it added twice" "open already" ns add 03.0 more.img
refused "and a number is one disk's" "namespace 2 already" ns add --nsid 2 03.0 shared.img
refused "a file that is not there" "No such file" ns add 03.0 nowhere.img
refused "a function without such" "no function at" ns add 0f.0 more.img

check "unmounted" guest "umount /mnt"
check "it is taken away" ns remove 03.0 2
within "for the guest, too" 60 has_not ALONE 2
check "its file is nobody's" flock --nonblock more.img true
goes_on "the disk that stays"
check "a third one" ns add --nsid 7 03.0 more.img
within "has the number that was asked for" 60 has ALONE 7
check "and the data that are on it" guest "mount -t ext4 /dev/$(disk ALONE 7) /mnt && cmp /bin/busybox /mnt/busybox && umount /mnt"

# Two paths: whichever is asked.
check "the shared controllers get one more disk" ns add 02.0 '{"file": "'"$PWD"'/shared.img", "block": 4096}'
within "which is one disk" 60 has PAIR 2
guest "nvme list-subsys /dev/$(disk PAIR 2)" | sed 's/^/# /'
same "with two paths" 2 "$(guest "nvme list-subsys /dev/$(disk PAIR 2)" | grep -c ' pcie .* live')"
check "one path goes" control eject --timeout=60 --force 01.0
check "the disk is read and written" guest "dd if=/dev/urandom of=/dev/$(disk PAIR 2) bs=64k count=16 oflag=direct &&
	dd if=/dev/$(disk PAIR 2) of=/dev/null bs=64k iflag=direct"
check "and taken away" ns remove 02.0 2
within "for the guest, too" 60 has_not PAIR 2
check "the first one is as before" guest "dd if=/dev/$(disk PAIR 1) of=/dev/null bs=64k count=16 iflag=direct"

guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
echo "# $(guest cat /tmp/passes) passes"
same "no error of a disk" "" "$(guest "dmesg | grep -E 'I/O error|Buffer I/O'")"
ktap_end
