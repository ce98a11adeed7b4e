#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Functions that need room are plugged in beside a mounted virtio disk, an NVMe that fio writes and
# verifies, and an e1000e with traffic, in root ports and below a switch, with each value of "auto":
# nobody has an error, nothing that runs has moved, and QEMU sees no config write to it.
#
# limit: 1300
# x86: not seen to run on arm64 yet
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/tree.sh
. "$here/lib/tree.sh"

if [ -z "${GUEST:-}" ]; then
	bad=0
	[ $# -gt 0 ] || set -- stock-6.1=acpi stock-6.12=native
	for how; do
		tree_begin
		[ "${how#*=}" != native ] || tree_native
		for n in 1 2 3 4 5; do
			tree_port $n "1$n"
		done
		tree_switch rp4 4
		tree_disk fio 32 nvme,serial=fio,bus=rp1
		tree_disk below 32 nvme,serial=below,bus=dp0
		tree_disk mounted 32 virtio-blk-pci,bus=rp2
		qemu+="-nic none -netdev user,id=n1 -device e1000e,netdev=n1,bus=rp3 "
		qemu+="-netdev user,id=n2 -device e1000e,netdev=n2,bus=dp3 "
		tree_run "${how%=*}" --timeout 500 || bad=1
	done
	exit $bad
fi

dir=/sys/kernel/pci_rebalance
auto=/sys/module/pci_rebalance/parameters/auto
drivers='/sys/bus/pci/drivers/nvme/0* /sys/bus/pci/drivers/e1000e/0* /sys/bus/pci/drivers/virtio-pci/0*'

# places: where the BARs and ROMs of all that run are
places() { guest "for fn in $drivers; do echo \${fn##*/}; head -n 7 \$fn/resource; done"; }
# touched: config writes to them that QEMU has seen
touched() { grep -cE 'pci_cfg_write (nvme|e1000e|virtio-blk)' qemu.log || :; }
# rounds NAME: how often this was done
rounds() { guest "cat /tmp/$1.rounds 2>/dev/null | wc -l"; }
# goes_on NAME: and it still is
goes_on() { [ "$(rounds "$1")" -gt "$2" ]; }
# run NAME COMMAND: again and again in the guest; an error is noted
run()
{
	guest "(while [ ! -e /tmp/stop ]; do { $2; } >/tmp/$1.log 2>&1 || { echo $1; cat /tmp/$1.log; } >>/tmp/errors
		echo >>/tmp/$1.rounds; done) >/dev/null 2>&1 &"
}
fio() { run "$1" "fio --name=v --filename=/dev/$2 --rw=randwrite --bs=16k --size=8M --direct=1 --verify=crc32c --verify_fatal=1"; }
name() { guest "grep -l '^$1 *\$' /sys/block/*/device/serial" | cut -d/ -f4; }
# interface PORT: of the e1000e somewhere behind it
interface() { guest "find /sys/devices/pci0000:00/0000:00:$1.0 -path '*/net/*' -name 'e*[0-9]' -maxdepth 5" | sed 's|.*/||'; }
# plug PORT: a function with so many MiB; QEMU does not give the same memory to another one
plug()
{
	"$QMP" object-add qom-type=memory-backend-ram "id=ram-$1-$value" "size:=$((mib << 20))" >/dev/null
	"$QMP" device_add driver=ivshmem-plain "memdev=ram-$1-$value" "bus=$1" "id=f$1" >/dev/null
}
large() { guest "lspci -D -d 1af4:1110" | cut -d' ' -f1; }
found() { [ "$(large | grep -c .)" -eq "$1" ]; }
# with_room COUNT: as many of them have their BAR
with_room()
{
	[ "$(guest "for fn in $(large | xargs); do sed -n 3p /sys/bus/pci/devices/\$fn/resource; done" |
		grep -vc '^0x0000000000000000 ')" -eq "$1" ]
}

check "drivers" guest "modprobe nvme && modprobe virtio_blk && modprobe virtio_pci && modprobe e1000e && modprobe ext4"
disks() { [ -n "$(name fio)" ] && [ -n "$(name below)" ] && guest '[ -b /dev/vda ]'; }
within "three disks" 60 disks
check "mount one" guest 'mkfs.ext4 -q /dev/vda && mkdir /tmp/m && mount /dev/vda /tmp/m &&
	dd if=/dev/urandom of=/tmp/m/data bs=64k count=32 2>/dev/null'
check "two interfaces" guest "ip link set $(interface 13) up && ip addr add 10.0.2.15/24 dev $(interface 13) &&
	ip link set $(interface 14) up && ip addr add 10.0.3.15/24 dev $(interface 14)"
run mounted "cp /tmp/m/data /tmp/m/copy && sync && echo 3 >/proc/sys/vm/drop_caches && cmp /tmp/m/data /tmp/m/copy"
fio fio "$(name fio)"
fio below "$(name below)"
within "traffic" 60 guest "ping -c 1 -W 1 10.0.2.2"
run traffic "ping -q -c 5 -W 10 10.0.2.2"
check "load" guest "modprobe pci_rebalance auto=off"
before=$(places)
same "five that run" 5 "$(grep -c '^0000:' <<<"$before")"
"$QMP" trace-event-set-state name=pci_cfg_write enable:=true >/dev/null

# Windows keep the room that was made in them, so each time more is needed.
mib=64
for value in off idle cooperative rebind; do
	guest "echo $value >$auto"
	# What is in use is not idle, whatever was allowed for the time when it will be.
	[ $value != rebind ] || check "allow to rebind all of them" guest \
		"for fn in $drivers; do echo \${fn##*/} idle >$dir/allow || exit 1; done"
	last=$(rounds mounted) pings=$(rounds traffic) writes=$(rounds fio) result=$(guest "cat $dir/result")
	plug dp1
	plug rp5
	within "$value: plugged in" 60 found 2
	if [ $value = off ]; then
		guest "sleep 3"
		check "off: no room below the switch" eval '! with_room 2'
	else
		within "$value: both find room" 60 with_room 2
		guest "cat $dir/result" | sed 's/^/# /'
		check "$value: something was moved for them" test "$(guest "cat $dir/result")" != "$result"
		mib=$((2 * mib))
	fi
	same "$value: nothing that runs has moved" "$before" "$(places)"
	within "$value: the mounted disk works on" 60 goes_on mounted "$last"
	within "$value: fio works on" 60 goes_on fio "$writes"
	within "$value: there is traffic" 60 goes_on traffic "$pings"
	"$QMP" device_del id=fdp1 >/dev/null
	"$QMP" device_del id=frp5 >/dev/null
	within "$value: unplugged" 60 found 0
	for port in dp1 rp5; do
		check "$value: gone from $port" "$QMP" --wait DEVICE_DELETED "device=f$port" --timeout 60
	done
done
same "none of them was written to" 0 "$(touched)"
guest "setpci -s $(grep -m 1 '^0000:' <<<"$before") LATENCY_TIMER=0"
check "(as QEMU would have seen)" test "$(touched)" -gt 0
"$QMP" trace-event-set-state name=pci_cfg_write enable:=false >/dev/null
guest "touch /tmp/stop"
check "nobody had an error" guest "! cat /tmp/errors"
within "unmount" 60 guest "umount /tmp/m"
check "unload" guest "rmmod pci_rebalance"
ktap_end
