# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For scenarios: edges of memory-enable as the daemon and the guest count them.

# edges SLOT: of one function as the daemon counts them, "reason:count ...", "none"
edges()
{
	pvpcictl --control "$PVPCI_CONTROL" --json stats | python3 -c '
import json, sys
fn = json.load(sys.stdin)["stats"]["functions"][sys.argv[1]]["edges_by_reason"]
print(" ".join("%s:%d" % pair for pair in fn.items() if pair[1]) or "none")' "$1"
}

# guest_edges DOMAIN SLOT: the same as the guest counts them
guest_edges()
{
	"$GUEST" "cat /sys/kernel/debug/pvpci/$1/functions" | awk -v name="$1:00:$2" '
		/^[0-9a-f]/ { mine = $1 == name }
		mine && $1 ~ /^edges_/ { out = out sub_name($1) ":" $2 " " }
		function sub_name(text) { sub(/^edges_/, "", text); return text }
		END { sub(/ $/, "", out); print out == "" ? "none" : out }'
}
