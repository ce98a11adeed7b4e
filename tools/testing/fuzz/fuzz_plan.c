// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_plan.c - any tree whatever: the planner must refuse it, prove it full, or plan it rightly
 *
 * Bytes become nodes, most of them nearly sane, some of them not. Whatever plan comes out is
 * replayed by the judge: no overlap at any step, aligned, inside windows, pinned things stay, the
 * price is the promised one. Build with clang -fsanitize=fuzzer,address,undefined.
 */
#include "../unit/plan_oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, read to its end and zeros from there. */
struct input {
	const uint8_t *data;
	size_t left;
};

static u32 byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static u64 granule_of(u32 code)
{
	return code & 1 ? 64 << 10 : MIB;
}

/* Three in four are placed inside the window picked by the input, the rest anywhere. */
static void add_node(struct tree *t, struct input *in)
{
	u32 kind = byte(in), place = byte(in), bits = byte(in), price = byte(in);
	const struct plan_node *window = &t->nodes[place % t->space.node_count];
	u64 unit = granule_of(bits), size = unit << (bits >> 1 & 3), start;
	u16 bus = window->behind, node;

	if (bus == PLAN_NONE)
		bus = 0;
	start = window->start + unit * byte(in);
	if (kind & 4)
		start &= ~(size - 1);
	if (kind % 3 == 0 && t->space.bus_count < 12) {
		node = tree_window(t, bus, tree_bus(t), start & ~(MIB - 1), MIB * (bits >> 3 & 7),
				   0);
		t->nodes[node].min = bits & 0x40 ? MIB : 0;
	} else if (kind % 3 == 1 && price < 40) {
		node = tree_request(t, bus, size, 0);
	} else {
		node = tree_bar(t, bus, start, size, price, 0);
		if (t->space.owner_count > 1 && kind & 8)
			t->nodes[node].owner = price % t->space.owner_count;
	}
	t->nodes[node].flags |= kind & 16 ? PLAN_PREFETCH : 0;
	t->nodes[node].flags |= (kind & 0xe0) == 0xe0 ? PLAN_PINNED : 0;
	if (kind & 32)
		t->nodes[node].last_max = 0xffffffff;
	t->nodes[node].cost = 1 + price % 7;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tree t;
	struct input in = { data, size };
	struct plan_result r;
	const char *wrong;
	void *work;
	int error;

	tree_init(&t);
	tree_bus(&t);
	tree_root(&t, 0, 0xf0000000 + MIB * byte(&in), MIB * (1 + byte(&in)), 0);
	if (byte(&in) & 1)
		tree_root(&t, 0, 0x100000000 + MIB * byte(&in), MIB * (1 + byte(&in)),
			  PLAN_PREFETCH);
	while (in.left && t.space.node_count < 60)
		add_node(&t, &in);
	/* Now and then something no caller should ever pass. */
	if (size > 3 && data[size - 1] == 0xff)
		memcpy((char *)t.nodes +
			       data[size - 2] * 8 % (t.space.node_count * sizeof(t.nodes[0])),
		       data, size > 8 ? 8 : size);
	t.space.effort = 3000;
	work = malloc(plan_work_bytes(&t.space));
	error = plan_find(&t.space, work, &r);
	wrong = error ? NULL : plan_judge(&t.space, &r);
	free(work);
	if (wrong) {
		fprintf(stderr, "%s\n", wrong);
		tree_print(&t);
		abort();
	}
	return 0;
}
