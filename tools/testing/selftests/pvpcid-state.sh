#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pvpcid without a guest: killed, it goes on; state that is damaged or of another version
# is refused in one sentence, and the bus starts anew; a second one for one keeper ends.
#
# x86: no guest
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
PATH=${PVPCI_BUILD:-$here/../../../build}/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# says HARM TEXT: so it says, once, and ends well
says()
{
	"$here/lib/keeper.py" "$1" pvpcid --config bus.json >log 2>&1
	check "$1: $2" test "$(grep -cE "$2" log)" -eq 1
	check "$1: the bus is served, and ends well" \
		test "$(grep -c '^end 0' log)" -eq 1 -a "$(grep -c 'stopping' log)" -eq 1
}

truncate -s 8M disk.img
truncate -s 64M ram
sum=$(md5sum <disk.img)
cat >bus.json <<'END'
{
  "id": 1, "socket": "socket", "memory": { "file": "ram", "machine": "q35" },
  "functions": [
    { "slot": "03.0", "model": "nvme", "namespaces": [ { "file": "disk.img" } ] }
  ]
}
END
says none "bus 1: goes on with 1 functions"
says magic "is not used, it is no state of a bus"
says version "is not used, it is of another version of pvpcid"
says sum "is not used, it is damaged"
says short "is not used, it has another size"
says second "another pvpcid serves the bus of this keeper"
same "and its status" "status 1" "$(grep ^status log)"
says socket "the state that was kept cannot be locked: No such device or address"
same "and its status" "status 1" "$(grep ^status log)"
same "nothing is written to the disk" "$sum" "$(md5sum <disk.img)"
ktap_end
