#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is in use stays: each kind of device is movable while nobody uses it, as the user allowed, and
# pinned as soon as somebody does. With iomem=relaxed, where mappings cannot be revoked.
#
# x86: VFIO has intel-iommu there, an x86 device
# matrix: stock-6.1
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
	[ $# -gt 0 ] || set -- stock-6.12 kunit-6.12
	for kernel; do
		# It serves one guest, and ends with it.
		/usr/lib/qemu/virtiofsd --socket-path="$work/fs" -o source="$work/share" -o sandbox=chroot \
			>"$work/fs.log" 2>&1 &
		until [ -S "$work/fs" ]; do sleep 0.1; done
		"$here/../vmtest/vmtest" --kernel "$kernel" --timeout 400 \
			--append "iomem=relaxed intel_iommu=on" --file "$work/hold-map" \
			--qemu "-nic none -device intel-iommu,intremap=off \
			-drive if=none,id=d,format=raw,file=$work/disk \
			-device nvme,serial=a,drive=d,bus=pcie.0,addr=10 \
			-fsdev local,id=f,path=$work/share,security_model=none \
			-device virtio-9p-pci,fsdev=f,mount_tag=share,bus=pcie.0,addr=11 \
			-device pci-serial,bus=pcie.0,addr=12 \
			-device e1000e,bus=pcie.0,addr=13 -device e1000,bus=pcie.0,addr=14 \
			-device e1000e,bus=pcie.0,addr=15 \
			-chardev socket,id=fs,path=$work/fs \
			-device vhost-user-fs-pci,chardev=fs,tag=fs,bus=pcie.0,addr=16" --host "$0" || bad=1
		rm -f "$work/fs"
	done
	exit $bad
fi

guest() { "$GUEST" "$@"; }
dir=/sys/kernel/pci_rebalance

# is FUNCTION WORDS: as it is listed
is() { guest "grep '^0000:00:$1.0 ' $dir/functions | tee -a /dev/stderr | grep -q '$2'"; }

# listed MODULE dep|builtin: the kernel has it
listed() { guest "grep -q '/$1[.]ko' /lib/modules/\$(uname -r)/modules.$2"; }

# lacks NAME MODULE: a debug kernel is built without much that is used here
lacks()
{
	# shellcheck disable=SC2153 # of vmtest
	case $KERNEL in stock-*) return 1 ;; esac
	! listed "$2" dep || return 1
	! listed "$2" builtin || return 1
	KTAP_NUMBER=$((KTAP_NUMBER + 1))
	echo "ok $KTAP_NUMBER $1 # SKIP $KERNEL is built without $2"
}

# used NAME MODULE FUNCTION BEGIN END: pinned between BEGIN and END, which are run in the guest
used()
{
	local name=$1 fn=$3

	lacks "$name" "$2" && return
	shift
	check "$name: allow it" guest "echo 0000:00:$fn.0 idle >$dir/allow"
	if is "$fn" "movable: with its driver.s help"; then	# the kernel has tools/patches/rebalance
		check "$name: use it" guest "$3"
		check "$name: movable all the same" is "$fn" "movable: with its driver.s help"
		check "$name: let go" guest "$4"
		return
	fi
	within "$name: movable while nobody uses it" 60 is "$fn" "movable: by unbinding"
	check "$name: use it" guest "$3"
	check "$name: pinned, and what to do" is "$fn" "pinned: in use (stop using it, or allow it \"in-use\")"
	check "$name: let go" guest "$4"
	within "$name: movable again" 60 is "$fn" "movable: by unbinding"
}

# hold FILE: keep it open in the background
hold() { echo "sh -c 'exec 3<>$1; echo \$\$ >/tmp/holder; exec sleep 1000' >/dev/null 2>&1 & until [ -s /tmp/holder ]; do sleep 0.1; done"; }
release='kill $(cat /tmp/holder); rm /tmp/holder'

check "load" guest "for module in virtio_pci 9pnet_virtio virtiofs 9p uio_pci_generic vfio-pci 8250_pci; do
		modprobe \$module 2>/dev/null; done
	modprobe nvme && modprobe e1000e && modprobe pci_rebalance auto=off"
within "a disk" 60 guest '[ -b /dev/nvme0n1 ]'
guest "cat $dir/functions" | sed 's/^/# /'

used "a file system without a disk (9p)" 9p 11 "mkdir -p /tmp/9p && mount -t 9p -o trans=virtio share /tmp/9p" \
	"umount /tmp/9p"
# Its users are those of its module, and what is built in counts none.
if listed virtiofs builtin; then
	check "virtiofs: allow it" guest "echo 0000:00:16.0 idle >$dir/allow"
	within "virtiofs: it has its driver" 60 guest 'ls -d /sys/bus/pci/devices/0000:00:16.0/virtio*/driver'
	check "virtiofs: built in, always in use" is 16 "pinned: in use (stop using it, or allow it \"in-use\")"
else
	used "a file system without a disk (virtiofs)" virtiofs 16 \
		"mkdir -p /tmp/fs && mount -t virtiofs fs /tmp/fs" "umount /tmp/fs"
fi
used "a disk" nvme 10 "$(hold /dev/nvme0n1)" "$release"
used "the node of a controller" nvme 10 "$(hold /dev/nvme0)" "$release"
tty=$(guest 'ls /sys/bus/pci/devices/0000:00:12.0/tty /sys/bus/pci/devices/0000:00:12.0/*/*/tty 2>/dev/null' |
	grep -m1 -o 'ttyS[0-9]*')
if [ -n "$tty" ]; then
	guest "[ -e /dev/$tty ] || mknod /dev/$tty c 4 \$((64 + ${tty#ttyS}))"
	used "a terminal" 8250_pci 12 "$(hold "/dev/$tty")" "$release"
fi
within "an interface" 60 guest 'ls /sys/bus/pci/devices/0000:00:13.0/net'
used "an interface" e1000e 13 'ip link set $(ls /sys/bus/pci/devices/0000:00:13.0/net) up' \
	'ip link set $(ls /sys/bus/pci/devices/0000:00:13.0/net) down'

# driver FUNCTION DRIVER: it has that one from now on
driver()
{
	guest "fn=/sys/bus/pci/devices/0000:00:$1.0
		[ ! -e \$fn/driver ] || echo 0000:00:$1.0 >\$fn/driver/unbind
		echo $2 >\$fn/driver_override; echo 0000:00:$1.0 >/sys/bus/pci/drivers_probe
		[ -e /sys/bus/pci/drivers/$2/0000:00:$1.0 ]"
}
if ! lacks "user space's driver" uio_pci_generic; then
	check "user space's driver" driver 14 uio_pci_generic
	used "user space's driver" uio_pci_generic 14 "$(hold /dev/uio0)" "$release"
fi
if ! lacks "VFIO" vfio-pci; then
	check "VFIO" driver 14 vfio-pci
	check "VFIO: allow all" guest "echo 0000:00:14.0 in-use >$dir/allow"
	check "VFIO: pinned, whether it is open or not" is 14 "pinned: given to user space by VFIO"
fi

# Mapped, and no longer open: nobody can be sent elsewhere.
check "a BAR is mapped" guest 'fn=/sys/bus/pci/devices/0000:00:15.0
	echo 0000:00:15.0 >$fn/driver/unbind; setpci -s 00:15.0 COMMAND=0:2
	chmod +x /vmtest/hold-map
	/vmtest/hold-map $fn/resource0 >/tmp/said 2>&1 & echo $! >/tmp/holder
	until [ -s /tmp/said ]; do sleep 0.1; done; cat /tmp/said; grep -q mapped /tmp/said'
check "allow all" guest "echo 0000:00:15.0 in-use >$dir/allow"
check "it is pinned" is 15 "pinned: a process has its BARs mapped"
check "let go" guest "$release"
within "it is not any more" 60 is 15 "movable: without a driver"
bar=$(guest 'head -n 1 /sys/bus/pci/devices/0000:00:15.0/resource' | cut -d' ' -f1)
echo "# BAR 0 of 15.0 at $bar"
check "unload" guest "rmmod pci_rebalance"
ktap_end
