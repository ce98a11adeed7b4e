// SPDX-License-Identifier: GPL-2.0
/*
 * Headers, good and bad.
 */
#include <kunit/test.h>
#include <linux/sizes.h>

#include "wire/layout.h"

#define BAR2	SZ_64M

static void set_area(struct pvpci_header *h, unsigned int area, u64 offset, u64 bytes)
{
	h->area[area].offset = cpu_to_le64(offset);
	h->area[area].bytes = cpu_to_le64(bytes);
}

static void good_header(struct pvpci_header *h)
{
	u64 at = PVPCI_PAGE_BYTES;
	unsigned int i;

	*h = (struct pvpci_header){
		.magic = cpu_to_le64(PVPCI_MAGIC),
		.header_bytes = cpu_to_le32(sizeof(*h)),
		.version_min = cpu_to_le32(PVPCI_VERSION_1_0),
		.version_max = cpu_to_le32(PVPCI_VERSION_1_0),
		.generation = cpu_to_le32(7),
		.bus_id = cpu_to_le64(1),
		.bar2_bytes = cpu_to_le64(BAR2),
		.nr_functions = cpu_to_le32(256),
		.nr_tokens = cpu_to_le32(8192),
		.nr_vectors = cpu_to_le32(64),
		.ring_slots = cpu_to_le32(64),
	};
	for (i = 0; i < PVPCI_AREA_DMA_POOL; i++) {
		set_area(h, i, at, SZ_1M);
		at += SZ_1M;
	}
	set_area(h, PVPCI_AREA_APERTURE, SZ_32M, SZ_32M);
}

struct header_case {
	const char *name;
	void (*spoil)(struct pvpci_header *h);
	int ret;
	const char *word;	/* of the sentence */
};

#define SPOIL(what, statement) \
	static void spoil_##what(struct pvpci_header *h) { statement; }

SPOIL(nothing, ((void)0))
SPOIL(magic, h->magic = 0)
SPOIL(short_header, h->header_bytes = cpu_to_le32(512))
SPOIL(long_header, h->header_bytes = cpu_to_le32(8192))
SPOIL(old, h->version_max = h->version_min = cpu_to_le32(PVPCI_VERSION(0, 9)))
SPOIL(new, h->version_max = h->version_min = cpu_to_le32(PVPCI_VERSION(2, 0)))
SPOIL(crossed, h->version_min = cpu_to_le32(PVPCI_VERSION(1, 1)))
SPOIL(generation, h->generation = 0)
SPOIL(bar2, h->bar2_bytes = cpu_to_le64(BAR2 / 2))
SPOIL(functions, h->nr_functions = cpu_to_le32(257))
SPOIL(no_function, h->nr_functions = 0)
SPOIL(tokens, h->nr_tokens = cpu_to_le32(8193))
SPOIL(no_token, h->nr_tokens = 0)
SPOIL(vectors, h->nr_vectors = cpu_to_le32(2049))
SPOIL(no_vector, h->nr_vectors = 0)
SPOIL(slots, h->ring_slots = cpu_to_le32(48))
SPOIL(few_slots, h->ring_slots = cpu_to_le32(4))
SPOIL(many_slots, h->ring_slots = cpu_to_le32(2048))
SPOIL(unaligned, set_area(h, PVPCI_AREA_CONFIG, SZ_1M * 3 + 0x1800, SZ_1M))
SPOIL(odd_length, set_area(h, PVPCI_AREA_CONFIG, SZ_1M * 3 + 0x1000, SZ_1M + 8))
SPOIL(short_ring, set_area(h, PVPCI_AREA_RING_TO_HOST, 0x1000, 0x4000))
SPOIL(short_config, set_area(h, PVPCI_AREA_CONFIG_MASK, SZ_4M + 0x1000, SZ_1M - 0x1000))
SPOIL(absent, set_area(h, PVPCI_AREA_VECTOR_MAP, 0, 0))
SPOIL(beyond, set_area(h, PVPCI_AREA_ASSIGNED, BAR2 - 0x1000, SZ_1M))
SPOIL(far_beyond, set_area(h, PVPCI_AREA_ASSIGNED, 0xfffffffffffff000ULL, SZ_1M))
SPOIL(huge, set_area(h, PVPCI_AREA_ASSIGNED, 0x1000, 0xfffffffffffff000ULL))
SPOIL(header_page, set_area(h, PVPCI_AREA_ASSIGNED, 0, SZ_1M))
SPOIL(overlap, set_area(h, PVPCI_AREA_ASSIGNED, SZ_1M + 0x1000, SZ_1M))
SPOIL(pool_overlap, set_area(h, PVPCI_AREA_DMA_POOL, SZ_32M - 0x1000, 0x2000))
SPOIL(no_aperture, set_area(h, PVPCI_AREA_APERTURE, 0, 0))
SPOIL(aperture_power, set_area(h, PVPCI_AREA_APERTURE, SZ_32M, SZ_16M + SZ_8M))
SPOIL(aperture_aligned, set_area(h, PVPCI_AREA_APERTURE, SZ_32M + SZ_8M, SZ_16M))

#define CASE(what, ret, word)	{ #what, spoil_##what, ret, word }
static const struct header_case header_cases[] = {
	CASE(nothing, 0, NULL),
	CASE(magic, -ENODEV, "magic"),
	CASE(short_header, -EINVAL, "header of 512"),
	CASE(long_header, -EINVAL, "header of 8192"),
	CASE(old, -EINVAL, "protocol"),
	CASE(new, -EINVAL, "protocol"),
	CASE(crossed, -EINVAL, "protocol"),
	CASE(generation, -EINVAL, "generation"),
	CASE(bar2, -EINVAL, "BAR2"),
	CASE(functions, -EINVAL, "function rows"),
	CASE(no_function, -EINVAL, "function rows"),
	CASE(tokens, -EINVAL, "tokens"),
	CASE(no_token, -EINVAL, "tokens"),
	CASE(vectors, -EINVAL, "transport vectors"),
	CASE(no_vector, -EINVAL, "transport vectors"),
	CASE(slots, -EINVAL, "ring slots"),
	CASE(few_slots, -EINVAL, "ring slots"),
	CASE(many_slots, -EINVAL, "ring slots"),
	CASE(unaligned, -EINVAL, "whole pages"),
	CASE(odd_length, -EINVAL, "whole pages"),
	CASE(short_ring, -EINVAL, "are needed"),
	CASE(short_config, -EINVAL, "are needed"),
	CASE(absent, -EINVAL, "are needed"),
	CASE(beyond, -EINVAL, "runs past"),
	CASE(far_beyond, -EINVAL, "runs past"),
	CASE(huge, -EINVAL, "runs past"),
	CASE(header_page, -EINVAL, "header page"),
	CASE(overlap, -EINVAL, "overlap"),
	CASE(pool_overlap, -EINVAL, "overlap"),
	CASE(no_aperture, -EINVAL, "are needed"),
	CASE(aperture_power, -EINVAL, "power of two"),
	CASE(aperture_aligned, -EINVAL, "power of two"),
};

static void header_desc(const struct header_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(header, header_cases, header_desc);

static void layout_header(struct kunit *test)
{
	const struct header_case *c = test->param_value;
	struct pvpci_layout *layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	struct pvpci_header *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	char *why = kunit_kzalloc(test, PVPCI_WHY_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, layout);
	KUNIT_ASSERT_NOT_NULL(test, h);
	KUNIT_ASSERT_NOT_NULL(test, why);
	good_header(h);
	c->spoil(h);
	KUNIT_EXPECT_EQ_MSG(test, pvpci_layout_check(h, BAR2, layout, why), c->ret, "%s", why);
	if (c->word)
		KUNIT_EXPECT_TRUE_MSG(test, strstr(why, c->word), "\"%s\" has no \"%s\"", why,
				      c->word);
	else
		KUNIT_EXPECT_EQ(test, layout->area[PVPCI_AREA_APERTURE].bytes, (u64)SZ_32M);
}

static void layout_names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, pvpci_area_name(PVPCI_AREA_CONFIG), "config");
	KUNIT_EXPECT_STREQ(test, pvpci_area_name(PVPCI_AREA_MAX), "unknown");
}

static struct kunit_case layout_cases[] = {
	KUNIT_CASE_PARAM(layout_header, header_gen_params),
	KUNIT_CASE(layout_names),
	{ }
};

static struct kunit_suite layout_suite = {
	.name = "pvpci-layout",
	.test_cases = layout_cases,
};

kunit_test_suite(layout_suite);
