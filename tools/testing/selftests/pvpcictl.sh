#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pvpcid and pvpcictl without a guest: functions added before it starts, bad input
# refused with a reason and without a trace, exit statuses, a clean stop.
#
# x86: no guest
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
PATH=${PVPCI_BUILD:-$here/../../../build}/bin:$PATH
work=$(mktemp -d)
trap 'kill "$daemon" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work" || exit 1
daemon=

ctl() { pvpcictl --control ctl "$@"; }

# refused NAME STATUS TEXT COMMAND...: ends with STATUS and says TEXT
refused()
{
	local name=$1 status=$2 text=$3 got=0 output

	shift 3
	output=$("$@" 2>&1) || got=$?
	[ "$got" -eq "$status" ] && echo "$output" | grep -qE -- "$text"
	ktap_result $? "$name"
	[ "$got" -eq "$status" ] && echo "$output" | grep -qE -- "$text" ||
		printf '# wanted %s %s, got %s %s\n' "$status" "$text" "$got" "$output"
}

# config TEXT: the daemon must refuse it
config() { echo "$1" >bad.json; }

truncate -s 8M disk.img other.img
truncate -s 64M ram
cat >bus.json <<'END'
{
  "id": 1,
  "functions": [
    { "slot": "03.0", "model": "nvme", "namespaces": [ { "file": "disk.img" } ] }
  ]
}
END
echo "KTAP version 1"
refused "no daemon" 3 "ctl" ctl ping
refused "no such option" 2 "" ctl --nonsense
config '{ "id": 1, "functions": [ { "slot": "03.0", "model": "nvme",
  "namespaces": [ { "file": "none.img" } ] } ] }'
refused "a backing file that is missing" 2 "bad.json:2:.*none.img" pvpcid --config bad.json \
	--socket s --control c --memory ram --machine q35
config '{ "id": 1,
  "functions": [ ], }'
refused "a syntax error has file and line" 2 "bad.json:2:" pvpcid --config bad.json \
	--socket s --control c --memory ram --machine q35
config '{ "id": 1,
  "colour": "red" }'
refused "an unknown key" 2 "bad.json:2:.*colour" pvpcid --config bad.json \
	--socket s --control c --memory ram --machine q35
config '{ "functions": [
  { "slot": "01.0", "model": "testdev", "bars": [ { "bar": 0, "bytes": "4K" } ] },
  { "slot": "01.0", "model": "testdev", "bars": [ { "bar": 0, "bytes": "4K" } ] } ] }'
refused "two functions in one slot" 2 "bad.json:3:.*01.0" pvpcid --config bad.json \
	--socket s --control c --memory ram --machine q35
config '{ "functions": [
  { "slot": "01.0", "model": "testdev", "bars": [
    { "bar": 0, "bytes": 5000 } ] } ] }'
refused "a BAR that is no power of two" 2 "bad.json:3:.*power of two" pvpcid --config bad.json \
	--socket s --control c --memory ram --machine q35
same "nothing was left behind" "" "$(ls s c 2>/dev/null)"

pvpcid --quiet --config bus.json --socket sock --control ctl --memory ram --machine q35 2>log &
daemon=$!
within "ready" 60 ctl ping
same "the control socket is private" 600 "$(stat -c %a ctl)"
check "add before the guest starts" ctl add \
	'{"slot":"04.0","model":"nvme","namespaces":[{"file":"other.img"}]}'
same "both are listed" "03.0 04.0" "$(ctl list | awk '/nvme/ { print $1 }' | xargs)"
mkdir far && truncate -s 1M far/here.img
check "a path starts where pvpcictl was called" bash -c "cd far && pvpcictl --control ../ctl add \
	'{\"slot\":\"06.0\",\"model\":\"nvme\",\"namespaces\":[{\"file\":\"here.img\"}]}'"
check "and it goes again" ctl eject 06.0
truncate -s 1M unplaced.img
same "without a slot: the first free device" 00.0 "$(ctl add '{"model":"nvme","label":"cache",
	"serial":"NOWHERE","namespaces":[{"file":"unplaced.img"}]}' | awk '{ print $1 }')"
check "a label is as good as a slot" bash -c 'pvpcictl --control ctl show cache | grep -q NOWHERE'
refused "one that nobody has is not" 1 "none has \"cash\"" ctl show cash
refused "nor is an empty one" 1 "\"slot\" must be text" ctl eject ""
mapfile -t words < <(PVPCI_CONTROL=ctl bash -c '. "$1"; _pvpci_slots' - \
	"$here/../../install/completion.bash")
same "the shell knows all three" "00.0 cache NOWHERE" \
	"$(printf '%s\n' "${words[@]}" | grep -E '^(00.0|cache|NOWHERE)$' | xargs)"
check "so is a serial number" ctl eject NOWHERE
before=$(ctl --json list | md5sum)
refused "a slot in use" 1 "04.0" ctl add '{"slot":"04.0","model":"testdev","bars":[{"bar":0,"bytes":"4K"}]}'
refused "an unknown model" 1 "floppy" ctl add '{"slot":"05.0","model":"floppy"}'
refused "a locked backing file" 1 "disk.img" ctl add \
	'{"slot":"05.0","model":"nvme","namespaces":[{"file":"disk.img"}]}'
refused "a file that is not there" 1 "nofile" ctl add \
	'{"slot":"05.0","model":"nvme","namespaces":[{"file":"nofile"}]}'
refused "BARs beyond any aperture" 1 "" ctl add \
	'{"slot":"05.0","model":"testdev","bars":[{"bar":0,"bytes":"64T","bits":64}]}'
refused "eject of nothing" 1 "09.0" ctl eject 09.0
refused "show of nothing" 1 "09.0" ctl show 09.0
same "the bus is unchanged" "$before" "$(ctl --json list | md5sum)"
check "JSON for scripts" python3 -c '
import json, subprocess
for command in ("list", "stats", "ping"):
    text = subprocess.run(["pvpcictl", "--control", "ctl", "--json", command],
                          capture_output=True, check=True).stdout
    assert json.loads(text)["ok"] is True, command'
printf 'not json\n' | timeout 5 python3 -c '
import socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect("ctl")
link.sendall(sys.stdin.buffer.read())
sys.stdout.write(link.recv(65536).decode())' >answer
check "nonsense on the control socket is answered" grep -qE "\"ok\": *false" answer
check "and the daemon lives" ctl ping
kill -TERM "$daemon"
wait "$daemon"
same "a clean stop ends with 0" 0 $?
same "and leaves no socket" "" "$(ls sock ctl 2>/dev/null)"

# Sockets that a service manager has opened: it listens on when the daemon has gone.
python3 - pvpcid --quiet --config bus.json --socket sock --control ctl --memory ram \
	--machine q35 <<'END' &
import os, socket, sys
for number, path in enumerate(("ctl", "sock", "other")):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    os.dup2(listener.fileno(), 60 + number)
os.closerange(3, 60)
for number in range(3):
    os.dup2(60 + number, 3 + number)
os.closerange(60, 63)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="3")
os.execvp(sys.argv[1], sys.argv[1:])
END
daemon=$!
within "a socket that was passed is served" 60 ctl ping
kill -TERM "$daemon"
wait "$daemon"
same "a clean stop with passed sockets ends with 0" 0 $?
check "and leaves them where they are" test -S ctl -a -S sock -a -S other
ktap_end
