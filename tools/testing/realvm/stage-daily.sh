# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every user does: look at what is there, add a disk, serve a bus, suspend, reboot.

# service: replaced by systemd when it dies or stands still
service()
{
	local old signal

	service_start
	for signal in KILL KILL STOP; do
		old=$(daemon)
		kill -$signal "$old"
		within "systemd replaces one that got SIG$signal" replaced "$old"
	done
	same "nothing else was restarted" 3 "$(systemctl show -P NRestarts "$unit")"
	check "each went on where the last one died" sh -c "[ \$(journalctl -u $unit | grep -c ': goes on with') -ge 3 ]"
	service_end
}

first()
{
	same "the image has nothing of what the host has mounted" "" \
		"$(unshare --mount sh -c 'mount --bind / /mnt && ls /mnt/proc')"
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

	add_second
	within "and by its path" compgen -G "/dev/disk/by-path/*pci-10001:00:04.0-nvme-1"
	check "it is unmounted" umount /mnt
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
	next second
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
	same "the kernel complains of nothing" "" "$(complaints)"
	next nothing
	echo "ok power-off is asked for"
	systemctl poweroff
}
