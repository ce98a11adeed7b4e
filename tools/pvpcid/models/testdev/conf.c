// SPDX-License-Identifier: GPL-2.0
/*
 * The test function's configuration.
 *
 *	"bars"		array of { "bar": 0 to 5, "bytes", "bits": 32 or 64,
 *			"prefetch", "smallest": the guest may choose sizes from this one on }
 *	"msix", "msi"	number of vectors, 0 when absent
 *	"attach_us", "detach_us"	how long each takes, to 10 s
 *	"soft_reset"	true: a return from D3hot resets it
 *
 * MSI-X table and pending bits lie at the end of the lowest-numbered BAR with
 * room for them; where none has room, a BAR number that is free takes them.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/values.h"
#include "testdev.h"

#define MSIX_MAX	2048

const char *const testdev_keys[] = {
	"bars", "msix", "msi", "attach_us", "detach_us", "soft_reset", NULL
};

/**
 * struct bar_conf - one BAR as configured
 * @bar: number
 * @bytes: size
 * @least: smallest size that the guest may choose, 0 where it has no choice
 * @mem64: 64-bit
 * @prefetch: prefetchable
 */
struct bar_conf {
	unsigned int bar;
	uint64_t bytes;
	uint64_t least;
	bool mem64;
	bool prefetch;
};

static int get_limited(json_t *conf, const char *key, uint64_t max, uint32_t *value,
		       struct error *err)
{
	uint64_t number = 0;

	if (value_number(conf, key, &number, err))
		return -1;
	if (number > max) {
		error_at(err, key, "\"%s\" is above %llu", key, (unsigned long long)max);
		return -1;
	}
	*value = (uint32_t)number;
	return 0;
}

static int check_keys(json_t *conf, struct error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(conf, key, value) {
		if (strcmp(key, "bar") && strcmp(key, "bytes") && strcmp(key, "bits") &&
		    strcmp(key, "prefetch") && strcmp(key, "smallest")) {
			error_at(err, key, "\"%s\" is not a key of a BAR", key);
			return -1;
		}
	}
	return 0;
}

static int parse_bar(json_t *conf, struct bar_conf *bar, struct error *err)
{
	json_t *prefetch = json_object_get(conf, "prefetch");
	uint64_t number = 0, bits = 32;

	if (!json_is_object(conf)) {
		error_set(err, "a BAR is not an object");
		return -1;
	}
	bar->bytes = 0;
	bar->least = 0;
	if (check_keys(conf, err) || value_number(conf, "bar", &number, err) ||
	    value_number(conf, "bits", &bits, err) ||
	    value_bytes(conf, "bytes", &bar->bytes, err) ||
	    value_bytes(conf, "smallest", &bar->least, err))
		return -1;
	if (bits != 32 && bits != 64) {
		error_at(err, "bits", "\"bits\" is not 32 or 64");
		return -1;
	}
	bar->mem64 = bits == 64;
	if (number > (bar->mem64 ? 4 : 5)) {
		error_at(err, "bar", "\"bar\" is above %d", bar->mem64 ? 4 : 5);
		return -1;
	}
	if (prefetch && !json_is_boolean(prefetch)) {
		error_at(err, "prefetch", "\"prefetch\" is not true or false");
		return -1;
	}
	if (bar->bytes < 4096 || bar->bytes & (bar->bytes - 1)) {
		error_at(err, bar->bytes ? "bytes" : "",
			 "\"bytes\" of a BAR is a power of two from 4096");
		return -1;
	}
	if (!bar->mem64 && bar->bytes > 1U << 31) {
		error_at(err, "bytes", "a 32-bit BAR has at most 2G");
		return -1;
	}
	if (bar->bytes > FUNCTION_BAR_MAX_BYTES) {
		error_at(err, "bytes", "a BAR has at most 32T");
		return -1;
	}
	if (json_object_get(conf, "smallest") &&
	    (bar->least < 1U << 20 || bar->least & (bar->least - 1) || bar->least > bar->bytes)) {
		error_at(err, "smallest", "\"smallest\" is a power of two from 1M to \"bytes\"");
		return -1;
	}
	bar->bar = (unsigned int)number;
	bar->prefetch = json_is_true(prefetch);
	return 0;
}

static int add_bar(struct testdev *dev, const struct bar_conf *bar, uint32_t *used,
		   struct error *err)
{
	uint32_t takes = (bar->mem64 ? 3U : 1U) << bar->bar;

	if (*used & takes) {
		error_at(err, "bar", "BAR %u is declared twice", bar->bar);
		return -1;
	}
	*used |= takes;
	dev->bar_bytes[bar->bar] = bar->least ? bar->least : bar->bytes;
	if (function_add_bar(dev->fn, bar->bar, bar->bytes, bar->mem64, bar->prefetch, err))
		return -1;
	return bar->least ? function_add_sizes(dev->fn, bar->bar, bar->least, err) : 0;
}

static int get_bars(struct testdev *dev, json_t *conf, uint32_t *used, struct error *err)
{
	json_t *list = json_object_get(conf, "bars");
	struct bar_conf bar;
	char where[32];
	size_t i;

	if (!json_is_array(list) || !json_array_size(list)) {
		error_at(err, list ? "bars" : "", "a testdev needs \"bars\", an array of objects");
		return -1;
	}
	for (i = 0; i < json_array_size(list); i++) {
		if (!parse_bar(json_array_get(list, i), &bar, err) &&
		    !add_bar(dev, &bar, used, err))
			continue;
		snprintf(where, sizeof(where), "bars/%zu", i);
		error_below(err, where);
		return -1;
	}
	while (!dev->bar_bytes[dev->first])
		dev->first++;
	return 0;
}

/* Pages of their own for table and pending bits (PCI 3.0, 6.8.2). */
static int place_msix(struct testdev *dev, uint32_t used, struct error *err)
{
	uint32_t table = (dev->msix * 16 + 4095) & ~4095U;
	uint64_t need = table + 4096;
	struct bar_conf extra = { .bytes = 8192 };
	unsigned int i;

	for (i = 0; i < TESTDEV_BARS; i++) {
		uint64_t taken = i == dev->first ? sizeof(struct pvpci_testdev_regs) : 0;
		uint64_t bytes = dev->bar_bytes[i];

		/* Offsets in the capability have 32 bits. */
		if (!bytes || bytes < need + taken || bytes > 1ULL << 32)
			continue;
		dev->msix_bar = i;
		dev->msix_table = (uint32_t)(bytes - need);
		dev->msix_pba = (uint32_t)(bytes - 4096);
		return function_add_msix(dev->fn, dev->msix, i, dev->msix_table, dev->msix_pba,
					 err);
	}
	for (extra.bar = 0; extra.bar < TESTDEV_BARS && used >> extra.bar & 1; extra.bar++)
		;
	/* The registers are in the lowest BAR: this one must not be lower. */
	if (extra.bar < dev->first)
		for (extra.bar = dev->first; extra.bar < TESTDEV_BARS && used >> extra.bar & 1;
		     extra.bar++)
			;
	if (extra.bar >= TESTDEV_BARS) {
		error_at(err, "msix", "no BAR has %llu bytes to spare for MSI-X, and none is free",
			 (unsigned long long)need);
		return -1;
	}
	while (extra.bytes < need)
		extra.bytes <<= 1;
	dev->msix_bar = extra.bar;
	dev->msix_table = 0;
	dev->msix_pba = table;
	if (add_bar(dev, &extra, &used, err))
		return -1;
	return function_add_msix(dev->fn, dev->msix, extra.bar, 0, table, err);
}

int testdev_configure(struct testdev *dev, json_t *conf, struct error *err)
{
	json_t *soft_reset = json_object_get(conf, "soft_reset");
	uint32_t used = 0;

	if (soft_reset && !json_is_boolean(soft_reset)) {
		error_at(err, "soft_reset", "\"soft_reset\" is not true or false");
		return -1;
	}
	if (json_is_true(soft_reset))
		function_set_soft_reset(dev->fn);
	if (get_limited(conf, "msix", MSIX_MAX, &dev->msix, err) ||
	    get_limited(conf, "msi", 32, &dev->msi, err) ||
	    get_limited(conf, "attach_us", PVPCI_TESTDEV_MAX_US, &dev->attach_us, err) ||
	    get_limited(conf, "detach_us", PVPCI_TESTDEV_MAX_US, &dev->detach_us, err))
		return -1;
	if (dev->msi & (dev->msi - 1)) {
		error_at(err, "msi", "\"msi\" is not a power of two");
		return -1;
	}
	if (get_bars(dev, conf, &used, err))
		return -1;
	function_set_ids(dev->fn, PVPCI_VENDOR, PVPCI_DEVICE_TESTDEV, PVPCI_TESTDEV_CLASS, 1,
			 PVPCI_VENDOR, PVPCI_DEVICE_TESTDEV);
	if (dev->msix && place_msix(dev, used, err))
		return -1;
	if (dev->msi && function_add_msi(dev->fn, dev->msi, err))
		return -1;
	return 0;
}
