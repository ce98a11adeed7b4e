#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is in use stays: each kind of device is movable while nobody uses it, as the user allowed, and
# pinned as soon as somebody does. With iomem=relaxed, where mappings cannot be revoked.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"

if [ -z "${GUEST:-}" ]; then
	work=$(mktemp -d /dev/shm/rebalance-XXXXXX)
	trap 'rm -rf "$work"' EXIT
	gcc -std=gnu11 -static -O2 -Wall -Wextra -Werror -o "$work/hold-map" "$here/lib/hold-map.c"
	truncate -s 16M "$work/disk"
	mkdir "$work/share"
	bad=0
	for kernel in ${KERNELS:-stock-6.12}; do
		"$here/../vmtest/vmtest" --kernel "$kernel" --timeout 400 --append iomem=relaxed \
			--file "$work/hold-map" --qemu "-nic none \
			-drive if=none,id=d,format=raw,file=$work/disk \
			-device nvme,serial=a,drive=d,bus=pcie.0,addr=10 \
			-fsdev local,id=f,path=$work/share,security_model=none \
			-device virtio-9p-pci,fsdev=f,mount_tag=share,bus=pcie.0,addr=11 \
			-device pci-serial,bus=pcie.0,addr=12 \
			-device e1000e,bus=pcie.0,addr=13 -device e1000,bus=pcie.0,addr=14 \
			-device e1000e,bus=pcie.0,addr=15" --host "$0" || bad=1
	done
	exit $bad
fi

guest() { "$GUEST" "$@"; }
dir=/sys/kernel/pci_rebalance

# is FUNCTION WORDS: as it is listed
is() { guest "grep '^0000:00:$1.0 ' $dir/functions | tee -a /dev/stderr | grep -q '$2'"; }

# used NAME FUNCTION BEGIN END: pinned between BEGIN and END, which are run in the guest
used()
{
	local name=$1 fn=$2

	check "$name: allow it" guest "echo 0000:00:$fn.0 idle >$dir/allow"
	within "$name: movable while nobody uses it" 10 is "$fn" "movable: by unbinding"
	check "$name: use it" guest "$3"
	check "$name: pinned, and what to do" is "$fn" "pinned: in use (stop using it, or allow it \"in-use\")"
	check "$name: let go" guest "$4"
	within "$name: movable again" 10 is "$fn" "movable: by unbinding"
}

# hold FILE: keep it open in the background
hold() { echo "sh -c 'exec 3<>$1; echo \$\$ >/tmp/holder; exec sleep 1000' >/dev/null 2>&1 & until [ -s /tmp/holder ]; do sleep 0.1; done"; }
release='kill $(cat /tmp/holder); rm /tmp/holder'

check "load" guest "modprobe nvme; modprobe e1000e; modprobe 9pnet_virtio; modprobe uio_pci_generic
	modprobe 8250_pci 2>/dev/null; modprobe pci_rebalance auto=off && modprobe 9p"
within "a disk" 30 guest '[ -b /dev/nvme0n1 ]'
guest "cat $dir/functions" | sed 's/^/# /'

used "a file system without a disk (9p)" 11 "mkdir -p /tmp/9p && mount -t 9p -o trans=virtio share /tmp/9p" \
	"umount /tmp/9p"
used "a disk" 10 "$(hold /dev/nvme0n1)" "$release"
used "the node of a controller" 10 "$(hold /dev/nvme0)" "$release"
tty=$(guest 'ls /sys/bus/pci/devices/0000:00:12.0/tty /sys/bus/pci/devices/0000:00:12.0/*/*/tty 2>/dev/null' |
	grep -m1 -o 'ttyS[0-9]*')
if [ -n "$tty" ]; then
	guest "[ -e /dev/$tty ] || mknod /dev/$tty c 4 \$((64 + ${tty#ttyS}))"
	used "a terminal" 12 "$(hold "/dev/$tty")" "$release"
fi
within "an interface" 20 guest 'ls /sys/bus/pci/devices/0000:00:13.0/net'
used "an interface" 13 'ip link set $(ls /sys/bus/pci/devices/0000:00:13.0/net) up' \
	'ip link set $(ls /sys/bus/pci/devices/0000:00:13.0/net) down'
check "user space's driver" guest 'fn=/sys/bus/pci/devices/0000:00:14.0
	[ ! -e $fn/driver ] || echo 0000:00:14.0 >$fn/driver/unbind
	echo uio_pci_generic >$fn/driver_override; echo 0000:00:14.0 >/sys/bus/pci/drivers_probe
	[ -e /dev/uio0 ]'
used "user space's driver" 14 "$(hold /dev/uio0)" "$release"

# Mapped, and no longer open: nobody can be sent elsewhere.
check "a BAR is mapped" guest 'fn=/sys/bus/pci/devices/0000:00:15.0
	echo 0000:00:15.0 >$fn/driver/unbind; setpci -s 00:15.0 COMMAND=0:2
	chmod +x /vmtest/hold-map
	/vmtest/hold-map $fn/resource0 >/tmp/said 2>&1 & echo $! >/tmp/holder
	until [ -s /tmp/said ]; do sleep 0.1; done; cat /tmp/said; grep -q mapped /tmp/said'
check "allow all" guest "echo 0000:00:15.0 in-use >$dir/allow"
check "it is pinned" is 15 "pinned: a process has its BARs mapped"
check "let go" guest "$release"
within "it is not any more" 10 is 15 "movable: without a driver"
bar=$(guest 'head -n 1 /sys/bus/pci/devices/0000:00:15.0/resource' | cut -d' ' -f1)
echo "# BAR 0 of 15.0 at $bar"
check "unload" guest "rmmod pci_rebalance"
ktap_end
