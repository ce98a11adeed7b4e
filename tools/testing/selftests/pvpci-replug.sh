#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The ivshmem function of a bus is taken from its root port under fio and plugged again, with
# a new connection to the same pvpcid: drivers let go, nothing hangs, and a new bus is
# there without a reboot. TIMES says how often; "make soak-replug" does it ten times. In
# the end the keeper dies: the guest says in one sentence that the bus is gone.
#
# vmtest: --kernel stock-6.12 --more arm64-6.1 --bus restart.json --bus-options bus=rp1,id=pv0 --qemu "-device pcie-root-port,id=rp1,slot=1,chassis=1,pref64-reserve=1G" --keeper --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

TIMES=${TIMES:-2}

guest() { timeout 60 "$GUEST" "$@"; }
live() { guest "[ \$(grep -l live /sys/class/nvme/nvme*/state 2>/dev/null | wc -l) -eq $1 ]"; }
functions() { guest "lspci -D -n | grep -c ^1"; }
# waiting: pvpcid has no QEMU
waiting() { pvpcictl --control "$PVPCI_CONTROL" --json list | grep -q '"state": "waiting"'; }
# sock: of the daemon, as QEMU knows it
sock=$(grep -oE -- '--socket [^ ]+' <<<"$PVPCID_COMMAND" | cut -d' ' -f2)

unplug()
{
	"$QMP" device_del id=pv0 >/dev/null &&
		"$QMP" --wait DEVICE_DELETED device=pv0 --timeout 60 >/dev/null &&
		"$QMP" chardev-remove id=bus0 >/dev/null
}

plug()
{
	"$QMP" '{"execute": "chardev-add", "arguments": {"id": "bus0", "backend": {"type": "socket",
		"data": {"server": false, "addr": {"type": "unix",
		"data": {"path": "'"$sock"'"}}}}}}' >/dev/null &&
		"$QMP" device_add driver=ivshmem-doorbell chardev=bus0 vectors=64 bus=rp1 id=pv0 \
			>/dev/null
}

# io_runs DISK: fio does I/O on it, until it fails
io_runs()
{
	guest "fio --name=replug --filename=/dev/$1 --rw=randrw --bs=4k --iodepth=8 --direct=1 \
		--ioengine=libaio --size=4M --time_based --runtime=1000 --allow_file_create=0 \
		>/tmp/fio.log 2>&1 </dev/null &
		for n in \$(seq 300); do
			[ \$(awk '{ print \$5 }' /sys/block/$1/stat) -gt 200 ] && break
			sleep 0.1
		done
		pidof fio >/dev/null"
}

check "load" guest "modprobe nvme && modprobe pvpci"
within "two controllers live" 60 live 2
for turn in $(seq "$TIMES"); do
	disk=$(guest "ls /dev | grep -m 1 -oE '^nvme[0-9]+n1'")
	check "$turn: fio runs" io_runs "$disk"
	check "$turn: unplugged" unplug
	within "$turn: fio ends" 60 guest "! pidof fio >/dev/null"
	same "$turn: no function is left" 0 "$(functions)"
	within "$turn: the daemon waits for the next" 60 waiting
	check "$turn: plugged" plug
	within "$turn: two controllers live" 60 live 2
	check "$turn: I/O" guest "dd if=/dev/urandom of=/dev/$(guest \
		"ls /dev | grep -m 1 -oE '^nvme[0-9]+n1'") bs=64k count=16 oflag=direct conv=fsync"
done
same "nothing was said" "" \
	"$(guest "dmesg | grep -E 'BUG|WARN|hung_task|Bus is broken|nvme.*timeout'")"

# ---- the keeper -----------------------------------------------------------------------
disk=$(guest "ls /dev | grep -m 1 -oE '^nvme[0-9]+n1'")
check "fio runs" io_runs "$disk"
kill -9 "$PVPCID_PID"
within "the guest's functions go" 60 guest "! lspci -D -n | grep -q ^1"
within "fio ends" 60 guest "! pidof fio >/dev/null"
guest "dmesg | grep -E 'pvpci.*(gone|broken|leav)'" | sed 's/^/# /'
same "one sentence" 1 "$(guest "dmesg | grep -cE 'pvpci [0-9a-f:.]*: .*(gone|broken)'")"
check "unload" guest "rmmod pvpci"
same "nothing else was said" "" "$(guest "dmesg | grep -E 'BUG|WARN|hung_task'")"
ktap_end
