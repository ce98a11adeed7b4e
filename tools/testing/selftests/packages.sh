#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Debian packages in a bare root of a release: installed with apt, modules built by DKMS
# for its kernel and put into its initramfs, programs and manual pages there; removed again
# with nothing left. With "machine" a virtual machine with its root file system on a pvpci
# bus boots from it before that, and has its day.
#
# packages.sh [SUITE [machine]]: bookworm, which make check looks at, or another one
#
# limit: 2400
# matrix: bookworm machine
# matrix: trixie machine
# x86: the packages are for this machine, and so is the guest that they are installed in
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
suite=${1:-bookworm}
machine=${2-}
work=$build/roots/work-$suite
version=$(cat "$top/VERSION")
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/debian.sh
. "$here/lib/debian.sh"
own_mounts "$@"

# files: all that is there, but for what dpkg, apt, caches and DKMS (its key) know of themselves
files()
{
	(cd "$work" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/cache -o -path ./var/log \
		-o -path ./var/lib/apt -o -path ./tmp -o -path ./proc -o -path ./run -o -path ./usr/local -o -path "./var/lib/dkms/mok.*" -o -path ./root \) -prune -o \
		-printf '%p %l\n' | grep -vE '__pycache__|/ld.so.cache|modules\.[a-z.]*(bin|alias|dep|softdep|symbols|devname) ' |
		sort)
}

echo "KTAP version 1"
check "packages without a complaint of lintian" "$top/tools/install/packages" "$build/packages-$suite"
debian
# What the packages depend on stays, so that only they can leave something.
check "what they need" get install dkms openssl libjansson4 libseccomp2 liburing2
kernel=$(inside sh -c 'ls /lib/modules' | head -n 1)
files >"$build/roots/before-$suite"
cp "$build/packages-$suite"/pvpci-*.deb "$work/tmp/"

check "apt install" inside sh -c "apt-get -q -y --no-install-recommends install \
	/tmp/pvpci-dkms_*.deb /tmp/pvpci-host_*.deb /tmp/pvpci-doc_*.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }"
check "without an error of DKMS, which goes on" inside sh -c "! grep -i 'bad exit' /tmp/log"
for module in pvpci pciehp_pv pci_rebalance; do
	same "$module is signed, for Secure Boot" "DKMS module signing key" \
		"$(inside modinfo -k "$kernel" -F signer $module)"
done
check "DKMS has built and installed them for $kernel" inside sh -c \
	"dkms status pvpci/$version -k $kernel | grep -q installed"
for module in pvpci pciehp_pv pci_rebalance; do
	same "$module is that version" "$version" "$(inside modinfo -k "$kernel" -F version $module)"
done
check "udev finds pvpci for an ivshmem function" inside sh -c \
	"modprobe -S $kernel -R pci:v00001AF4d00001110sv00001AF4sd00001100bc05sc00i00 | grep -qx pvpci"
check "and pciehp_pv for a root port" inside sh -c \
	"modprobe -S $kernel -R pci:v00001B36d0000000Csv00000000sd00000000bc06sc04i00 | grep -qx pciehp_pv"
check "no module for tests is installed" inside sh -c \
	"! find /lib/modules -name '*testdev*' -o -name 'pci_resizable*' | grep ."
check "the initramfs has the bridge and nvme" inside sh -c \
	"lsinitramfs /boot/initrd.img-$kernel >/tmp/list && grep -q '/pvpci.ko' /tmp/list && grep -q '/nvme.ko' /tmp/list"
same "pvpcid" "pvpcid $version" "$(inside pvpcid --version)"
same "pvpcictl" "pvpcictl $version" "$(inside pvpcictl --version)"
for page in 1/pvpcictl 4/pvpci 4/pciehp_pv 4/pci_rebalance 5/pvpci.json 8/pvpcid; do
	check "man ${page/\// }" inside sh -c \
		"man ${page/\// } | grep -q '^NAME' && test \$(man ${page/\// } | wc -l) -gt 20"
done
check "a user for the daemon" inside id pvpci
check "its directories" inside sh -c 'systemd-tmpfiles --create pvpci.conf &&
	[ "$(stat -c %U:%G:%a /run/pvpci)" = pvpci:kvm:775 ] && [ -d /var/lib/pvpci ]'
same "systemd has nothing to say about its units" "" "$(inside systemd-analyze verify \
	pvpcid@bus0.service pvpcid@bus0.socket 2>&1)"
check "AppArmor understands its profile" inside apparmor_parser -Q -K -T /etc/apparmor.d/usr.sbin.pvpcid
inside sh -c 'mkdir -p /etc/pvpci; cp /usr/share/doc/pvpci-host/examples/bus0.json /etc/pvpci/
	truncate -s 8M /var/lib/pvpci/disk.img; chown pvpci: /var/lib/pvpci/disk.img'
same "needrestart restarts nothing that has a guest" "pvpcid@vm.service" "$(inside perl -e '
	our %nrconf = (override_rc => {});
	open(my $file, "<", "/etc/needrestart/conf.d/pvpci.conf") or die; eval join("", <$file>); die $@ if $@;
	for my $unit ("pvpcid\@vm.service", "pvpci.service") {
		for (keys %{$nrconf{override_rc}}) { print $unit if $unit =~ /$_/ && !$nrconf{override_rc}{$_} }
	}')"
check "the example is a configuration" inside pvpcid --check --config /etc/pvpci/bus0.json \
	--socket /run/pvpci/bus0.sock
check "a bus with the test model is refused" inside sh -c 'echo "{\"functions\": [{\"slot\": \"03.0\",
	\"model\": \"testdev\", \"bars\": []}]}" >/tmp/t.json
	! pvpcid --check --config /tmp/t.json --socket /tmp/s'
same "completion knows the commands" "stats" "$(inside bash -c '
	. /usr/share/bash-completion/completions/pvpcictl
	COMP_WORDS=(pvpcictl st) COMP_CWORD=1; _pvpcictl; echo "${COMPREPLY[*]}"')"
same "and their options" "--force" "$(inside bash -c '
	. /usr/share/bash-completion/completions/pvpcictl
	COMP_WORDS=(pvpcictl eject --fo) COMP_CWORD=2; _pvpcictl; echo "${COMPREPLY[*]}"')"

# The same Debian as a virtual machine, with its root file system on the bus.
[ "$machine" != machine ] || virtual_machine first

inside rm -rf /etc/pvpci/bus0.json /var/lib/pvpci/disk.img /run/pvpci /var/lib/realvm
check "apt purge" get purge --autoremove pvpci-dkms pvpci-host pvpci-doc
files >"$build/roots/after-$suite"
# A user is never removed, since files may be his; his directory is what tmpfiles made.
# An empty directory of AppArmor goes with any package that has a profile.
inside rmdir /var/lib/pvpci 2>/dev/null
same "nothing is left" "" "$(diff "$build/roots/before-$suite" "$build/roots/after-$suite" |
	grep -vE '^[0-9,acd]+$| ./var/lib/pvpci $| ./etc/apparmor.d/disable $| ./etc/(passwd|group|shadow|gshadow|subuid|subgid)-? $')"
same "nor in the initramfs" "" "$(inside sh -c "lsinitramfs /boot/initrd.img-$kernel | grep pvpci")"
ktap_end
