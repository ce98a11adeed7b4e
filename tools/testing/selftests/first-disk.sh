#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The commands of Documentation/admin-guide/first-disk.rst, as they stand there: the host's
# in a Debian that its own systemd runs, the guest's in a Debian under QEMU, under
# libvirt, and under a QEMU that is started as Kata Containers does. What is not in the document:
# the guest itself, who types "y", and Kata's runtime.
#
# first-disk.sh [SUITE]: the release that both are of, bookworm
#
# limit: 3600
# part: matrix
# matrix: bookworm
# matrix: trixie
# x86: the document's commands are those for a q35
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
suite=${1:-bookworm}
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/container.sh
. "$here/lib/container.sh"
# Mounts and processes that are made here end with this process.
if [ -z "${IN_NAMESPACE-}" ]; then
	exec env IN_NAMESPACE=y unshare --mount --pid --mount-proc --fork --kill-child "$0" "$@"
fi
# What is done to the two Debians lies here, and goes at the end.
work=$build/roots/first-work-$suite
root=$work/host
guest_root=$work/guest
blocks=$work/blocks
# The guest's: kernel, initramfs, disk, and the socket of its shell, where they are on the host.
srv=$root/srv
shell=$srv/run/shell
hypervisor=
trap 'umount -l "$root" "$guest_root"; rm -rf --one-file-system "$work"' EXIT

# in_root DIRECTORY COMMAND...: a Debian that does not run
in_root() { chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
	DEBIAN_FRONTEND=noninteractive "${@:2}"; }

# prepare NAME PACKAGE...: $work/NAME, a Debian with these, whose apt does not ask. They are
# fetched once.
prepare()
{
	local base=$build/roots/first-$1-$suite name=$1

	shift
	if [ "$(cat "$base/.ready")" != "$* $(cat "$build/roots/$suite/.made")" ]; then
		rm -rf "$base"
		cp -a --reflink=auto "$build/roots/$suite" "$base" && cp /etc/resolv.conf "$base/etc/" || return
		echo 'APT::Get::Assume-Yes "true";' >"$base/etc/apt/apt.conf.d/yes"
		printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
		chmod +x "$base/usr/sbin/policy-rc.d"
		# An initramfs is made once, when all that goes into it is there.
		echo update_initramfs=no >"$base/etc/initramfs-tools/update-initramfs.conf"
		in_root "$base" apt-get -q update &&
			in_root "$base" apt-get -q --no-install-recommends install "$@" || return
		echo update_initramfs=yes >"$base/etc/initramfs-tools/update-initramfs.conf"
		rm "$base/usr/sbin/policy-rc.d"
		echo 'APT::Install-Recommends "false";' >>"$base/etc/apt/apt.conf.d/yes"
		echo "$* $(cat "$build/roots/$suite/.made")" >"$base/.ready"
	fi
	mkdir -p "$work/$name" "$work/.upper/$name" "$work/.work/$name"
	mount -t overlay -o "lowerdir=$base,upperdir=$work/.upper/$name,workdir=$work/.work/$name" \
		overlay "$work/$name" && cp "$build/packages-first-$suite"/pvpci-*.deb "$work/$name/root/"
}

# prepare_both: what the reader has: a host with QEMU and libvirt, a guest, and our packages
prepare_both()
{
	"$top/tools/testing/realvm/root" "$suite" &&
		"$top/tools/install/packages" "$build/packages-first-$suite" &&
		prepare guest dkms openssl &&
		prepare host qemu-system-x86 libvirt-daemon-system libvirt-clients libjansson4 \
			libseccomp2 liburing2 || return
	# Not what is tested here, and not to be had in a container.
	printf '%s\n' 'security_driver = "none"' 'cgroup_controllers = [ ]' 'namespaces = [ ]' \
		'stdio_handler = "file"' >"$root/etc/libvirt/qemu.conf"
	in_root "$root" useradd --gid kvm reader || return
	mkdir -p "$srv/run" && chmod 777 "$srv/run" && : >"$srv/terminal"
}

# make_guest: with the packages in it, and a shell on its second serial line
make_guest()
{
	mount -t proc proc "$guest_root/proc"
	check "Packages: in the guest" in_root "$guest_root" bash -e -c "cd /root
		$(cat "$blocks"/Packages.*.guest)"
	umount "$guest_root/proc"
	rm "$guest_root"/root/*.deb
	install -m 755 "$here/lib/serial-shell.sh" "$guest_root/usr/local/sbin/realvm"
	cp "$guest_root"/boot/vmlinuz-* "$srv/vmlinuz"
	cp "$guest_root"/boot/initrd.img-* "$srv/initrd"
	truncate -s 3G "$srv/guest.img"
	mkfs.ext4 -q -L realvm -d "$guest_root" "$srv/guest.img" && chmod 666 "$srv/guest.img" &&
		chmod 644 "$srv/vmlinuz" "$srv/initrd"
}
append="root=LABEL=realvm ro console=ttyS0 watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=100"

# on_host FILE: a piece of the document, in the terminal of the one before
on_host()
{
	{ cat "$srv/terminal" "$1" && echo 'export -p >/srv/terminal'; } |
		inside_container EDITOR=/srv/editor bash -e
}
# guest COMMAND: its output and status
guest() { /usr/bin/python3 "$here/lib/serial_shell.py" "$shell" 120 "$*"; }
# answers: nobody hears what is said to a guest that is not there yet
answers() { /usr/bin/python3 "$here/lib/serial_shell.py" "$shell" 2 true; }

# in_guest NAME FILE: each command of a piece, by a reader who is no quicker than udev
in_guest()
{
	local line

	within "$1: the guest answers" 600 answers
	within "$1: the disk is there" 60 guest \
		"ls /dev/disk/by-id | grep -q '^nvme-pvpci_NVMe_[A-Z]*$' && udevadm settle"
	while read -r line; do
		check "$1: $line" guest "$line"
	done <"$2"
	# It looks at what was written, and what it has open is not ejected.
	guest "udevadm settle"
}

# in_editor FILE: what "virsh edit" is given: the elements, where the document says
in_editor()
{
	sed -n '/<memoryBacking>/,/<\/memoryBacking>/p' "$1" >"$srv/memory.xml"
	sed '1,/<devices>/d; /<\/devices>/,$d' "$1" >"$srv/devices.xml"
	cat >"$srv/editor" <<-'END'
		#!/bin/sh
		sed -i -e '/<\/memory>/r /srv/memory.xml' -e '/<devices>/r /srv/devices.xml' "$1"
	END
	chmod +x "$srv/editor"
}

# gone: the guest's QEMU has ended
gone() { ! pgrep -x qemu-system-x86; }

# off NAME: the guest is shut down
off()
{
	guest "systemctl poweroff" >/dev/null
	within "$1: the guest shuts down" 120 gone
	rm -f "$shell"
}

# in_terminal NAME FILE: QEMU as the document starts it, by a user of the group that it names
in_terminal()
{
	printf '[machine]\n  kernel = "/srv/vmlinuz"\n  initrd = "/srv/initrd"\n  append = "%s"\n' \
		"$append" >"$srv/guest.cfg"
	inside_container GUEST="-readconfig /srv/guest.cfg -drive file=/srv/guest.img,format=raw,if=virtio \
		-display none -serial file:/srv/run/console -serial unix:/srv/run/shell,server=on,wait=off" \
		setpriv --reuid reader --regid kvm --clear-groups bash "/srv/$(basename "$2")" \
		>"$srv/run/qemu" 2>&1 &
}

# define_guest: the domain that a user of libvirt has
define_guest()
{
	cat >"$srv/guest.xml" <<-END
		<domain type='qemu'>
		  <name>guest</name><memory unit='MiB'>1024</memory><vcpu>2</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>/srv/vmlinuz</kernel>
		    <initrd>/srv/initrd</initrd><cmdline>$append</cmdline></os>
		  <features><acpi/><apic/></features>
		  <devices>
		    <disk type='file' device='disk'><driver name='qemu' type='raw'/>
		      <source file='/srv/guest.img'/><target dev='vda' bus='virtio'/></disk>
		    <serial type='file'><source path='/srv/run/console'/><target port='0'/></serial>
		    <serial type='unix'><source mode='bind' path='/srv/run/shell'/><target port='1'/></serial>
		  </devices>
		</domain>
	END
	inside_container virsh define /srv/guest.xml
}

# kata POD MEMORY: what the document has in configuration.toml, started with arguments as Kata's
# runtime has them: only processor, image and our serial lines differ
kata()
{
	local parameters="tsc=reliable no_timer_check rcupdate.rcu_expedited=1 i8042.direct=1
		i8042.dumbkbd=1 i8042.nopnp=1 i8042.noaux=1 noreplace-smp reboot=k cryptomgr.notests
		net.ifnames=0 pci=lastbus=0 quiet panic=1 nr_cpus=2 scsi_mod.scan=none"

	inside_container timeout "${limit:-3600}" "$hypervisor" -name "sandbox-$1,debug-threads=on" \
		-uuid "$(cat /proc/sys/kernel/random/uuid)" -machine q35,accel=tcg -cpu qemu64 \
		-qmp "unix:/run/$1-qmp.sock,server=on,wait=off" -m 1024M,slots=10,maxmem=4096M \
		-device pci-bridge,bus=pcie.0,id=pci-bridge-0,chassis_nr=1,shpc=off,addr=2,io-reserve=4k,mem-reserve=1m,pref64-reserve=1m \
		-device virtio-serial-pci,disable-modern=false,id=serial0 \
		-device virtio-blk-pci,disable-modern=false,drive=image,config-wce=off,share-rw=on \
		-drive id=image,file=/srv/guest.img,aio=threads,format=raw,if=none \
		-device virtio-scsi-pci,id=scsi0,disable-modern=false \
		-object rng-random,id=rng0,filename=/dev/urandom -device virtio-rng-pci,rng=rng0 \
		-device pcie-root-port,id=rp0,bus=pcie.0,chassis=0,slot=0,multifunction=off,pref64-reserve=2097152B,mem-reserve=4194304B \
		-rtc base=utc,driftfix=slew,clock=host -global kvm-pit.lost_tick_policy=discard \
		-vga none -no-user-config -nodefaults -nographic --no-reboot \
		-object "$2" -numa node,memdev=dimm1 -kernel /srv/vmlinuz -initrd /srv/initrd \
		-append "$parameters $append" -pidfile "/run/$1-pid" \
		-smp 1,cores=1,threads=1,sockets=2,maxcpus=2 -serial file:/srv/run/console \
		-serial "unix:/srv/run/shell,server=on,wait=off" 2>&1
}
shared=memory-backend-file,id=dimm1,size=1024M,mem-path=/dev/shm,share=on

# refused NAME TEXT COMMAND...: fails, and says TEXT; one that goes on instead is ended
refused()
{
	local output

	! output=$(limit=60 "${@:3}") && grep -qF -- "$2" <<<"$output"
	ktap_result $? "$1"
	echo "# ${output//$'\n'/$'\n'# }"
}

# start_kata FILE: a pod, with these lines of configuration.toml
start_kata()
{
	hypervisor=$(sed -n 's/^path = "\(.*\)"$/\1/p' "$1")
	check "Kata: it tells QEMU's version" eval \
		'inside_container "$hypervisor" --version | grep -q "^QEMU emulator version"'
	refused "Kata: a guest whose memory is its own is refused" 'shared_fs must be "virtio-fs"' \
		kata private memory-backend-ram,id=dimm1,size=1024M
	kata pod "$shared" >"$srv/run/qemu" &
	within "Kata: it becomes QEMU" 60 pgrep -x qemu-system-x86
	refused "Kata: and a second guest, for which there is no bus" "no bus is free" kata other "$shared"
}

# run_section NAME: its pieces in turn, each where it says
run_section()
{
	local file number=0

	: >"$srv/terminal"
	for file in "$blocks/$1".*; do
		number=$((number + 1))
		case ${file#*.*.} in
		host) check "$1, $number: on the host" on_host "$file" ;;
		host-in-a-terminal-of-its-own) cp "$file" "$srv/" && in_terminal "$1" "$file" ;;
		guest) in_guest "$1, $number" "$file" ;;
		configuration.toml) start_kata "$file" ;;
		editor) ;;
		*) ktap_result 1 "$1, $number: nobody knows where: $file" ;;
		esac
	done
}

echo "KTAP version 1"
rm -rf --one-file-system "$work"
mkdir -p "$blocks"
check "each piece of the document says where it is for" \
	"$here/lib/document.py" "$top/Documentation/admin-guide/first-disk.rst" "$blocks"
prepare_both >"$build/roots/first-$suite.log" 2>&1
status=$?
ktap_result $status "two Debians of $suite"
[ $status = 0 ] || { tail -n 20 "$build/roots/first-$suite.log" | sed 's/^/# /'; ktap_end; }
make_guest
start_container "$root" "$build/roots/first-$suite.host.log"
status=$?
ktap_result $status "a host"
[ $status = 0 ] || { tail -n 20 "$build/roots/first-$suite.host.log" | sed 's/^/# /'; ktap_end; }
inside_container qemu-system-x86_64 --version | sed 's/^/# /;q'
check "Packages: on the host" on_host "$(echo "$blocks"/Packages.*.host)"

run_section QEMU
same "ejected, the second disk is gone" 10001:00:03.0 "$(guest "lspci -D -d ::0108" | cut -d' ' -f 1)"
off QEMU

# "virsh edit" comes first, and the reader looks at what to write then.
in_editor "$(echo "$blocks"/libvirt.*.editor)"
check "a domain" define_guest
run_section libvirt
same "ejected, the second disk is gone" 10001:00:03.0 "$(guest "lspci -D -d ::0108" | cut -d' ' -f 1)"
off libvirt

run_section Kata
same "ejected, the second disk is gone" 10001:00:03.0 "$(guest "lspci -D -d ::0108" | cut -d' ' -f 1)"
off Kata
[ "$KTAP_FAILED" = 0 ] || tail -n 40 "$srv/run/console" "$srv/run/qemu" | sed 's/^/# /'
ktap_end
