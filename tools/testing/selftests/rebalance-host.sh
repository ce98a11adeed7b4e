#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host wants room: pvpcictl rebalance on a bus that is full of small holes. Every way to be
# refused, which changes nothing; a dry run, which changes nothing either; then the moves, after
# which the disks still have their data, and a function that had found no place has one.
#
# vmtest: --kernel stock-6.12 --more stock-6.1 --bus rebalance-host.json --disk-mib 4 --host self --timeout 800
# x86: not seen to run on arm64 yet
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$(dirname "$0")/lib/every_change.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

dir=/sys/kernel/pci_rebalance
bus=/sys/bus/pci/devices/10001:00

# state: all that a move may change, on both sides
state()
{
	guest 'cat /proc/iomem; cd /sys/bus/pci/devices; for fn in 10001:*; do
		echo $fn; readlink $fn/driver; head -n 7 $fn/resource
		hexdump -v -s 4 -n 2 $fn/config; hexdump -v -s 16 -n 24 $fn/config; done'
	ctl --json list
	ctl --json space
}
remember() { state >before; }
unchanged() { state >now; check "$1: nothing has changed" diff before now; }

# refused STATUS WORDS OPTION...: pvpcictl ends so, says so, and nothing has changed
refused()
{
	local status=$1 words=$2 got=0 output

	shift 2
	output=$(ctl rebalance "$@" 2>&1) || got=$?
	echo "# ${output//$'\n'/ }"
	[ "$got" -eq "$status" ] && grep -qE -- "$words" <<<"${output//$'\n'/ }"
	ktap_result $? "refused: $* ($words)"
	unchanged "$*"
}

# value FILTER: of the JSON on standard input
value() { python3 -c "import json, sys; a = json.load(sys.stdin); print($1)"; }
hole() { ctl --json space | value 'a["space"]["largest_hole_bytes"]'; }
write() { guest "fio --size=1m --bs=16k --rw=write --direct=1 --verify=crc32c --thread $1 \
	--name=disk5 --filename=/dev/$disk5"; }
disk() { guest "ls /sys/bus/pci/devices/10001:00:0$1.0/nvme/nvme*/ | grep '^nvme[0-9]*n1$'"; }
find_disks()
{
	within "disk 1 is there" 60 disk 1
	within "disk 5 is there" 60 disk 5
	disk1=$(disk 1) disk5=$(disk 5)
}

check "load" guest "modprobe nvme; modprobe pvpci; insmod /vmtest/pvpci_testdev.ko 2>/dev/null ||
	modprobe pvpci_testdev"
within "eight functions" 60 guest '[ $(ls -d /sys/bus/pci/drivers/*/10001:* | wc -l) -eq 8 ]'
for slot in 02 04 06 08; do
	check "$slot leaves" ctl eject --timeout=20 $slot.0
done
find_disks
check "write disk 5" write --do_verify=1
check "a file system on disk 1" guest "mkfs.ext4 -q -F /dev/$disk1 && mkdir -p /mnt/a && modprobe ext4 && mount -t ext4 /dev/$disk1 /mnt/a &&
	head -c 1000000 /dev/urandom >/mnt/a/file && md5sum /mnt/a/file >/tmp/sum"
ctl space | sed 's/^/# /'
remember

refused 2 "power of two" --room 0
refused 2 "must be a size" --room big
refused 2 "power of two" --room 3M
refused 2 "power of two" --room 512
refused 2 "32 or 64" --bits 16
refused 2 "0.001 to 600" --timeout 0
refused 1 "whole aperture" --room 2M
refused 1 "no pci_rebalance" --room 256K
refused 1 "no pci_rebalance" --dry-run

check "load pci_rebalance" guest \
	"insmod /vmtest/pci_rebalance.ko auto=off 2>/dev/null || modprobe pci_rebalance auto=off"
refused 1 "512 KiB are missing in total" --room 1M
refused 1 "01.0 stays: its driver.*03.0 stays" --room 256K
for fn in 01.0 05.0; do
	guest "echo 10001:00:$fn idle >$dir/allow"
done
for fn in 03.0 07.0; do
	guest "echo veto >$bus:$fn/move"
done
refused 1 "0[37].0 does not want to be moved, nothing was changed" --room 256K
refused 1 "does not want to be moved" --room 256K --dry-run
for fn in 03.0 07.0; do
	guest "echo allow >$bus:$fn/move"
done
guest "exec 9<>/dev/$disk5; while [ ! -e /tmp/let-go ]; do sleep 0.1; done" &
within "disk 5 is open" 60 guest "grep -q '05.0 pinned: in use' $dir/functions"
refused 1 "01.0 stays: in use; 05.0 stays: in use" --room 512K

# A guest that does not answer: nothing is moved, and the next one is answered.
"$QMP" stop >/dev/null
got=0
output=$(ctl rebalance --room 256K --timeout 2 2>&1) || got=$?
same "no answer: status" 1 "$got"
same "no answer: the reason" \
	"pvpcictl: the guest has not answered within 2000 ms, nothing was moved" "$output"
"$QMP" cont >/dev/null
guest true
unchanged "no answer"

check "dry run" eval 'ctl rebalance --room 256K --dry-run >out'
sed 's/^/# /' out
same "it tells what would move" 1 "$(grep -cE "step 1: 0[37].0 BAR 0 128K, 0x.* cost [1-9].*with its driver" out)"
unchanged "dry run"
make_room() { ctl rebalance --room 256K >out; }
every_change "make room while the disks are in use" state make_room
sed 's/^/# /' out
check "it tells for how long it stopped" grep -qE "was stopped for [0-9]+ us" out
check "the hole is there" test "$(hole)" -ge $((256 * 1024))
check "the edges are accounted to the move" eval 'ctl --json stats |
	grep -A20 edges | grep -qE "\"move\": [1-9]"'

check "unmount disk 1" guest "umount /mnt/a; touch /tmp/let-go"
wait
within "the disks are free" 60 guest "! grep -q 'in use' $dir/functions"
remember
check "dry run for as much as can be" eval 'ctl --json rebalance --dry-run >out'
same "that is half of the aperture" $((512 * 1024)) "$(value 'a["rebalance"]["bytes"]' <out)"
unchanged "dry run for as much as can be"
large='{"slot": "09.0", "model": "testdev", "msix": 4, "bars": [{"bar": 0, "bytes": "512K", "bits": 64}]}'
check "a large function finds no room" eval '! ctl add "$large" >out 2>&1'
check "what it says" grep -q "no room, .* are missing in one piece, 0 in total" out
check "make it" eval 'ctl --json rebalance >out'
value '"# " + json.dumps(a["rebalance"])' <out
check "a disk was moved and stopped" test "$(value 'len([m for m in a["rebalance"]["moves"]
	if m["slot"] in ("01.0", "05.0") and m["down_us"] > 0])' <out)" -gt 0
within "the large function has taken it by itself" 60 guest \
	"[ -e /sys/bus/pci/drivers/pvpci_testdev/10001:00:09.0 ]"
check "it leaves" ctl eject --timeout=20 09.0
check "the hole is there" test "$(hole)" -ge $((512 * 1024))
ctl space | sed 's/^/# /'
find_disks
check "disk 5 has its data" write --verify_only=1
check "disk 1 has its data" guest "mount -t ext4 /dev/$disk1 /mnt/a && md5sum -c /tmp/sum && umount /mnt/a"
relative() { sort | awk 'NR == 1 { first = $2 } { print $1, $2 - first }'; }
same "the host knows where every BAR is" \
	"$(guest "for fn in /sys/bus/pci/drivers/*/10001:*; do name=\${fn##*/}
		echo \${name#10001:00:} \$((\$(head -n 1 \$fn/resource | cut -d' ' -f1))); done" |
		relative)" \
	"$(ctl --json list | value '"\n".join(fn["slot"] + " " + str(fn["bars"][0]["assigned"])
		for fn in a["functions"])' | relative)"
remember
check "once more: nothing has to move" eval 'ctl rebalance --room 512K | grep -q "nothing has to move"'
unchanged "once more"
check "a large function finds its place" ctl add "$large"
remember
refused 1 "missing in total" --room 128K --bits 32

# An old driver does not know the wish.
check "unload" guest "rmmod pvpci_testdev pci_rebalance pvpci"
refused_old()
{
	same "$1" "pvpcictl: $2" "$(ctl rebalance --room 256K 2>&1)"
}
refused_old "without a guest" "no guest uses the bus"
check "an old driver" guest "modprobe pvpci protocol=1.0"
refused_old "protocol 1.0" "the guest's driver cannot make room for the host: it is too old, or only protocol 1.0 is spoken"
check "unload the old driver" guest "rmmod pvpci"

# A new one, whose windows are as large as its BARs want: the rest of the aperture counts, too.
check "09 leaves" ctl eject --timeout=20 09.0
check "load all" guest "modprobe pvpci
	insmod /vmtest/pvpci_testdev.ko 2>/dev/null || modprobe pvpci_testdev
	insmod /vmtest/pci_rebalance.ko auto=off 2>/dev/null || modprobe pci_rebalance auto=off"
find_disks
remember
check "room outside of the windows" eval 'ctl rebalance --room 512K --dry-run >out'
check "nothing has to move for it" grep -q "nothing has to move" out
unchanged "room outside of the windows"
check "once more for 32 bits" ctl rebalance --room 512K --bits 32 --dry-run
unchanged "once more for 32 bits"
check "09 is back" ctl add '{"slot":"09.0","model":"testdev","msix":4,
	"bars":[{"bar":0,"bytes":"512K","bits":64}]}'

# Holes once more, and the daemon is killed while a disk is rebound elsewhere.
find_disks
check "the disks may be moved" guest \
	"for fn in 01.0 05.0; do echo 10001:00:\$fn idle >$dir/allow; done"
check "make holes" eval 'ctl eject --timeout=20 03.0 && ctl eject --timeout=20 07.0'
ctl space | sed 's/^/# /'

# A driver that does not come back: the host hears what could not be undone.
guest "for fn in 01.0 05.0; do echo none >$bus:\$fn/driver_override; done"
got=0
output=$(ctl rebalance --room 256K 2>&1) || got=$?
echo "# $output"
same "no driver: status" 1 "$got"
check "no driver: the host hears it" grep -q "it has lost its driver" <<<"$output"
guest "for fn in 01.0 05.0; do echo >$bus:\$fn/driver_override
	echo 10001:00:\$fn >/sys/bus/pci/drivers/nvme/bind; done 2>/dev/null; true"
find_disks

guest "echo 5 >/sys/module/pvpci/parameters/patience_s"
(sleep 0.2; kill -KILL "$PVPCID_PID") &
ctl rebalance --room 256K 2>&1 | sed 's/^/# /'
wait
within "the functions read all-ones or are gone" 60 guest \
	"[ ! -e $bus:05.0 ] || ! hexdump -v -n 4 -e '1/1 \"%02x\n\"' $bus:05.0/config | grep -qv ff"
within "all can be unloaded" 60 guest "rmmod pvpci_testdev 2>/dev/null; rmmod pci_rebalance 2>/dev/null
	rmmod pvpci 2>/dev/null; ! lsmod | grep -qE '^(pvpci|pci_rebalance) '"
ktap_end
