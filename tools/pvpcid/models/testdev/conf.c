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

static int parse_bar(json_t *conf, struct bar_conf *bar, struct error *err)
{
	static const char *const known[] = {
		"bar", "bytes", "bits", "prefetch", "smallest", NULL
	};
	unsigned int bits = 32;

	if (!json_is_object(conf)) {
		error_set(err, "a BAR is not an object");
		return -1;
	}
	*bar = (struct bar_conf){ 0 };
	if (value_keys(conf, known, NULL, "a BAR", err) ||
	    value_number(conf, "bar", 0, TESTDEV_BARS - 1, &bar->bar, err) ||
	    value_either(conf, "bits", 32, 64, &bits, err) ||
	    value_flag(conf, "prefetch", &bar->prefetch, err) ||
	    value_bytes(conf, "bytes", &bar->bytes, err) ||
	    value_bytes(conf, "smallest", &bar->least, err))
		return -1;
	bar->mem64 = bits == 64;
	if (bar->mem64 && bar->bar == TESTDEV_BARS - 1) {
		error_at(err, "bar", "\"bar\" of 64 bits must be a number from 0 to 4");
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
	bool soft_reset = false;
	uint32_t used = 0;

	if (value_flag(conf, "soft_reset", &soft_reset, err) ||
	    value_number(conf, "msix", 0, MSIX_MAX, &dev->msix, err) ||
	    value_number(conf, "msi", 0, 32, &dev->msi, err) ||
	    value_number(conf, "attach_us", 0, PVPCI_TESTDEV_MAX_US, &dev->attach_us, err) ||
	    value_number(conf, "detach_us", 0, PVPCI_TESTDEV_MAX_US, &dev->detach_us, err))
		return -1;
	if (soft_reset)
		function_set_soft_reset(dev->fn);
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
