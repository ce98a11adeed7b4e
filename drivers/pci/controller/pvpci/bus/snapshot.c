// SPDX-License-Identifier: GPL-2.0
/*
 * The host's function table as it is at one moment.
 *
 * The host changes the table whenever it likes. A copy is whole when relations
 * have the same sequence number before and after it was made, whatever is in it;
 * only then it is judged.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "bus/snapshot.h"
#include "core/bus.h"
#include "function/function.h"
#include "wire/proto.h"

/**
 * pvpci_snapshot_check - check a private copy of the function table
 * @table: the copy
 * @rows: rows of the table
 * @count: functions present, as the host says
 * @aperture_bytes: length of the aperture
 * @info: @rows entries, filled; instance is 0 where no function is present
 * @why: gets one sentence, without a full stop, when something is wrong
 *
 * Return: 0 or -EINVAL.
 */
int pvpci_snapshot_check(const struct pvpci_function *table, u32 rows, u32 count,
			 u64 aperture_bytes, struct pvpci_function_info *info,
			 char why[PVPCI_WHY_BYTES])
{
	DECLARE_BITMAP(devfns, PVPCI_MAX_FUNCTIONS) = {};
	char what[PVPCI_WHY_BYTES];
	u32 row, present = 0;

	for (row = 0; row < rows; row++) {
		info[row].instance = 0;
		if (!(le32_to_cpu(table[row].flags) & PVPCI_FN_PRESENT))
			continue;
		present++;
		if (pvpci_function_check(&table[row], aperture_bytes, &info[row], what)) {
			snprintf(why, PVPCI_WHY_BYTES, "function in row %u: %.120s", row, what);
			return -EINVAL;
		}
		if (test_and_set_bit(info[row].devfn, devfns)) {
			snprintf(why, PVPCI_WHY_BYTES, "two functions are at %02x.%x",
				 PCI_SLOT(info[row].devfn), PCI_FUNC(info[row].devfn));
			return -EINVAL;
		}
	}
	if (present != count) {
		snprintf(why, PVPCI_WHY_BYTES, "host reports %u functions but its table has %u",
			 count, present);
		return -EINVAL;
	}
	return 0;
}

/*
 * One try, for what is believed to be the sequence number; it becomes what it is.
 * -ESTALE: relations have changed. -EPROTO: @why says.
 */
static int try_once(struct pvpci_bus *bus, struct pvpci_snapshot *snapshot,
		    struct pvpci_function *copy, char *why)
{
	u32 rows = bus->wire.layout.nr_functions, seq = snapshot->seq;
	bool stale;
	int ret;

	ret = pvpci_proto_query_resources(&bus->wire, seq);
	if (ret && ret != -ESTALE)
		return ret;
	if (!ret)
		memcpy(copy, bus->wire.transport.area[PVPCI_AREA_FUNCTIONS],
		       (size_t)rows * sizeof(*copy));
	stale = ret;
	ret = pvpci_proto_query_relations(&bus->wire, &snapshot->seq, &snapshot->count);
	if (ret)
		return ret;
	if (stale || snapshot->seq != seq)
		return -ESTALE;
	if (snapshot->count > rows) {
		snprintf(why, PVPCI_WHY_BYTES, "host reports %u functions in a table of %u rows",
			 snapshot->count, rows);
		return -EPROTO;
	}
	return pvpci_snapshot_check(copy, rows, snapshot->count,
				    bus->wire.layout.area[PVPCI_AREA_APERTURE].bytes,
				    snapshot->info, why) ? -EPROTO : 0;
}

/**
 * pvpci_snapshot_take - the function table as it is now, copied and checked
 * @bus: in D0
 * @snapshot: filled, to be freed with pvpci_snapshot_free()
 * @max_tries: while relations change; the n-th is n - 1 milliseconds after its predecessor
 * @why: gets one sentence, without a full stop, when something is wrong with it
 *
 * Context: process context; no lock that others need is held, this may take a second.
 * Return: 0; -ESTALE when they change faster than they can be read; an errno.
 */
int pvpci_snapshot_take(struct pvpci_bus *bus, struct pvpci_snapshot *snapshot,
			unsigned int max_tries, char why[PVPCI_WHY_BYTES])
{
	u32 rows = bus->wire.layout.nr_functions;
	struct pvpci_function *copy;
	unsigned int tries;
	int ret = -ENOMEM;

	why[0] = '\0';
	snapshot->info = kvcalloc(rows, sizeof(*snapshot->info), GFP_KERNEL);
	copy = kvcalloc(rows, sizeof(*copy), GFP_KERNEL);
	if (snapshot->info && copy)
		ret = pvpci_proto_query_relations(&bus->wire, &snapshot->seq, &snapshot->count);
	for (tries = 0; !ret && tries < max_tries; tries++) {
		ret = try_once(bus, snapshot, copy, why);
		if (ret != -ESTALE)
			break;
		msleep(tries);
		ret = 0;
	}
	if (!ret && tries == max_tries) {
		snprintf(why, PVPCI_WHY_BYTES, "relations change without end");
		ret = -ESTALE;
	}
	kvfree(copy);
	if (ret)
		pvpci_snapshot_free(snapshot);
	return ret;
}

/**
 * pvpci_snapshot_free - free what was taken
 * @snapshot: may be empty
 */
void pvpci_snapshot_free(struct pvpci_snapshot *snapshot)
{
	kvfree(snapshot->info);
	snapshot->info = NULL;
}
