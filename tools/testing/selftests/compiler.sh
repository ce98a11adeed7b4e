#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host programs build, without a warning, and pass their unit tests with the compiler
# and the libraries of another Debian.
#
# compiler.sh [SUITE]: that release, trixie
#
# limit: 2400
# part: matrix
# matrix: trixie
# x86: no guest, it builds for this machine
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
suite=${1:-trixie}
work=$build/roots/work-compiler-$suite
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/debian.sh
. "$here/lib/debian.sh"
own_mounts "$@"

# make_in DIRECTORY ARGUMENTS...: of the copy of our tree, all warnings errors
make_in() { inside make -s -j2 -C "/srv/pvpci/$1" CC=gcc "${@:2}"; }

# unit NAME: the results of one program of tests, which are its own
unit()
{
	local line

	while read -r line; do
		case $line in
		"ok "*" - "*) ktap_result 0 "$1: ${line#* - }" ;;
		"not ok"*SKIP*) echo "# $line" ;;
		"not ok "*) ktap_result 1 "$1: ${line#not ok }" ;;
		*) echo "# $line" ;;
		esac
	done < <(inside CMOCKA_MESSAGE_OUTPUT=TAP make -s -j2 -C /srv/pvpci/tools/testing/unit -f "$2" \
		check CC=gcc OUT="/srv/out/$1" 2>&1; echo "status $?")
	same "$1: the whole of it ran" "status 0" "$line"
}

echo "KTAP version 1"
debian
check "a compiler and libraries" get install make pkgconf gcc libc6-dev libjansson-dev liburing-dev \
	libseccomp-dev libsystemd-dev libcmocka-dev
inside gcc --version | sed -n '1s/^/# /p'
mkdir -p "$work/srv/pvpci"
tar -C "$top" -c --exclude=./build --exclude=./.git . | tar -C "$work/srv/pvpci" -x
mount --bind /dev "$work/dev"
trap 'umount "$work/dev" "$work/proc"; rm -rf --one-file-system "$work"' EXIT
check "the host programs" make_in tools OUT=/srv/out/bin
same "pvpcid" "pvpcid $(cat "$top/VERSION")" "$(inside /srv/out/bin/pvpcid --version)"
unit daemon Makefile
unit models models.mk
unit plan plan.mk
ktap_end
