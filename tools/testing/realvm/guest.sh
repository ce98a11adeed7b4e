#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs as a service of the Debian guest that "boot" starts, once each boot; its output
# is the host's. Lines "ok NAME" and "no NAME" are results; "host WORDS" asks the host for
# something, and what follows waits for it.
state=/var/lib/realvm
stage=$(cat $state 2>/dev/null || echo first)

check()
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "no $name"
		printf '%s\n' "$output" | tail -n 20 | sed 's/^/# /'
	fi
}

same()
{
	[ "$2" = "$3" ] && echo "ok $1" && return
	printf 'no %s\n# wanted: %s\n# got:    %s\n' "$@"
}

# settled: udev has done all that is known
settled() { udevadm settle --timeout=60; }

# within NAME COMMAND...: ok once it succeeds, within a minute
within()
{
	for _ in $(seq 120); do
		"${@:2}" >/dev/null 2>&1 && break
		sleep 0.5
	done
	check "$@"
}

by_id=/dev/disk/by-id
unit=pvpcid@vm.service
# daemon: its process, as systemd knows it
daemon() { systemctl show -P MainPID $unit; }
# replaced OLD: another one serves
replaced() { [ "$(daemon)" -gt 0 ] && [ "$(daemon)" -ne "$1" ] && [ "$(systemctl is-active $unit)" = active ]; }

# The daemon as this machine's service, with a program for a guest.
service()
{
	local driver old signal

	truncate -s 8M /var/lib/pvpci/vm.img && truncate -s 128M /dev/shm/vm
	chown pvpci: /var/lib/pvpci/vm.img /dev/shm/vm
	mkdir -p /etc/pvpci
	cat >/etc/pvpci/vm.json <<-'END'
		{ "id": 2, "memory": { "file": "/dev/shm/vm", "machine": "q35" },
		  "functions": [ { "slot": "01.0", "model": "nvme",
		                   "namespaces": [ { "file": "/var/lib/pvpci/vm.img" } ] } ] }
	END
	check "the daemon is a service" systemctl start $unit
	same "AppArmor confines it" "/usr/sbin/pvpcid (enforce)" "$(cat "/proc/$(daemon)/attr/current")"
	same "it is not root" pvpci "$(stat -c %U "/proc/$(daemon)")"
	# The one that stands still has WatchdogSec= of this time.
	pvpci-initiator --socket=/run/pvpci/vm.sock --memory=/dev/shm/vm --write --depth=4 --interrupts \
		--milliseconds=40000 >/tmp/driven 2>&1 &
	driver=$!
	within "a guest's program is served" grep -q '[^\x00]' /var/lib/pvpci/vm.img
	for signal in KILL KILL STOP; do
		old=$(daemon)
		kill -$signal "$old"
		within "systemd replaces one that got SIG$signal" replaced "$old"
	done
	wait $driver
	same "the program has seen no error" 0 $?
	sed 's/^/# /' /tmp/driven
	same "nothing else was restarted" 3 "$(systemctl show -P NRestarts $unit)"
	check "each went on where the last one died" sh -c "[ \$(journalctl -u $unit | grep -c ': goes on with') -ge 3 ]"
	check "it stops when it is asked to" systemctl stop $unit
	same "without an error" success "$(systemctl show -P Result $unit)"
	same "AppArmor has refused nothing" "" "$(journalctl -b --no-pager | grep 'apparmor="DENIED".*pvpcid')"
	rm -r /etc/pvpci/vm.json /var/lib/pvpci/vm.img /dev/shm/vm
}

first()
{
	same "the root file system lies on the bus" 10001:00:03.0 "$(basename "$(readlink -f \
		"/sys/class/block/$(findmnt -no SOURCE / | xargs basename)/device/device")")"
	check "pvpci was loaded by the initramfs, unasked" grep -q '^pvpci ' /proc/modules
	same "its parameter came from the command line" 77 "$(cat /sys/module/pvpci/parameters/patience_s)"
	check "pciehp_pv was loaded for the root port" grep -q '^pciehp_pv ' /proc/modules
	same "with its parameter" 300 "$(cat /sys/module/pciehp_pv/parameters/slot_delay_ms)"
	settled
	# Behind the address of the function that carries the bus, as udev names such buses.
	within "the disk by its path" compgen -G "/dev/disk/by-path/*pci-10001:00:03.0-nvme-1"
	check "and by its serial number" sh -c "ls $by_id | grep -q '^nvme-.*_REALVM1'"
	check "lspci shows the tree" sh -c 'lspci -tv | grep -q "10001:00.*03.0"'
	check "lspci knows the class" sh -c 'lspci -Ds 10001:00:03.0 | grep -q "Non-Volatile memory controller"'
	check "nvme list" sh -c 'nvme list -v | grep -q 10001:00:03.0'
	check "smartctl" sh -c 'smartctl -a /dev/nvme0 | grep -q "test result: PASSED"'
	check "lshw" sh -c 'lshw -quiet -businfo | grep -q "/dev/nvme0 .*pvpci NVMe"'
	check "hwloc" sh -c 'lstopo-no-graphics --whole-io --of console | grep -qi "nvme0n1"'
	same "no unit has failed" "" "$(systemctl --failed --no-legend)"
	check "systemd-analyze" systemd-analyze time

	echo "host add"
	within "a disk that was added is there by its serial number" compgen -G "$by_id/nvme-*_REALVM2"
	within "and by its path" compgen -G "/dev/disk/by-path/*pci-10001:00:04.0-nvme-1"
	check "a file system" sh -c "mkfs.ext4 -q $by_id/nvme-*_REALVM2 && mount $by_id/nvme-*_REALVM2 /mnt &&
		cp -r /usr/lib/systemd /mnt && sync && umount /mnt"
	check "mounted by its label through fstab" sh -c "e2label $by_id/nvme-*_REALVM2 second &&
		echo 'LABEL=second /mnt ext4 nofail,x-systemd.device-timeout=60 0 2' >>/etc/fstab &&
		systemctl daemon-reload && mount /mnt"

	service

	echo "host suspend"
	check "suspend and resume" systemctl suspend
	# It returns before the machine sleeps.
	until journalctl -b --no-pager | grep -q 'PM: suspend exit'; do sleep 1; done
	check "the disks work afterwards" sh -c "dd if=/dev/nvme0n1 of=/dev/null bs=1M count=16 iflag=direct &&
		echo data >/mnt/file && sync"
	echo second >$state
	echo "ok reboot is asked for"
	systemctl reboot
}

second()
{
	# nofail in fstab: nobody has waited for it.
	within "after a reboot what was added is mounted" findmnt /mnt
	same "with its data" data "$(cat /mnt/file)"
	check "and sound" sh -c "diff -r /usr/lib/systemd /mnt/systemd"
	same "the root file system was clean" "" "$(journalctl -b --no-pager | grep -iE 'recovering journal|fsck.*errors')"
	same "no unit has failed after a reboot" "" "$(systemctl --failed --no-legend)"
	same "the kernel complains of nothing" "" "$(dmesg | grep -E 'BUG|WARNING|Oops|blocked for more')"
	echo "ok power-off is asked for"
	systemctl poweroff
}

$stage
