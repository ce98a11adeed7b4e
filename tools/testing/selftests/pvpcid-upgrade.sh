#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pvpcid is replaced by the one that is installed now: only below a keeper, and only if
# that one can read the state; otherwise nothing has changed. SIGHUP changes nothing.
#
# x86: no guest
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
bin=$(cd "${PVPCI_BUILD:-$here/../../../build}/bin" && pwd)
work=$(mktemp -d)
trap 'kill $pid 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work" || exit 1
pid=

control() { "$bin/pvpcictl" --control control "$@"; }
field() { control --json "$1" | grep -oE "\"$2\": *[^,}]*"; }
# refused WORDS: an upgrade is, with them, and all is as it was
refused()
{
	local before

	before="$(field ping pid) $(field list slot)"
	control upgrade 2>refusal
	same "refused" 1 $?
	check "because $1" grep -q "$1" refusal
	same "nothing has changed" "$before" "$(field ping pid) $(field list slot)"
}
start()
{
	"$@" --config bus.json --control control 2>log &
	pid=$!
	within "it serves" 60 control ping
}

# install FILE: in the place of the one that runs, as a package does it
install_new() { cp "$1" new && chmod +x new && mv new pvpcid; }

truncate -s 64M ram
truncate -s 8M disk.img
cat >bus.json <<'END'
{ "id": 1, "socket": "socket", "memory": { "file": "ram", "machine": "q35" } }
END
install_new "$bin/pvpcid"
start ./pvpcid
refused "nobody keeps"
kill -HUP $pid
within "SIGHUP is worth a line" 60 grep -q "SIGHUP changes nothing" log
check "and it is still there" control ping
kill $pid
wait

start "$bin/pvpcid-keep" ./pvpcid
control add '{ "slot": "05.0", "model": "nvme", "namespaces": [ { "file": "disk.img" } ] }' >added
check "a function is added" grep -q "05.0 nvme" added
cat >other <<'END'
#!/bin/sh
echo 999-1-2-3
END
install_new other
refused "it reads state 999-1-2-3"
echo "exit 1" >other
install_new other
refused "does not say which state it can read"
printf '#!/bin/sh\nexec sleep %s\n' "7$$" >other
install_new other
refused "does not say which state it can read"
printf '#!/bin/sh\necho 999-1-2-3\nexec sleep %s\n' "7$$" >other
install_new other
refused "does not say which state it can read"
same "nobody is left who sleeps" "" "$(pgrep -f "sleep 7$$")"
rm pvpcid
refused "does not say which state it can read"
install_new "$bin/pvpcid"
before=$(field ping pid)
check "it is replaced" control upgrade
check "by another process" test "$before" != "$(field ping pid)"
same "which has the added function" '"slot": "05.0"' "$(field list slot)"
check "it went on" grep -q "goes on with 1 functions" log
kill $pid
wait
same "nobody was killed" 0 "$(grep -c signal log)"
ktap_end
