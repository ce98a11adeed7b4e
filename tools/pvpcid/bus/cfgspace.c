// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of one function, as data.
 *
 * Section numbers are those of the PCI Express Base Specification 5.0.
 */
#include <string.h>

#include "bus/cfgspace.h"

#define CAP_PM		0x01
#define CAP_MSI		0x05
#define CAP_PCIE	0x10
#define CAP_MSIX	0x11

#define CAP_POINTER	0x34

#define EXT_CAP_DSN	0x0003
#define EXT_CAP_REBAR	0x0015

#define REBAR_CONTROL	8	/* of the first BAR */
#define REBAR_BYTES	8	/* for each BAR */
#define REBAR_SIZE	0x1f00	/* 0 is 1 MiB */

/**
 * struct reg - one register
 * @offset: in configuration space, or from the start of its capability
 * @bytes: 1, 2 or 4
 * @value: what the host gives
 * @mask: the bits that the guest may change
 * @says: what the specification says of it
 */
struct reg {
	uint16_t offset;
	uint8_t bytes;
	uint32_t value;
	uint32_t mask;
	const char *says;
};

static const struct reg header_regs[] = {
	{ 0x04, 2, 0x0000, 0x0546,
	  "7.5.1.1.3 command: memory, master, parity, SERR#, interrupt disable are RW" },
	{ 0x06, 2, 0x0010, 0x0000,
	  "7.5.1.1.4 status: capabilities list is 1; error bits are RW1C and never set" },
	{ 0x0c, 1, 0x00, 0xff, "7.5.1.1.7 cache line size: RW, no effect" },
	{ 0x0d, 1, 0x00, 0x00, "7.5.1.1.8 latency timer: hardwired to 0" },
	{ 0x3d, 1, 0x00, 0x00, "7.5.1.1.13 interrupt pin: 0, no legacy interrupt" },
};

static const struct reg pm_regs[] = {
	{ 0x02, 2, 0x0003, 0x0000, "7.5.2.1 PMC: version 3, no D1, no D2, no PME#" },
	{ 0x04, 2, 0x0008, 0x0003,
	  "7.5.2.2 PMCSR: power state is RW; No_Soft_Reset is 1 unless wanted otherwise" },
};

/* The Express capability of a Root Complex Integrated Endpoint has no link. */
static const struct reg pcie_regs[] = {
	{ 0x02, 2, 0x0092, 0x0000, "7.5.3.2 capabilities: version 2, type 1001b" },
	{ 0x04, 4, 0x10008020, 0x0000,
	  "7.5.3.3 device capabilities: 128 byte payload, extended tags, role-based errors, FLR" },
	{ 0x08, 2, 0x2810, 0xf9ff,
	  "7.5.3.4 device control: relaxed order, no snoop, 512 byte reads; bit 15 starts FLR" },
	{ 0x0a, 2, 0x0000, 0x0000, "7.5.3.5 device status: RW1C bits never set" },
	{ 0x24, 4, 0x00000010, 0x0000,
	  "7.5.3.15 device capabilities 2: completion timeout can be disabled" },
	{ 0x28, 2, 0x0000, 0x0010, "7.5.3.16 device control 2: completion timeout disable is RW" },
};

static const struct reg msi_regs[] = {
	{ 0x02, 2, 0x0180, 0x0071,
	  "7.7.1.2 message control: 64-bit, maskable; enable and multiple enable are RW" },
	{ 0x04, 4, 0x00000000, 0xfffffffc, "7.7.1.3 message address: RW, dword aligned" },
	{ 0x08, 4, 0x00000000, 0xffffffff, "7.7.1.4 message upper address: RW" },
	{ 0x0c, 2, 0x0000, 0xffff, "7.7.1.5 message data: RW" },
	{ 0x14, 4, 0x00000000, 0x0000, "7.7.1.8 pending bits: RO" },
};

static const struct reg msix_regs[] = {
	{ 0x02, 2, 0x0000, 0xc000,
	  "7.7.2.2 message control: table size is RO; enable and function mask are RW" },
};

static void put(uint8_t *at, uint32_t value, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void put_regs(struct cfgspace *cfg, unsigned int base, const struct reg *regs,
		     unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		put(cfg->value + base + regs[i].offset, regs[i].value, regs[i].bytes);
		put(cfg->mask + base + regs[i].offset, regs[i].mask, regs[i].bytes);
	}
}

#define PUT_REGS(cfg, base, regs) \
	put_regs(cfg, base, regs, sizeof(regs) / sizeof((regs)[0]))

/* Add a capability to the end of the list, whose last pointer is at @link. */
static unsigned int put_capability(struct cfgspace *cfg, unsigned int link, unsigned int at,
				   uint8_t id)
{
	cfg->value[link] = (uint8_t)at;
	cfg->value[at] = id;
	return at + 1;
}

static void put_header(struct cfgspace *cfg, const struct cfgspace_want *want)
{
	unsigned int i;

	PUT_REGS(cfg, 0, header_regs);
	put(cfg->value + 0x00, want->vendor, 2);
	put(cfg->value + 0x02, want->device, 2);
	put(cfg->value + 0x08, want->revision, 1);
	put(cfg->value + 0x09, want->class_code, 3);
	put(cfg->value + 0x0e, want->multifunction ? 0x80 : 0x00, 1);
	put(cfg->value + 0x2c, want->subsystem_vendor, 2);
	put(cfg->value + 0x2e, want->subsystem, 2);
	if (want->decoding)
		put(cfg->value + CFGSPACE_COMMAND, CFGSPACE_COMMAND_MEMORY, 2);
	for (i = 0; i < 6; i++)
		if (want->bar[i].present)
			put(cfg->value + 0x10 + 4 * i, (want->bar[i].mem64 ? 0x4 : 0) |
			    (want->bar[i].prefetch ? 0x8 : 0), 4);
}

static void put_msi(struct cfgspace *cfg, const struct cfgspace_want *want)
{
	unsigned int log2 = 0;

	while (1U << log2 < want->msi)
		log2++;
	PUT_REGS(cfg, CFGSPACE_MSI, msi_regs);
	cfg->value[CFGSPACE_MSI_CONTROL] |= (uint8_t)(log2 << 1);
	/* 7.7.1.7 mask bits: RW for the vectors that exist */
	put(cfg->mask + CFGSPACE_MSI_MASK,
	    want->msi >= 32 ? 0xffffffffU : (1U << want->msi) - 1, 4);
}

static void put_msix(struct cfgspace *cfg, const struct cfgspace_want *want)
{
	PUT_REGS(cfg, CFGSPACE_MSIX, msix_regs);
	put(cfg->value + CFGSPACE_MSIX_CONTROL, want->msix - 1, 2);
	put(cfg->value + CFGSPACE_MSIX + 4, want->msix_table | want->msix_bar, 4);
	put(cfg->value + CFGSPACE_MSIX + 8, want->msix_pba | want->msix_bar, 4);
}

/* An extended capability (7.6.3): version 1; @next: offset of the one behind it, or 0 */
static void put_extended(struct cfgspace *cfg, unsigned int at, uint16_t id, unsigned int next)
{
	put(cfg->value + at, next << 20 | 1U << 16 | id, 4);
}

/* 7.9.3 device serial number */
static void put_serial(struct cfgspace *cfg, uint64_t serial, unsigned int next)
{
	put_extended(cfg, CFGSPACE_DSN, EXT_CAP_DSN, next);
	put(cfg->value + CFGSPACE_DSN + 4, (uint32_t)serial, 4);
	put(cfg->value + CFGSPACE_DSN + 8, (uint32_t)(serial >> 32), 4);
}

static unsigned int rebar_at(const struct cfgspace_want *want)
{
	return want->serial ? CFGSPACE_REBAR : CFGSPACE_DSN;
}

static bool has_choice(const struct cfgspace_bar *bar)
{
	return bar->present && bar->least < bar->most;
}

unsigned int cfgspace_size_at(const struct cfgspace_want *want, unsigned int bar)
{
	unsigned int i, at = rebar_at(want) + REBAR_CONTROL;

	if (!has_choice(&want->bar[bar]))
		return 0;
	for (i = 0; i < bar; i++)
		at += has_choice(&want->bar[i]) ? REBAR_BYTES : 0;
	return at;
}

uint64_t cfgspace_size(uint32_t control)
{
	return CFGSPACE_SIZE_LEAST << (control >> 8 & 0x1f);
}

/* 7.8.6 resizable BARs: a capability and a control register for each */
static void put_rebar(struct cfgspace *cfg, const struct cfgspace_want *want)
{
	unsigned int i, at, count = 0, size;
	uint32_t sizes;

	for (i = 0; i < 6; i++)
		count += has_choice(&want->bar[i]);
	if (!count)
		return;
	put_extended(cfg, rebar_at(want), EXT_CAP_REBAR, 0);
	for (i = 0; i < 6; i++) {
		at = cfgspace_size_at(want, i);
		if (!at)
			continue;
		sizes = 0;
		for (size = 0; CFGSPACE_SIZE_LEAST << size <= want->bar[i].most; size++)
			if (CFGSPACE_SIZE_LEAST << size >= want->bar[i].least)
				sizes |= 1U << (size + 4);
		put(cfg->value + at - 4, sizes, 4);
		/* The number of BARs is in the first one only. */
		put(cfg->value + at, (size - 1) << 8 |
		    (at == rebar_at(want) + REBAR_CONTROL ? count << 5 : 0) | i, 4);
		put(cfg->mask + at, REBAR_SIZE, 4);
	}
}

void cfgspace_build(struct cfgspace *cfg, const struct cfgspace_want *want)
{
	unsigned int link = CAP_POINTER;

	memset(cfg, 0, sizeof(*cfg));
	put_header(cfg, want);
	link = put_capability(cfg, link, CFGSPACE_PM, CAP_PM);
	PUT_REGS(cfg, CFGSPACE_PM, pm_regs);
	if (want->soft_reset)
		put(cfg->value + CFGSPACE_PMCSR, 0, 2);
	if (want->msi) {
		link = put_capability(cfg, link, CFGSPACE_MSI, CAP_MSI);
		put_msi(cfg, want);
	}
	link = put_capability(cfg, link, CFGSPACE_PCIE, CAP_PCIE);
	PUT_REGS(cfg, CFGSPACE_PCIE, pcie_regs);
	if (want->msix) {
		put_capability(cfg, link, CFGSPACE_MSIX, CAP_MSIX);
		put_msix(cfg, want);
	}
	put_rebar(cfg, want);
	if (want->serial)
		put_serial(cfg, want->serial,
			   cfg->value[CFGSPACE_REBAR] == EXT_CAP_REBAR ? CFGSPACE_REBAR : 0);
}
