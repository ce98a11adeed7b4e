# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A machine that hibernates, and goes on in another QEMU.

# ticks: lines that a process has written
ticks() { wc -l </mnt/ticks; }
more_ticks() { [ "$(ticks)" -gt "$1" ]; }
resumed() { journalctl -b --no-pager | grep -q 'PM: hibernation: hibernation exit'; }

# hibernate: into the swap of the bus; the initramfs of another boot finds it there
hibernate()
{
	local boot disks process before

	boot=$(cat /proc/sys/kernel/random/boot_id)
	add_second
	disks=$(cd /dev/disk/by-id && ls -d nvme-*_REALVM?)
	same "the swap lies on the bus" 10001:00:05.0 "$(basename "$(readlink -f \
		"/sys/class/block/$(swapon --noheadings --show=NAME | xargs basename)/device/device")")"
	while echo tick; do sleep 0.1; done >>/mnt/ticks &
	process=$!
	within "a process writes" more_ticks 0
	# Who boots instead of being resumed says so.
	next lost
	sync
	echo "host again"
	check "systemctl hibernate" systemctl hibernate
	within "the machine was resumed" resumed
	next nothing
	same "it is the same session" "$boot" "$(cat /proc/sys/kernel/random/boot_id)"
	before=$(ticks)
	check "the process lives" kill -0 $process
	within "and writes" more_ticks "$before"
	kill $process
	check "data are what they were" sh -c "sync; echo 3 >/proc/sys/vm/drop_caches; diff -r /usr/lib/systemd /mnt/systemd"
	same "the disks are those" "$disks" "$(cd /dev/disk/by-id && ls -d nvme-*_REALVM?)"
	check "smartctl after it" sh -c 'smartctl -a /dev/nvme0 | grep -q "test result: PASSED"'
	same "the kernel complains of nothing after it" "" "$(complaints)"
	same "no unit has failed after it" "" "$(systemctl --failed --no-legend)"
	echo "ok power-off is asked for"
	systemctl poweroff
}

lost()
{
	echo "no a session that hibernated is resumed"
	systemctl poweroff
}
