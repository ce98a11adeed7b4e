# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel crashes, and Debian's kdump-tools write what it had in memory into the root file
# system: another kernel finds it on the bus, with an initramfs of its own.
crash_initramfs() { echo "/var/lib/kdump/initrd.img-$(uname -r)"; }
dump() { echo /var/crash/[0-9]*/dump.[0-9]*; }

# without_module: as for a kernel whose headers are not there, so that DKMS has built nothing
without_module()
{
	local module image before

	image=/boot/initrd.img-$(uname -r)
	before=$(md5sum "$image")
	module=$(modinfo -n pvpci)
	mv "$module" /root/ && depmod
	check "no initramfs is made that lacks pvpci" sh -c '! update-initramfs -u >/root/log 2>&1'
	check "with a reason" grep "has no module pvpci" /root/log
	same "the one that was there stays" "$before" "$(md5sum "$image")"
	mv "/root/$(basename "$module")" "$module" && depmod
}

crash()
{
	without_module
	check "memory is reserved" test "$(cat /sys/kernel/kexec_crash_size)" -gt 0
	check "kdump-tools are a service" systemctl start kdump-tools
	check "pvpci is in the initramfs of the crash kernel" sh -c "lsinitramfs $(crash_initramfs) | grep '/pvpci\.ko'"
	check "the crash kernel is loaded" test "$(cat /sys/kernel/kexec_crash_loaded)" = 1
	check "kdump-config says so" sh -c "kdump-config show | tee /dev/stderr | grep 'ready to kdump'"
	echo "before the crash" >/root/before
	sync
	next crashed
	echo "ok a crash is asked for"
	echo 1 >/proc/sys/kernel/sysrq
	echo c >/proc/sysrq-trigger
}

crashed()
{
	settled
	check "a dump was written" test -s "$(dump)"
	same "which is one" "KDUMP" "$(head -c 5 "$(dump)")"
	check "makedumpfile reads it" makedumpfile --dump-dmesg -f "$(dump)" /root/log
	check "the last words are there" grep 'sysrq: Trigger a crash' /root/log
	check "those of this bus, too" grep 'pvpci' /root/log
	same "data are what they were" "before the crash" "$(cat /root/before)"
	same "no unit has failed" "" "$(systemctl --failed --no-legend)"
	echo "# $(stat -c '%s bytes: %n' "$(dump)")"
	next nothing
	systemctl poweroff
}
