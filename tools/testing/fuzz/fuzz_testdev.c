// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the testdev model: registers written anyhow, DMA from and to anywhere,
 * memory-enable, bus mastering and resets at any time.
 */
#include <endian.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pvpci_testdev.h>

#include "../unit/fakebus.h"

#define MAX_POLLS	100000	/* a copy of 1 GiB takes 4096 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct function *fn;

/**
 * struct step - one step, eight bytes of input
 * @what: which
 * @reg: register, in dwords
 * @kind: how @value is meant
 * @value: for the register
 */
struct step {
	uint8_t what;
	uint8_t reg;
	uint16_t kind;
	uint32_t value;
};

static void write_reg(unsigned int reg, uint32_t value)
{
	uint8_t *bar = function_bar(fn, 0, 0, 4096);

	value = htole32(value);
	if (bar)
		memcpy(bar + reg % 1024 * 4, &value, sizeof(value));
}

/* A whole transfer, with addresses near what is there. */
static void transfer(const struct step *step)
{
	static const uint64_t near[] = {
		0, FAKEBUS_LOW_BYTES, FAKEBUS_HIGH, FAKEBUS_HIGH + FAKEBUS_HIGH_BYTES,
		PVPCI_TESTDEV_BUFFER_BYTES, UINT64_MAX, 1ULL << 40, 0x10000,
	};
	uint64_t source = near[step->kind & 7] + (step->value & 0xfff) - 0x800;
	uint64_t destination = near[step->kind >> 3 & 7] + (step->value >> 12 & 0xfff) - 0x800;
	const unsigned int at = offsetof(struct pvpci_testdev_regs, dma_source) / 4;

	write_reg(at, (uint32_t)source);
	write_reg(at + 1, (uint32_t)(source >> 32));
	write_reg(at + 2, (uint32_t)destination);
	write_reg(at + 3, (uint32_t)(destination >> 32));
	write_reg(at + 4, step->value >> 16 << (step->kind >> 12));
	write_reg(at + 5, 0);
	write_reg(at + 6, step->kind >> 6 & 7);
	write_reg(at + 8, step->kind >> 9 & 7);
	write_reg(at + 9, step->value);
}

static void run(const struct step *step)
{
	switch (step->what & 15) {
	case 0:
		fn->still = step->value & 7;
		if (fn->attached)
			fakebus_detach(fn);
		else
			fakebus_attach(fn);
		break;
	case 1:
		fn->ops->reset(fn->model);
		break;
	case 2:
		fn->master = step->value & 3;
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		transfer(step);
		break;
	default:
		write_reg(step->reg, step->value);
		break;
	}
	if (step->what & 16)
		fn->ops->poll(fn->model);
}

/**
 * LLVMFuzzerTestOneInput - run the steps
 * @data: struct step[]
 * @bytes: length
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	unsigned int polls = 0;
	struct error err;
	struct step step;

	if (!fn) {
		fn = fakebus_create(&testdev_model,
				    "{\"bars\": [{\"bar\": 0, \"bytes\": 65536}], \"msix\": 5}",
				    &err);
		if (!fn) {
			fprintf(stderr, "fuzz_testdev: %s: %s\n", err.where, err.text);
			abort();
		}
	}
	fakebus_attach(fn);
	fn->master = true;
	fn->ops->reset(fn->model);
	for (; bytes >= sizeof(step); data += sizeof(step), bytes -= sizeof(step)) {
		memcpy(&step, data, sizeof(step));
		run(&step);
	}
	do {
		fn->ops->poll(fn->model);
		if (polls++ > MAX_POLLS) {
			fprintf(stderr, "fuzz_testdev: the model stays busy\n");
			abort();
		}
	} while (fn->ops->busy(fn->model));
	json_decref(fn->ops->stats(fn->model));
	return 0;
}
