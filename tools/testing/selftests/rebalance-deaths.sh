#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Controllers move to and fro under mounted file systems, by pvpcictl rebalance --online, since the
# last change of the move always fails. Meanwhile the daemon is killed, again and again, and then the
# guest. No I/O fails in the one case, no file system and no data is lost in the other, every command
# ends, and what it leaves can be ejected.
#
# vmtest: --more stock-6.12,stock-6.1,stock-7.3 --bus shared-disks.json --disk-mib 16 --keeper --reboots --host self --timeout 1500
# x86: not seen to run on arm64 yet
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/passes.sh
. "$here/lib/passes.sh"
# shellcheck source=lib/daemon.sh
. "$here/lib/daemon.sh"
# What this sets:
stay='' left=0
# shellcheck source=lib/shared_disks.sh
. "$here/lib/shared_disks.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }
control() { ctl "$@"; }

dir=/sys/kernel/pci_rebalance
DEATHS=${DEATHS:-6}
SEED=${SEED:-$(od -An -N2 -tu2 /dev/urandom | xargs)}
RANDOM=$SEED
echo "# SEED=$SEED DEATHS=$DEATHS"

# ready: a guest that has just booted
ready()
{
	check "load" guest "modprobe nvme && modprobe pvpci && modprobe ext4 && modprobe pci_rebalance auto=off"
	within "its controllers are live" 60 live "$(functions)"
}
# may_move: all may, and none gets to the end of it
may_move()
{
	local slot

	for slot in $stay; do
		guest "echo 10001:00:$slot.0 idle >$dir/allow"
	done
	guest "echo 6 >/sys/module/pci_rebalance/parameters/fail_at"
}
# to_and_fro: until there is a file "enough"; the commands' words and statuses go to "moves"
to_and_fro()
{
	rm -f enough moves
	while [ ! -e enough ]; do
		echo "begins"
		timeout 100 pvpcictl --control "$PVPCI_CONTROL" rebalance --online --room 256K \
			--timeout 30 2>&1
		echo "ended with $?"
		sleep 0.2
	done >>moves &
	mover=$!
}
# undone COUNT: so many moves were
undone() { [ "$(grep -c 'undone after' moves)" -ge "$1" ]; }
# some_time: to die at, while something moves
some_time()
{
	local count

	count=$(grep -c '^begins' moves)
	timeout 60 sh -c "until [ \$(grep -c '^begins' moves) -gt $count ]; do sleep 0.05; done"
	sleep "$((RANDOM % 3)).$((RANDOM % 10))"
}
# helpers: slots of second paths that were left
helpers()
{
	ctl --json list | python3 -c 'import json, sys
print(*(fn["slot"] for fn in json.load(sys.stdin)["functions"] if fn["label"].startswith("helps")))'
}
# tidy NAME: what a killed move may leave is ejected
tidy()
{
	local slot

	for slot in $(helpers); do
		check "$1: $slot, a second path, is ejected" ctl eject --timeout=60 "$slot"
	done
	same "$1: nothing else is there" "$left" "$(functions)"
	within "$1: all controllers are live" 60 live "$left"
}
never_hung()
{
	same "$1: every command ended by itself" "" "$(grep -E 'ended with (124|137|139)' moves)"
	grep -v '^begins' moves | sort | uniq -c | sort -rn | head -n 8 | sed 's/^/# /'
}

# settle: holes, and file systems with data on those that are left, under fio
settle()
{
	local slot

	within "the aperture is full" 60 live 8
	holes
	make_all
	mount_all
	for slot in $stay; do
		check "data on $slot" guest "dd if=/dev/urandom of=/mnt/$slot/data bs=64k count=16 2>/dev/null && sync"
	done
	sums=$(guest "md5sum /mnt/0*/data")
	may_move
	guest "rm -f /tmp/stop"
	write_all
	fio=$!
	within "fio writes and verifies on all of them" 120 more_passes 0
	to_and_fro
	within "they move to and fro" 100 undone 2
}
# sound NAME: the data are there, and no file system has a fault
sound()
{
	same "$1: the data are there" "$sums" "$(guest "md5sum /mnt/0*/data")"
	umount_all
	all_sound
}

# ---- the daemon dies ------------------------------------------------------------------------
ready
settle
for ((death = 1; death <= DEATHS; death++)); do
	some_time
	check "death $death of the daemon: another one serves" kill_daemon
done
goes_on "another daemon"
touch enough
wait $mover
never_hung "daemon"
tidy "daemon"
goes_on "all is as before"
guest "echo 0 >/sys/module/pci_rebalance/parameters/fail_at"
check "without a death they move" ctl rebalance --online --room 256K --timeout 60
goes_on "moved"
guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
sound "daemon"

# ---- the guest dies -------------------------------------------------------------------------
is_back() { [ "$boot" != "$(timeout 5 "$GUEST" cat /proc/sys/kernel/random/boot_id || echo "$boot")" ]; }
for ((death = 1; death <= (DEATHS + 1) / 2; death++)); do
	for slot in $stay; do
		check "$slot leaves, too" ctl eject --timeout=60 "$slot.0"
	done
	share
	settle
	some_time
	boot=$(guest cat /proc/sys/kernel/random/boot_id)
	"$QMP" system_reset >/dev/null
	within "death $death of the guest: it comes back" 120 is_back
	touch enough
	wait $mover
	never_hung "guest"
	ready
	tidy "guest"
	mount_all
	sound "death $death of the guest"
done
ktap_end
