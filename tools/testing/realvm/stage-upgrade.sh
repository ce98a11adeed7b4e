# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of another release take the place of those that are in use: /root/upgrade has
# them, and its file "version" says which. The disk that was added has all the time I/O that
# is verified; so has the guest of the daemon that is upgraded.
upgrade_version() { cat /root/upgrade/version; }
loaded() { cat /sys/module/pvpci/version; }
install_new() { DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "/root/upgrade/$1"_*.deb; }
# in_initramfs: the version of pvpci that the next boot will have
in_initramfs()
{
	rm -rf /root/unpacked
	unmkinitramfs "/boot/initrd.img-$(uname -r)" /root/unpacked &&
		find /root/unpacked -name 'pvpci.ko*' -exec modinfo -F version {} +
	rm -rf /root/unpacked
}
# submitted: writes of the disk with the verified I/O
submitted() { awk '{print $5}' "/sys/class/block/$(basename "$(readlink -f "$disk")")/stat"; }
more_submitted() { [ "$(submitted)" -gt "$1" ]; }

io_start()
{
	local before

	disk=$(echo "$by_id"/nvme-*_REALVM2)
	before=$(submitted)
	fio --name=upgrade --filename="$disk" --size=64M --rw=randwrite --bs=4k --direct=1 \
		--ioengine=libaio --iodepth=8 --rate_iops=400 --verify=crc32c --verify_backlog=256 \
		--time_based --runtime=36000 --output=/root/fio.log >/dev/null 2>&1 &
	io=$!
	within "I/O that is verified" more_submitted "$before"
}

io_end()
{
	local before

	before=$(submitted)
	within "the verified I/O goes on to the end" more_submitted "$before"
	kill -INT "$io"
	wait "$io"
	check "and has found no error" grep 'err= 0' /root/fio.log
}

upgrade_guest()
{
	local old lines

	old=$(loaded)
	lines=$(dmesg | wc -l)
	check "apt upgrades pvpci-dkms" install_new pvpci-dkms
	same "the module that is in use stays" "$old" "$(loaded)"
	same "DKMS has one version" "$(upgrade_version)" "$(dkms status pvpci | sed -n 's|^pvpci/\([^,]*\), .*: installed$|\1|p')"
	same "the next boot's modules are new" "$(upgrade_version)" "$(modinfo -F version pvpci)"
	same "so are those of its initramfs" "$(upgrade_version)" "$(in_initramfs)"
	same "the bus has said nothing" "" "$(dmesg | tail -n "+$((lines + 1))" | grep -E 'pvpci|nvme|I/O error|PCI')"
	check "programs start from the root file system" sh -c 'sync; echo 3 >/proc/sys/vm/drop_caches; lspci'
}

upgrade_host()
{
	local old

	service_start
	old=$(daemon)
	check "apt upgrades pvpci-host" install_new pvpci-host
	same "the daemon that serves stays" "$old" "$(daemon)"
	goes_on "the program does not notice"
	same "systemd has the new unit" no "$(systemctl show -P NeedDaemonReload "$unit")"
	same "pvpcictl is new" "pvpcictl $(upgrade_version)" "$(pvpcictl --version)"
	check "pvpcictl upgrade" pvpcictl --control /run/pvpci/vm.control upgrade
	check "another process serves" replaced "$old"
	check "which is new" sh -c "pvpcictl --control /run/pvpci/vm.control ping | grep '^pvpcid $(upgrade_version),'"
	same "AppArmor confines it, too" "/usr/sbin/pvpcid (enforce)" "$(cat "/proc/$(daemon)/attr/current")"
	goes_on "the program does not notice that"
	service_end
}

upgrade()
{
	# Services may be restarted in here.
	rm -f /usr/sbin/policy-rc.d
	echo "host add"
	settled
	within "a second disk" compgen -G "$by_id/nvme-*_REALVM2"
	io_start
	upgrade_host
	upgrade_guest
	io_end
	same "the kernel complains of nothing" "" "$(complaints)"
	next upgraded
	echo "host initramfs"
	systemctl poweroff
}

upgraded()
{
	settled
	same "after the upgrade the new module has the root file system" "$(upgrade_version)" "$(loaded)"
	same "nobody is left in between" "" "$(dpkg --audit)"
	same "the root file system was clean" "" "$(journalctl -b --no-pager | grep -iE 'recovering journal|fsck.*errors')"
	same "no unit has failed" "" "$(systemctl --failed --no-legend)"
	same "the kernel complains of nothing after it" "" "$(complaints)"
	next nothing
	systemctl poweroff
}
