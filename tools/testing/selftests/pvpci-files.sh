#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Backing files are deleted, replaced, truncated, filled and made read-only while they are
# served: a line in the log each, the right status in the guest, and the others go on. When
# pvpcid is killed then, it does not go on with a file that is another one.
#
# vmtest: --kernel stock-6.12 --bus restart.json --keeper --host self --timeout 900
# x86: not seen to run on arm64 yet
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/daemon.sh
. "$(dirname "$0")/lib/daemon.sh"

# What is held open: a file system of two MiB, and memory that can be made read-only.
holders=()
trap 'kill "${holders[@]}" 2>/dev/null' EXIT

guest() { "$GUEST" "$@"; }
control() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }
log=$OUT/pvpcid0.log
# said N WORDS: in the log, so often
said() { [ "$(grep -cE "$2" "$log")" -eq "$1" ]; }
# add SLOT SERIAL FILE [MORE]: a disk
add()
{
	control add "{\"slot\": \"$1\", \"model\": \"nvme\", \"serial\": \"$2\",
		\"namespaces\": [{\"file\": \"$3\"${4:+, $4}}]}"
}
# disk SERIAL: its block device
disk() { echo "$(guest "grep -l $1 /sys/class/nvme/nvme*/serial | cut -d/ -f5")n1"; }
live() { guest "[ \$(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq $1 ]"; }
# blocks DISK N: its size in the guest
blocks() { [ "$(guest "cat /sys/block/$1/size")" -eq "$2" ]; }
# copy DISK KIB: so much is written from its start; what the guest's kernel says of it
copy()
{
	guest "dd if=/dev/urandom of=/dev/$1 bs=4k count=$(($2 / 4)) oflag=direct conv=fsync 2>&1"
}
# status DISK WORDS: the guest has seen that status
status() { guest "dmesg | grep -E '($1|${1%n*}): .*$2'"; }

unshare -rm sh -c 'mount -t tmpfs -o size=2M none /mnt && truncate -s 16M /mnt/full /mnt/pause &&
	touch /mnt/ready && exec sleep 1000' &
holders+=($!)
room=/proc/$!/root/mnt
python3 - >sealed <<'END' &
import fcntl, os, signal
file = os.memfd_create("sealed", os.MFD_ALLOW_SEALING)
os.ftruncate(file, 16 << 20)
signal.signal(signal.SIGUSR1, lambda *_: print(
    "sealed", fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE), flush=True))
print("file", file, flush=True)
while True:
    signal.pause()
END
holders+=($!)
sealer=$!
within "a small file system" 20 test -e "$room/ready"
within "memory as a file" 20 grep -q file sealed
for name in deleted replaced cut mode; do
	truncate -s 16M "$name.img"
done
truncate -s 16M another.img

check "load" guest "modprobe nvme && modprobe pvpci"
check "disks are added" add 08.0 PVdel deleted.img
check "disks are added" add 09.0 PVrep replaced.img
check "disks are added" add 0a.0 PVcut cut.img
check "disks are added" add 0b.0 PVmod mode.img
check "disks are added" add 0c.0 PVsea "/proc/$sealer/fd/$(cut -d' ' -f2 sealed)"
check "disks are added" add 0d.0 PVful "$room/full"
check "disks are added" add 0e.0 PVpau "$room/pause" '"on_error": "pause"'
within "all live" 60 live 9

witness=$(disk PV0001)
guest "fio --name=witness --filename=/dev/$witness --rw=randrw --bs=4k --iodepth=4 --size=4M --direct=1 \
	--ioengine=libaio --time_based --runtime=1000 --verify=crc32c --verify_fatal=1 \
	>/tmp/witness 2>&1 </dev/null &"

# ---- a name is lost --------------------------------------------------------------------
rm deleted.img
within "deleted: a line" 60 said 1 "deleted.img was deleted or replaced"
mv another.img replaced.img
within "replaced: a line" 60 said 1 "replaced.img was deleted or replaced"
check "both are served" copy "$(disk PVdel)" 512
check "both are served" copy "$(disk PVrep)" 512
same "nothing is in the other file" 0 "$(tr -d '\0' <replaced.img | wc -c)"

# ---- shorter, and longer again -----------------------------------------------------------
cut=$(disk PVcut)
truncate -s 4M cut.img
within "truncated: a line" 60 said 1 "cut.img has 8192 blocks now, not 32768"
within "the guest knows" 60 blocks "$cut" 8192
check "what is left can be written" copy "$cut" 4096
check "no more can" guest "! dd if=/dev/zero of=/dev/$cut bs=4k seek=1024 count=1 oflag=direct"
same "and the file is no longer than that" 4194304 "$(stat -c %s cut.img)"
truncate -s 16M cut.img
within "and back: a line" 60 said 1 "cut.img has 32768 blocks now, not 8192"
within "the guest knows" 60 blocks "$cut" 32768
check "all can be written" copy "$cut" 16384

# ---- read-only ---------------------------------------------------------------------------
chmod 0 mode.img
check "without permissions an open file is served" copy "$(disk PVmod)" 512
chmod 600 mode.img
sealed=$(disk PVsea)
check "written before it is sealed" copy "$sealed" 512
kill -USR1 "$sealer"
within "it is sealed" 20 grep -q "sealed 0" sealed
for number in 1 2 3; do
	check "$number: it takes no write" guest "! dd if=/dev/zero of=/dev/$sealed bs=4k count=1 oflag=direct"
done
check "it can be read" guest "dd if=/dev/$sealed of=/dev/null bs=4k count=16 iflag=direct"
check "a line" said 1 "/fd/.*: Operation not permitted"
check "the guest hears of write protection" status "$sealed" "sc 0x20"

# ---- full --------------------------------------------------------------------------------
full=$(disk PVful)
paused=$(disk PVpau)
check "a write that fits" copy "$full" 512
guest "dd if=/dev/urandom of=/dev/$full bs=64k count=64 oflag=direct 2>&1"
for number in 1 2 3; do
	check "$number: one that does not" guest \
		"! dd if=/dev/zero of=/dev/$full bs=64k seek=$((64 + number)) count=1 oflag=direct"
done
check "a line" said 1 "mnt/full: command 01 .*No space left"
check "the guest hears of no space" status "$full" "sc 0x81"
check "what is there can be read" guest "dd if=/dev/$full of=/dev/null bs=4k count=128 iflag=direct"
guest "dd if=/dev/urandom of=/tmp/data bs=64k count=4"
guest "dd if=/tmp/data of=/dev/$paused bs=64k oflag=direct >/tmp/dd 2>&1 </dev/null; echo \$? >/tmp/dd.status" &
writer=$!
within "a write waits for space" 60 sh -c "pvpcictl --control '$PVPCI_CONTROL' list | grep -q 'is paused: No space left'"
check "a line" said 1 "is paused, .*mnt/pause: No space left"
rm "$room/full"
control eject 0d.0
check "there is space, and it goes on" control resume 0e.0
wait $writer
same "nothing has failed" 0 "$(guest cat /tmp/dd.status)"
check "and it is there" guest "dd if=/dev/$paused bs=64k count=4 iflag=direct | cmp - /tmp/data"
check "the other disk has worked all the time" guest "pidof fio"

# ---- and then pvpcid dies ------------------------------------------------------------------
gone=$(disk PVdel)
replaced=$(disk PVrep)
check "killed, it comes back" kill_daemon
check "what was deleted is not opened" grep -q "taken off the bus: .*deleted.img" "$log"
check "nor is another file" grep -q "taken off the bus: .*replaced.img is not the file any more that was served" "$log"
within "they are gone in the guest" 60 guest "[ ! -e /sys/block/$gone -a ! -e /sys/block/$replaced ]"
same "nothing is in the other file" 0 "$(tr -d '\0' <replaced.img | wc -c)"
check "the others go on" copy "$cut" 512
check "and have worked all the time" guest "pidof fio && killall -INT fio"
within "fio ends" 60 guest "! pidof fio"
same "nothing else was said" "" "$(guest "dmesg | grep -E 'Bus is broken|nvme.*timeout|BUG|WARN'")"
check "unload" guest "rmmod pvpci"
ktap_end
