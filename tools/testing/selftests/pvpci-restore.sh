#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest hibernates with its bus in use, and its QEMU and its pvpcid end with it, as when the host is
# rebooted. Others take their place and it is restored: by a daemon with the same bus, but for one
# function that went and one that came, it goes on with its I/O. By a daemon with another bus it loses
# the functions and nothing else.
#
# limit: 1200
# matrix: stock-6.1
# matrix: arm64-6.1
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/sleep.sh
. "$here/lib/sleep.sh"

domain=10024

# half NAME BUS SWAP: one QEMU and one daemon; what is to be done by NAME
half()
{
	HALF=$1 "$here/../vmtest/vmtest" --quiet --kernel "$kernel" --name "$1-$kernel" --mem 768 \
		--timeout 400 --out "$work/$1" --bus "$2" --host "$0" --qemu "-blockdev \
		driver=qcow2,node-name=swap,file.driver=file,file.filename=$3 \
		-device virtio-blk-pci,drive=swap" >"$work/$1.log" 2>&1
}

# restored HALF BUS: the image, which is good for one time, is restored so
restored()
{
	local status=0

	cp "$work/swap.qcow2" "$work/$1.qcow2"
	half "$1" "$2" "$work/$1.qcow2" || status=$?
	ktap_result $status "$kernel: $1"
	[ $status -eq 0 ] || sed 's/^/# /' "$work/$1.log"
}

# Run by hand or by "make check".
if [ -z "${GUEST:-}" ]; then
	work=$(mktemp -d /tmp/restore-XXXXXX)
	[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
	truncate -s 32M "$work/power.img"
	sed "s|power.img|$work/power.img|" "$here/power.json" >"$work/old.json"
	sed -e 's/"03.0"/"09.0"/' -e '/"soft_reset"/s/"msi": 2/"msix": 1/' "$work/old.json" >"$work/new.json"
	sed 's/"id": 36/"id": 37/' "$work/old.json" >"$work/other.json"
	[ $# -gt 0 ] || set -- stock-6.12
	for kernel; do
		qemu-img create -q -f qcow2 "$work/swap.qcow2" 512M
		# The guest goes away in the midst of it all, which is no regular end.
		half saved "$work/old.json" "$work/swap.qcow2"
		check "$kernel: saved" grep -q "Power down" "$work/saved/console.log"
		restored same-bus "$work/new.json"
		restored other-bus "$work/other.json"
	done
	ktap_end
fi

said() { grep -q "$1" "$OUT/console.log"; }

save()
{
	check "swap" guest "modprobe -a virtio_pci virtio_blk && mkswap /dev/vda && swapon /dev/vda"
	check "load" guest "modprobe nvme && modprobe pvpci && modprobe pvpci_testdev"
	within "disk" 60 guest '[ -b /dev/nvme0n1 ]'
	fill
	usable "before"
	fio_across
	[ "$KTAP_FAILED" -eq 0 ] || exit 1
	guest "echo shutdown >/sys/power/disk && echo disk >/sys/power/state"
	sleep 120
	exit 1
}

restore()
{
	check "the disk with the image" guest "modprobe -a virtio_pci virtio_blk && [ -b /dev/vda ]"
	guest "cat /sys/block/vda/dev >/sys/power/resume" &
	within "the image is restored" 180 said "hibernation exit"
	kill $!
	within "the first kernel answers" 60 guest "[ -e /tmp/fio.pid ]"
}

same_bus()
{
	# shellcheck disable=SC2034 # usable() compares with it
	sum=$(guest "md5sum </tmp/data")
	usable "after"
	within "the one that came is bound" 60 guest "[ -e /sys/bus/pci/drivers/pvpci_testdev/$domain:00:09.0 ]"
	within "the one that went is gone" 60 guest "[ ! -e /sys/bus/pci/devices/$domain:00:03.0 ]"
	within "the daemon knows their drivers" 60 knows \
		"01.0:nvme 02.0:pvpci_testdev 04.0:pvpci_testdev 09.0:pvpci_testdev"
	within "fio has ended" 60 guest "! kill -0 \$(cat /tmp/fio.pid)"
	check "with all data as written" guest "grep -q 'err= 0' /tmp/fio.log"
	same "one attach to come back" "1 1 1" "$(attached 01.0) $(attached 02.0) $(attached 04.0)"
	check "no edge has failed" guest "! grep -E 'failed [1-9]' /sys/kernel/debug/pvpci/$domain/functions"
}

other_bus()
{
	within "the log says so" 60 guest "dmesg | grep -q 'it could not be resumed'"
	within "its functions are gone" 60 guest "! ls /sys/bus/pci/devices | grep -q ^$domain:"
	within "fio has ended" 60 guest "! kill -0 \$(cat /tmp/fio.pid)"
	check "the rest goes on" guest "dd if=/dev/vda of=/dev/null bs=1M count=4"
}

case ${HALF:-} in
saved) save ;;
same-bus) restore; same_bus ;;
other-bus) restore; other_bus ;;
esac
check "unload" guest "swapoff /dev/vda; rmmod pvpci_testdev; rmmod pvpci"
# One that comes after the other bus has gone finds the daemon as at the first time.
check "load again" guest "modprobe pvpci && modprobe pvpci_testdev"
within "functions are there" 60 guest "ls /sys/bus/pci/drivers/pvpci_testdev | grep -q :02.0"
ktap_end
