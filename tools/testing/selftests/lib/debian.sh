# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For scenarios: a copy of a bare Debian (realvm/root) in which packages are installed, and
# booted as a virtual machine. Whoever reads this has $top, $build, $suite, and $work for the
# copy.

# own_mounts ARGUMENTS...: the script once more; mounts that are made here end with it
own_mounts()
{
	[ -n "${IN_NAMESPACE-}" ] ||
		exec env IN_NAMESPACE=y unshare --mount --pid --fork --kill-child "$0" "$@"
}

inside() { chroot "$work" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
	DEBIAN_FRONTEND=noninteractive "$@"; }
get() { inside apt-get -q -y --no-install-recommends "$@"; }

# debian: the copy, with package lists of today
debian()
{
	"$top/tools/testing/realvm/root" "$suite" || exit 1
	rm -rf "$work"
	trap 'umount "$work/proc"; rm -rf --one-file-system "$work"' EXIT
	cp -a --reflink=auto "$build/roots/$suite" "$work"
	mount -t proc proc "$work/proc"
	cp /etc/resolv.conf "$work/etc/resolv.conf"
	# Services are not started in here.
	printf '#!/bin/sh\nexit 101\n' >"$work/usr/sbin/policy-rc.d"
	chmod +x "$work/usr/sbin/policy-rc.d"
	check "update" get update
}

# virtual_machine STAGE...: what guest.sh says in a machine that boots from the copy
virtual_machine()
{
	local word name

	while read -r word name; do
		case $word in
		ok) ktap_result 0 "vm: $name" ;;
		no) ktap_result 1 "vm: $name" ;;
		*) echo "$word $name" ;;
		esac
	done < <("$top/tools/testing/realvm/boot" "$work" "$@")
	[ "$KTAP_FAILED" = 0 ] || tail -n 50 "$work.console" | sed 's/^/# /'
}
