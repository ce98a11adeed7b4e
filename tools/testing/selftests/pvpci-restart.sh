#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The daemon is killed, idle and in the midst of I/O, again and again: the guest sees a
# pause. Functions, queues and interrupts go on, on the same bus; what was added stays.
#
# vmtest: --kernel stock-6.1,stock-6.12 --more arm64-6.1 --bus restart.json --keeper --host self --timeout 1000
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/daemon.sh
. "$(dirname "$0")/lib/daemon.sh"

KILLS=${KILLS:-20}

guest() { "$GUEST" "$@"; }
control() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }
# disk SERIAL: of the controller, without a namespace
disk() { guest "grep -l $1 /sys/class/nvme/nvme*/serial | cut -d/ -f5"; }
live() { guest "[ \$(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq $1 ]"; }
# What the guest has, whatever the daemon has counted.
functions() { guest "lspci -D -n | grep ^1; cat /sys/class/nvme/nvme*/state; nproc"; }

# verify DISK OPTION...: fio again and again until /tmp/stop; the last status is in DISK.status
verify()
{
	local name=$1

	shift
	guest "status=0; until [ -e /tmp/stop ] || [ \$status -ne 0 ]; do
		fio --name=$name --filename=/dev/$name --rw=randrw --size=4M --direct=1 \
			--ioengine=libaio --time_based --runtime=10 --verify=crc32c \
			--verify_fatal=1 $* >/tmp/$name.fio 2>&1; status=\$?
		done; echo \$status >/tmp/$name.status" &
}

# met_some: a daemon that died had taken several commands and not answered them
met_some() { grep -qE "(10|[2-9]|[1-9][0-9]) commands that were under way" "$OUT/pvpcid0.log"; }

check "load" guest "modprobe nvme && modprobe pvpci"
within "two controllers live" 60 live 2
truncate -s 16M "$OUT/added.img"
check "a disk is added" control add \
	'{"slot": "09.0", "model": "nvme", "serial": "PV0009", "namespaces": [{"file": "added.img"}]}'
within "three controllers live" 60 live 3
cached=$(disk PV0001)n1
direct=$(disk PV0002)n1
added=$(disk PV0009)n1
before=$(functions)

# ---- idle ---------------------------------------------------------------------------
check "killed, it comes back" kill_daemon
for name in "$cached" "$direct" "$added"; do
	check "a disk reads and writes" guest "dd if=/dev/urandom of=/tmp/data bs=64k count=16 &&
		dd if=/tmp/data of=/dev/$name bs=64k oflag=direct conv=fsync &&
		dd if=/dev/$name of=/tmp/back bs=64k count=16 iflag=direct &&
		cmp /tmp/data /tmp/back"
done
same "the guest has the same functions" "$before" "$(functions)"

# ---- under I/O ------------------------------------------------------------------------
verify "$cached" --bs=4k --iodepth=16 --fsync=1
verify "$direct" --bsrange=4k-512k --blockalign=4k --iodepth=16
sleep 3
# A slow guest seldom has several under way.
number=0
until [ $((number += 1)) -gt "$KILLS" ] && { met_some || [ "$number" -gt $((20 * KILLS)) ]; }; do
	sleep "0.$((number % 10))"
	kill_daemon || break
done
for number in 1 2 3; do
	check "it is replaced by the one that is installed" control upgrade
done
guest "touch /tmp/stop"
wait
same "fio has seen nothing of $KILLS kills" 0 "$(guest "cat /tmp/$cached.status")"
same "nor has the other one" 0 "$(guest "cat /tmp/$direct.status")"
check "commands were under way when it died" met_some
same "the guest has the same functions" "$before" "$(functions)"

# ---- and all else goes on ---------------------------------------------------------------
guest "for n in \$(seq 20); do echo 1 >/sys/class/nvme/${cached%n1}/reset_controller; done" &
for number in 1 2 3 4 5; do
	kill_daemon
done
wait
within "controllers that were reset meanwhile live" 60 live 3
same "nothing was said" "" \
	"$(guest "dmesg | grep -E 'Bus is broken|nvme.*(timeout|I/O error)|BUG|WARN'")"
check "what was added is ejected" control eject 09.0
check "it comes back without it" kill_daemon
check "one more is ejected" control eject 04.0
check "unload" guest "rmmod pvpci"
check "it comes back to nobody" kill_daemon
check "load" guest "modprobe pvpci"
within "a controller lives" 60 live 1
ktap_end
