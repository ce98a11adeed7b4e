#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The commands of README.md, "A bus by hand", as they stand there: the first block in a
# shell of the host, the second in the guest that it starts.
#
# limit: 300
# x86: the document's commands are those for a q35
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
kernel=$build/kernels/stock-6.12
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
work=$(mktemp -d /dev/shm/readme-XXXXXX)
trap 'rm -rf "$work"' EXIT

# block N: the N-th piece of code of that section
block()
{
	awk -v wanted="$1" '/^## / {here = /A bus by hand/} here && /^```/ {n++; next}
		here && n == 2 * wanted - 1' "$top/README.md"
}

# The guest's script prints on the console: no port of vmtest's is there.
{ block 2; echo 'echo "the last one ended with $?"; poweroff -f'; } >"$work/guest.sh"
same "the guest's commands are found" 5 "$(block 2 | wc -l)"
check "an initramfs" env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here/../vmtest" /usr/bin/python3 -c '
import sys, image, machine
image.build_image(machine.BUILD, machine.Kernel("stock-6.12"), sys.argv[1], sys.argv[2], {})' \
	"$work/initrd" "$work/guest.sh"

# Only the place of the guest's memory is ours, as two may run at a time.
ln -s "$build" "$work/build"
block 1 | sed "s|/dev/shm/guest|$work/memory|g" >"$work/host.sh"
echo 'kill $!; wait $!' >>"$work/host.sh"
# One that is unpacked boots sooner.
image=$(find "$kernel/" -maxdepth 1 -name 'vmlinu[xz]' | sort | head -n 1)
GUEST="-kernel $image -initrd $work/initrd -append console=ttyS0 -display none"
GUEST="$GUEST -serial file:$work/console -no-reboot"
export GUEST
(cd "$work" && timeout 240 bash host.sh) >"$work/log" 2>&1
sed 's/^/# /' "$work/log"
check "lspci lists the disk in a domain of its own" grep -qE \
	'^1000[0-9]:00:03.0 Non-Volatile memory controller' "$work/console"
check "so does nvme list" grep -qE '^/dev/nvme0n1 .* 1.07 +GB' "$work/console"
check "no command failed" grep -q 'the last one ended with 0' "$work/console"
[ "$KTAP_FAILED" = 0 ] || tail -n 40 "$work/console" | sed 's/^/# /'
ktap_end
