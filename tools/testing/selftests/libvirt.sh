#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A libvirtd of Debian starts guests whose bus comes up: with the elements of our example,
# with memory as people build it; reset, destroyed and started again; what cannot be is
# refused with its reason, and the guest runs on. And virsh attach-disk and detach-disk, which
# are native hotplug on QEMU's ports, with pciehp and with pciehp_pv.
#
# libvirt.sh [SUITE]: the release that libvirtd and QEMU are of, bookworm
#
# limit: 1500
# part: matrix
# matrix: bookworm
# matrix: trixie
# x86: the example is the domain of a q35
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
suite=${1:-bookworm}
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
root=$build/roots/libvirt-$suite
kernel=$build/kernels/stock-6.12

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
	DEBIAN_FRONTEND=noninteractive "$@"; }
virsh() { inside virsh --quiet --connect qemu:///system "$@"; }
# drop_in WORD: what the manual's drop-in for libvirt says
drop_in() { sed -n "s/^\t$1=//p" "$top/tools/pvpcid/pvpcid.8.rst"; }
as_qemu()
{
	setpriv --reuid "$(inside id -u "$(drop_in User)")" --clear-groups \
		--regid "$(inside getent group "$(drop_in Group)" | cut -d: -f3)" "$@"
}
ctl() { "$build/bin/pvpcictl" --control "$root/run/pvpci/bus0.control" "$@"; }

# prepare: a root with libvirtd, and what its guests boot
prepare()
{
	"$top/tools/testing/realvm/root" "$suite" || return
	if [ ! -e "$root/.ready" ]; then
		rm -rf "$root"
		cp -a --reflink=auto "$build/roots/$suite" "$root" || return
		cp /etc/resolv.conf "$root/etc/resolv.conf"
		printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
		chmod +x "$root/usr/sbin/policy-rc.d"
		echo update_initramfs=no >"$root/etc/initramfs-tools/update-initramfs.conf"
		inside apt-get -q update && inside apt-get -q -y --no-install-recommends install \
			libvirt-daemon-system libvirt-clients qemu-system-x86 || return
		touch "$root/.ready"
	fi
	# Not what is tested here, and not to be had in a container.
	cat >"$root/etc/libvirt/qemu.conf" <<-'END'
		security_driver = "none"
		cgroup_controllers = [ ]
		namespaces = [ ]
		stdio_handler = "file"
	END
	cp "$(find "$kernel/" -maxdepth 1 -name 'vmlinu[xz]' | sort | head -n 1)" "$root/srv/kernel"
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here/../vmtest" /usr/bin/python3 -c '
import sys, image, machine
image.build_image(machine.BUILD, machine.Kernel("stock-6.12"), sys.argv[1], sys.argv[2], {})' \
		"$root/srv/initrd" "$here/lib/serial-shell.sh"
}

# start_libvirt: as its units would
start_libvirt()
{
	mount -t proc proc "$root/proc" && mount -t sysfs sysfs "$root/sys" &&
		mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/run" || return
	mkdir -p "$root/run/lock" "$root/run/pvpci"
	chown "$(inside id -u libvirt-qemu)" "$root/run/pvpci"
	# A way to both for a user who may not go through the directories above them.
	mount -t tmpfs tmpfs /mnt && mkdir /mnt/build /mnt/root && mount --bind "$build" /mnt/build &&
		mount --rbind "$root" /mnt/root || return
	# It looks for them when it starts.
	mkdir -p "$root/dev/hugepages" && mount -t hugetlbfs none "$root/dev/hugepages"
	inside virtlogd -d && inside libvirtd -d
}

# serve VECTORS: the bus of the example, with a disk
serve()
{
	truncate -s 64M "$root/run/pvpci/disk.img"
	chown "$(inside id -u libvirt-qemu)" "$root/run/pvpci/disk.img"
	cat >"$root/run/pvpci/bus0.json" <<-END
		{ "id": 1, "vectors": $1, "memory": { "peer": true },
		  "functions": [ { "slot": "03.0", "model": "nvme", "serial": "LIBVIRT",
		                   "namespaces": [ { "file": "/mnt/root/run/pvpci/disk.img" } ] } ] }
	END
	as_qemu /mnt/build/bin/pvpcid --config /mnt/root/run/pvpci/bus0.json \
		--socket /mnt/root/run/pvpci/bus0.sock --control /mnt/root/run/pvpci/bus0.control \
		>"$root/run/pvpcid.log" 2>&1 &
	within "pvpcid serves" 60 ctl ping
}

# define NAME [ELEMENTS]: a domain with the example's elements and these
define()
{
	python3 - "$top/tools/install/examples/libvirt.xml" "$1" "${2:-}" >"$root/srv/$1.xml" <<-'END'
		import sys
		import xml.etree.ElementTree as tree

		example = tree.parse(sys.argv[1]).getroot()
		tree.register_namespace("qemu", "http://libvirt.org/schemas/domain/qemu/1.0")
		more = tree.fromstring("<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
		                       "%s</domain>" % sys.argv[3])
		domain = tree.fromstring("""
		<domain type='qemu'>
		  <name>%s</name><memory unit='MiB'>640</memory><vcpu>2</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>/srv/kernel</kernel>
		    <initrd>/srv/initrd</initrd><cmdline>console=ttyS0 watchdog_thresh=60</cmdline></os>
		  <features><acpi/><apic/></features><cpu mode='maximum'/>
		  <devices><serial type='file'><source path='/run/pvpci/console'/><target port='0'/></serial>
		    <serial type='unix'><source mode='bind' path='/run/pvpci/shell'/><target port='1'/></serial>
		    <controller type='pci' model='pcie-root'/>
		    <controller type='pci' model='pcie-root-port'/><controller type='pci' model='pcie-root-port'/>
		    <controller type='pci' model='pcie-root-port'/><memballoon model='none'/>
		  </devices>
		</domain>""" % sys.argv[2])
		for source in (example, more):
		    for element in source:
		        if element.tag == "devices":
		            domain.find("devices").extend(element)
		            continue
		        old = domain.find(element.tag)
		        if old is not None:
		            domain.remove(old)
		        domain.append(element)
		print(tree.tostring(domain, encoding="unicode"))
	END
	virsh define "/srv/$1.xml"
}

# guest COMMAND: its output and status
guest() { /usr/bin/python3 "$here/lib/serial_shell.py" "$root/run/pvpci/shell" 120 "$*"; }
# answers: nobody hears what is said to a guest that is not there yet
answers() { /usr/bin/python3 "$here/lib/serial_shell.py" "$root/run/pvpci/shell" 2 true; }

# comes_up NAME: a guest that was started has its disk
comes_up()
{
	within "$1: the guest answers" 300 answers
	check "$1: modules" guest "modprobe nvme && modprobe pvpci"
	within "$1: the disk is there" 60 guest "grep -q LIBVIRT /sys/class/nvme/nvme*/serial"
	check "$1: and takes data" guest "dd if=/dev/urandom of=/tmp/data bs=64k count=64 2>/dev/null &&
		dd if=/tmp/data of=/dev/nvme0n1 bs=64k oflag=direct 2>/dev/null &&
		dd if=/dev/nvme0n1 bs=64k count=64 iflag=direct 2>/dev/null | cmp - /tmp/data"
}

# refused NAME TEXT COMMAND...: fails, and says TEXT
refused()
{
	local output

	! output=$("${@:3}" 2>&1) && grep -qE -- "$2" <<<"$output"
	ktap_result $? "$1"
	echo "# ${output//$'\n'/$'\n'# }"
}

# Packages come over the network. Mounts, processes and networks that are made then end with
# this process.
if [ -z "${PREPARED-}" ]; then
	mkdir -p "$build/roots"
	prepare >"$build/roots/libvirt-$suite.log" 2>&1
	exec env PREPARED=$? unshare --mount --pid --net --mount-proc --fork --kill-child "$0" "$@"
fi
echo "KTAP version 1"
ktap_result "$PREPARED" "a Debian with libvirt"
[ "$PREPARED" = 0 ] || { tail -n 20 "$build/roots/libvirt-$suite.log" | sed 's/^/# /'; ktap_end; }
rm -f "$root"/etc/libvirt/qemu/*.xml
check "libvirtd runs" start_libvirt
within "and answers" 60 virsh version
virsh version | sed 's/^/# /'
serve 64

check "a domain with the example's elements" define memfd
check "it starts" virsh start memfd
comes_up "memfd"

# ---- what a user does with it --------------------------------------------------------
check "virsh reset" virsh reset memfd
comes_up "after a reset"
refused "virsh managedsave, and why" "ivshmem|shmem" virsh managedsave memfd
refused "virsh save, and why" "ivshmem|shmem" virsh save memfd /run/pvpci/saved
refused "virsh migrate, and why" "ivshmem|shmem" virsh migrate memfd qemu+unix:///system?socket=/run/libvirt/libvirt-sock --live
same "it runs on" running "$(virsh domstate memfd | head -n 1)"
check "with its disk" guest "dd if=/dev/nvme0n1 of=/dev/null bs=64k count=16 iflag=direct"
check "virsh suspend, and resume" eval "virsh suspend memfd && virsh resume memfd"
check "with its disk" guest "dd if=/dev/nvme0n1 of=/dev/null bs=64k count=16 iflag=direct"
check "virsh destroy" virsh destroy memfd
check "virsh start" virsh start memfd
comes_up "started again"
virsh destroy memfd

# ---- memory as people build it ---------------------------------------------------------
# The files of libvirt's are in a directory of its own.
check "memory in files" define file "<memoryBacking><source type='file'/><access mode='shared'/></memoryBacking>"
check "virsh start" virsh start file
comes_up "file"
virsh destroy file
# Each node has memory of its own.
check "numa" define numa "<cpu mode='maximum'><numa>
	<cell id='0' cpus='0' memory='321' unit='MiB' memAccess='shared'/>
	<cell id='1' cpus='1' memory='319' unit='MiB' memAccess='shared'/></numa></cpu>"
check "virsh start" virsh start numa
comes_up "numa"
same "numa: it has two nodes" 2 "$(guest "ls -d /sys/devices/system/node/node[0-9] | wc -l")"
virsh destroy numa

# Huge pages, as far as this machine has them to give.
pages=$(cat /proc/sys/vm/nr_hugepages)
echo $((pages + 330)) >/proc/sys/vm/nr_hugepages
if [ "$(cat /proc/sys/vm/nr_hugepages)" -ge $((pages + 330)) ]; then
	check "huge" define huge "<memoryBacking><hugepages/><access mode='shared'/></memoryBacking>"
	check "virsh start" virsh start huge
	comes_up "huge"
	check "huge: the daemon has huge pages mapped" grep -q hugepages "/proc/$(pidof pvpcid)/maps"
	virsh destroy huge
else
	ktap_result 0 "huge pages # SKIP this machine has no memory for them"
fi
echo "$pages" >/proc/sys/vm/nr_hugepages

# A module of memory comes and goes.
cat >"$root/srv/module.xml" <<-'END'
	<memory model='dimm' access='shared'><target><size unit='MiB'>128</size><node>0</node></target></memory>
END
check "dimm" define dimm "<maxMemory slots='4' unit='MiB'>4096</maxMemory>
	<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
	<cpu mode='maximum'><numa><cell id='0' cpus='0-1' memory='640' unit='MiB' memAccess='shared'/></numa></cpu>"
check "virsh start" virsh start dimm
comes_up "dimm"
had=$(guest "ls -d /sys/devices/system/memory/memory* | wc -l")
check "virsh attach-device" virsh attach-device dimm /srv/module.xml
within "the guest sees it" 60 guest "[ \$(ls -d /sys/devices/system/memory/memory* | wc -l) -gt $had ]"
guest "cd /sys/devices/system/memory; grep -q online \$(ls -d memory* | sort -V | tail -n 1)/state ||
	echo online_movable >\$(ls -d memory* | sort -V | tail -n 1)/state"
same "it is online" online "$(guest "cat \$(ls -d /sys/devices/system/memory/memory* | sort -V | tail -n 1)/state")"
comes_up "with it"
same "the daemon has two files" 2 "$(grep -c 'rw-s.*memfd:memory-backend-memfd' "/proc/$(pidof pvpcid)/maps")"
virsh destroy dimm

# What the daemon cannot reach is refused by the guest in a sentence, and nothing is read from it.
check "alone" define alone "<memoryBacking/>"
check "virsh start" virsh start alone
within "alone: the guest answers" 300 answers
guest "modprobe nvme; modprobe pvpci"
within "alone: a sentence" 60 guest "dmesg | grep -E 'The host cannot reach this guest.s memory|is not shared with the host'"
same "alone: and no function" "" "$(guest "lspci -D | grep ^1")"
virsh destroy alone

# ---- one vector, which is QEMU's default -----------------------------------------------
sed -i 's/<msi [^>]*>//; s/<name>memfd/<name>vector/' "$root/srv/memfd.xml"
check "no word about vectors" virsh define /srv/memfd.xml
check "virsh start" virsh start vector
within "the guest answers" 300 answers
guest "modprobe pvpci"
within "the guest says which line to write" 60 guest "dmesg | grep 'pvpci.*vectors'"
guest "dmesg | grep 'pvpci.*vectors'" | sed 's/^/# /'
check "so does the host" grep vectors= "$root/run/pvpcid.log"
tail -n 4 "$root/run/pvpcid.log" | sed 's/^/# pvpcid: /'
virsh destroy vector

# ---- virsh attach-disk and detach-disk -------------------------------------------------
# Figures, and nothing that is asserted: milliseconds until the guest has the disk, and until
# libvirt has it no more.
ms() { echo $(($(date +%s%N) / 1000000)); }
attached() { virsh domblklist native | grep -q vda; }
released() { ! attached; }
# median NUMBER...
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# there_and_away DRIVER: a disk, five times
there_and_away()
{
	local begin waits adds=() removes=()

	for _ in 1 2 3 4 5; do
		guest "until [ -b /dev/vda ]; do sleep 0.01; done" &
		waits=$!
		sleep 1
		begin=$(ms)
		check "$1: virsh attach-disk" virsh attach-disk native /run/pvpci/hot.img vda \
			--targetbus virtio --subdriver raw --live
		wait "$waits"
		adds+=("$(($(ms) - begin))")
		check "$1: the disk takes data" guest "dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null &&
			dd if=/tmp/data of=/dev/vda bs=64k oflag=direct 2>/dev/null &&
			dd if=/dev/vda bs=64k count=16 iflag=direct 2>/dev/null | cmp - /tmp/data"
		begin=$(ms)
		check "$1: virsh detach-disk" virsh detach-disk native vda --live
		within "$1: libvirt has let it go" 60 released
		removes+=("$(($(ms) - begin))")
		check "$1: so has the guest" guest "[ ! -b /dev/vda ]"
	done
	echo "# $1: attach-disk ${adds[*]} ms, median $(median "${adds[@]}")"
	echo "# $1: detach-disk ${removes[*]} ms, median $(median "${removes[@]}")"
}

truncate -s 64M "$root/run/pvpci/hot.img"
check "native hotplug" define native "
	<devices><controller type='pci' model='pcie-root-port'/><controller type='pci' model='pcie-root-port'/></devices>
	<qemu:commandline><qemu:arg value='-global'/>
	<qemu:arg value='ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'/></qemu:commandline>"
check "virsh start" virsh start native
within "native: the guest answers" 300 answers
check "native: modules" guest "modprobe virtio_pci && modprobe virtio_blk"
there_and_away pciehp
check "pciehp_pv takes the ports over" guest "modprobe pciehp_pv && ls -d /sys/bus/pci/slots/*/pciehp_pv"
there_and_away pciehp_pv
virsh destroy native
ktap_end
