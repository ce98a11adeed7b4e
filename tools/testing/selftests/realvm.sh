#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A Debian as a user has it, with its root file system on a pvpci bus, goes through what
# takes long: realvm.sh STAGE [SUITE]
#
#	upgrade	our packages of another release are installed while their modules, and the
#		daemon, serve I/O that is verified
#	hibernate	into the swap of the bus, and another QEMU resumes it
#	crash	the kernel crashes, and kdump-tools write a dump
#
# limit: 3000
# part: matrix
# matrix: upgrade
# matrix: crash
# matrix: hibernate
# matrix: hibernate trixie
# x86: the Debian that boots is this machine's
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
stage=${1:?usage: realvm.sh STAGE [SUITE]}
suite=${2:-bookworm}
work=$build/roots/work-$stage-$suite
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/debian.sh
. "$here/lib/debian.sh"
own_mounts "$@"
version=$(cat "$top/VERSION")
words=()

# packages VERSION DIRECTORY: of that version, without documents, from a copy of this tree
packages()
{
	local tree=$2.tree

	rm -rf "$tree"
	mkdir -p "$tree"
	tar -C "$top" -c --exclude=./build --exclude=./.git . | tar -C "$tree" -x
	if [ "$1" != "$version" ]; then
		echo "$1" >"$tree/VERSION"
		{
			printf 'pvpci (%s) unstable; urgency=medium\n\n  * Another release.\n\n' "$1"
			printf ' -- pvpci maintainers <pvpci@lists.debian.org>  %s\n\n' "$(date -R)"
			cat "$top/debian/changelog"
		} >"$tree/debian/changelog"
	fi
	DEB_BUILD_PROFILES=nodoc DEB_BUILD_OPTIONS=nodoc "$tree/tools/install/packages" "$2" || return
	rm -rf "$tree"
}

# prepare_upgrade: the packages of a release that is to come
prepare_upgrade()
{
	check "packages of another release" packages "$version+next" "$build/packages-next-$suite"
	mkdir "$work/root/upgrade"
	cp "$build/packages-next-$suite"/pvpci-*.deb "$work/root/upgrade/"
	echo "$version+next" >"$work/root/upgrade/version"
	check "a program for I/O" get install fio libjansson4 libseccomp2 liburing2
	check "our other packages" inside sh -c 'apt-get -q -y --no-install-recommends install /tmp/pvpci-host_*.deb'
}

# prepare_crash: they make the initramfs of the crash kernel when the machine is there
prepare_crash()
{
	echo "kdump-tools kdump-tools/use_kdump boolean true" | inside debconf-set-selections
	check "packages for a dump" get install kdump-tools makedumpfile procps
	words=(crashkernel=256M)
}

prepare_hibernate() { :; }

echo "KTAP version 1"
check "packages" packages "$version" "$build/packages-$stage-$suite"
debian
check "what they need" get install dkms openssl
cp "$build/packages-$stage-$suite"/pvpci-*.deb "$work/tmp/"
check "our packages" inside sh -c 'apt-get -q -y --no-install-recommends install /tmp/pvpci-dkms_*.deb'
"prepare_$stage"
virtual_machine "$stage" "${words[@]}"
ktap_end
