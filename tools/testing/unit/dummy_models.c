// SPDX-License-Identifier: GPL-2.0
/*
 * Models for the unit tests: the daemon's own are linked elsewhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dummy_models.h"
#include "base/error.h"

bool dummy_hangs;
bool dummy_closing;
unsigned int dummy_forgotten;

static struct dummy *last;

struct dummy *dummy_last(void)
{
	return last;
}

static json_int_t number(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static int add_bars(struct function *fn, json_t *conf, struct error *err)
{
	json_t *bars = json_object_get(conf, "bars");
	json_t *bar;
	size_t i;

	json_array_foreach(bars, i, bar) {
		if (function_add_bar(fn, (unsigned int)number(bar, "bar"),
				     (uint64_t)number(bar, "bytes"), number(bar, "bits") == 64,
				     false, err))
			return -1;
		if (number(bar, "smallest") &&
		    function_add_sizes(fn, (unsigned int)number(bar, "bar"),
				       (uint64_t)number(bar, "smallest"), err))
			return -1;
	}
	return 0;
}

static bool dummy_ready(json_t *conf, bool found)
{
	(void)found;
	return !dummy_hangs || !json_object_get(conf, "slow");
}

static void dummy_forget(json_t *conf)
{
	dummy_forgotten += !!json_object_get(conf, "slow");
}

static void *dummy_create(struct function *fn, json_t *conf, struct error *err)
{
	unsigned int msix = (unsigned int)json_integer_value(json_object_get(conf, "msix"));
	unsigned int msi = (unsigned int)json_integer_value(json_object_get(conf, "msi"));
	struct dummy *dummy = calloc(1, sizeof(*dummy));

	dummy->fn = fn;
	function_set_ids(fn, 0x1234, 0x9e01, 0xff0000, 1, 0x1234, 0x0001);
	if (add_bars(fn, conf, err) ||
	    (msix && function_add_msix(fn, msix, 0, 0x800, 0xc00, err)) ||
	    (msi && function_add_msi(fn, msi, err))) {
		free(dummy);
		return NULL;
	}
	if (json_is_true(json_object_get(conf, "soft_reset")))
		function_set_soft_reset(fn);
	last = dummy;
	return dummy;
}

static bool dummy_close(void *model)
{
	(void)model;
	return !dummy_closing;
}

static void dummy_destroy(void *model)
{
	if (last == model)
		last = NULL;
	free(model);
}

static void dummy_attach(void *model)
{
	struct dummy *dummy = model;
	uint8_t *bar = function_bar(dummy->fn, 0, 0, 8);

	dummy->attached++;
	if (bar)
		memcpy(bar, "register", 8);
}

static void dummy_detach(void *model)
{
	struct dummy *dummy = model;

	dummy->detached++;
	dummy->had_bar = function_bar(dummy->fn, 0, 0, 8);
}

static bool dummy_quiesce(void *model, bool last_time)
{
	struct dummy *dummy = model;

	dummy->quiesced++;
	dummy->last = last_time;
	return !dummy->busy;
}

static void dummy_reset(void *model)
{
	((struct dummy *)model)->resets++;
}

static bool dummy_poll(void *model)
{
	struct dummy *dummy = model;
	uint32_t *doorbell = function_bar(dummy->fn, 0, 16, 4);
	uint32_t value;

	dummy->polls++;
	if (!doorbell)
		return false;
	value = __atomic_exchange_n(doorbell, 0, __ATOMIC_RELAXED);
	if (!value)
		return false;
	/* Touch what the guest names: any address, any vector. */
	function_dma(dummy->fn, (uint64_t)value << 4, value & 0xffff);
	function_interrupt(dummy->fn, value & 0xff);
	return true;
}

static int dummy_read_block(void *model, unsigned int block, uint8_t *data, unsigned int bytes)
{
	struct dummy *dummy = model;

	if (block > 1)
		return -ERANGE;
	/* More than was asked for: the bus must not believe it. */
	memcpy(data, dummy->block, bytes < 8 ? bytes : 8);
	return 8;
}

static int dummy_write_block(void *model, unsigned int block, const uint8_t *data,
			     unsigned int bytes)
{
	struct dummy *dummy = model;

	if (block != 1)
		return block ? -ERANGE : -EIO;
	memcpy(dummy->block, data, bytes < 8 ? bytes : 8);
	function_invalidate_blocks(dummy->fn, 1ULL << block);
	return 0;
}

static bool dummy_trouble(void *model, char *text, size_t bytes)
{
	const struct dummy *dummy = model;

	if (dummy->trouble)
		snprintf(text, bytes, "something is paused");
	return dummy->trouble;
}

static unsigned int dummy_resume(void *model)
{
	struct dummy *dummy = model;
	unsigned int count = dummy->trouble;

	dummy->trouble = false;
	return count;
}

static const char * const dummy_keys[] = { "bars", "msix", "msi", "soft_reset", "slow", NULL };

#define DUMMY_MODEL(ident, text)			\
const struct model_ops ident = {			\
	.name = text,					\
	.ready = dummy_ready,				\
	.forget = dummy_forget,				\
	.create = dummy_create,				\
	.close = dummy_close,				\
	.destroy = dummy_destroy,			\
	.attach = dummy_attach,				\
	.detach = dummy_detach,				\
	.quiesce = dummy_quiesce,			\
	.reset = dummy_reset,				\
	.poll = dummy_poll,				\
	.trouble = dummy_trouble,			\
	.resume = dummy_resume,				\
	.read_block = dummy_read_block,			\
	.write_block = dummy_write_block,		\
	.keys = dummy_keys,				\
}

DUMMY_MODEL(nvme_model, "nvme");
DUMMY_MODEL(testdev_model, "testdev");
