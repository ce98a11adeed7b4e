#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pvpcid driven by a program instead of a guest: NVMe controllers answer it whether it looks
# for completions or waits for interrupts, many at once; what it wrote reached the file.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
PATH=${PVPCI_BUILD:-$here/../../../build}/bin:$PATH
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

drive() { pvpci-initiator --socket=socket --memory=ram --milliseconds=200 "$@"; }
serves()
{
	local name=$1

	shift
	drive "$@" >out 2>&1
	check "$name" sh -c 'cat out; grep -qE "\"ios\": [1-9]" out'
}
refused() { ! drive "$@" >out 2>error && [ ! -s out ] && [ -s error ]; }

truncate -s 256M ram
functions=
for number in {0..24}; do
	truncate -s 4M "disk$number.img"
	functions+="${functions:+,}{\"slot\": \"$(printf %02x $((number + 1))).0\", \"model\": \"nvme\",
		\"namespaces\": [{\"file\": \"disk$number.img\"}]}"
done
echo "{\"id\": 1, \"socket\": \"socket\", \"memory\": {\"file\": \"ram\", \"machine\": \"q35\"},
	\"functions\": [$functions]}" >bus.json
pvpcid --quiet --config bus.json &
within "pvpcid serves" 60 test -S socket
serves "one command at a time"
serves "with interrupts" --interrupts
serves "many commands" --depth=128 --interrupts
serves "long commands" --depth=4 --bytes=131072
serves "25 functions" --functions=25 --depth=4 --interrupts
check "nothing was written so far" test "$(cat disk*.img | tr -d '\0' | wc -c)" -eq 0
serves "writes" --write --depth=8
check "they are in the file" test "$(tr -d '\0' <disk0.img | wc -c)" -gt 0
check "only what was written" test "$(tr -d '\0\132' <disk0.img | wc -c)" -eq 0
check "and in no other" test "$(cat disk[1-9]*.img | tr -d '\0' | wc -c)" -eq 0
check "more functions than there are" refused --functions=26
check "an odd length" refused --bytes=5000
ktap_end
