/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration space of one function, as data: a value and the bits the
 * guest owns, 4096 bytes each.
 */
#ifndef PVPCID_CFGSPACE_H
#define PVPCID_CFGSPACE_H

#include <stdbool.h>
#include <stdint.h>

#define CFGSPACE_BYTES		4096
#define CFGSPACE_COMMAND	0x04
#define CFGSPACE_COMMAND_MEMORY	0x0002
#define CFGSPACE_COMMAND_MASTER	0x0004
#define CFGSPACE_HEADER_TYPE	0x0e

#define CFGSPACE_PM		0x40	/* power management */
#define CFGSPACE_PMCSR		(CFGSPACE_PM + 0x04)
#define CFGSPACE_PMCSR_KEEPS	0x0008	/* No_Soft_Reset */
#define CFGSPACE_MSI		0x50	/* MSI, 64-bit, maskable: 24 bytes */
#define CFGSPACE_PCIE		0x70	/* PCI Express, version 2: 60 bytes */
#define CFGSPACE_MSIX		0xb0	/* MSI-X */
#define CFGSPACE_DSN		0x100	/* device serial number */
#define CFGSPACE_REBAR		0x110	/* resizable BARs; without a serial number its place */
#define CFGSPACE_SIZE_LEAST	(1ULL << 20)

#define CFGSPACE_MSI_CONTROL	(CFGSPACE_MSI + 0x02)
#define CFGSPACE_MSI_ADDRESS	(CFGSPACE_MSI + 0x04)
#define CFGSPACE_MSI_DATA	(CFGSPACE_MSI + 0x0c)
#define CFGSPACE_MSI_MASK	(CFGSPACE_MSI + 0x10)
#define CFGSPACE_MSI_PENDING	(CFGSPACE_MSI + 0x14)
#define CFGSPACE_MSI_ENABLE	0x0001
#define CFGSPACE_DEVCTL		(CFGSPACE_PCIE + 0x08)
#define CFGSPACE_DEVCTL_FLR	0x8000
#define CFGSPACE_MSIX_CONTROL	(CFGSPACE_MSIX + 0x02)
#define CFGSPACE_MSIX_ENABLE	0x8000
#define CFGSPACE_MSIX_MASKALL	0x4000

/**
 * struct cfgspace_bar - what a BAR register says of itself
 * @present: implemented
 * @mem64: 64-bit
 * @prefetch: prefetchable
 * @most: bytes
 * @least: the smallest size that may be chosen, @most where there is no choice
 */
struct cfgspace_bar {
	bool present;
	bool mem64;
	bool prefetch;
	uint64_t most;
	uint64_t least;
};

/**
 * struct cfgspace_want - what a function is
 * @vendor: vendor ID
 * @device: device ID
 * @class_code: base class, sub-class, interface: 24 bits
 * @revision: revision ID
 * @subsystem_vendor: subsystem vendor ID
 * @subsystem: subsystem ID
 * @serial: for the device serial number capability; 0 for none
 * @bar: the six BARs
 * @msi: MSI vectors, a power of two; 0 for no MSI
 * @msix: MSI-X vectors; 0 for no MSI-X
 * @msix_bar: BAR of table and pending bits
 * @msix_table: byte offset of the table
 * @msix_pba: byte offset of the pending bits
 * @soft_reset: a return from D3hot to D0 resets it
 * @multifunction: other functions share the device number
 * @decoding: handed off with memory-enable set
 */
struct cfgspace_want {
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code;
	uint8_t revision;
	uint16_t subsystem_vendor;
	uint16_t subsystem;
	uint64_t serial;
	struct cfgspace_bar bar[6];
	unsigned int msi;
	unsigned int msix;
	unsigned int msix_bar;
	uint32_t msix_table;
	uint32_t msix_pba;
	bool soft_reset;
	bool multifunction;
	bool decoding;
};

/**
 * struct cfgspace - what the guest reads
 * @value: bits the host owns, and reset values of those the guest owns
 * @mask: ones where the guest owns the bit
 */
struct cfgspace {
	uint8_t value[CFGSPACE_BYTES];
	uint8_t mask[CFGSPACE_BYTES];
};

/**
 * cfgspace_build - the configuration space of a function
 * @cfg: filled
 * @want: what it is
 */
void cfgspace_build(struct cfgspace *cfg, const struct cfgspace_want *want);

/**
 * cfgspace_size_at - where the guest chooses the size of a BAR
 * @want: what the function is
 * @bar: 0 to 5
 *
 * Return: offset of its resizable BAR control register, 0 when there is no choice
 */
unsigned int cfgspace_size_at(const struct cfgspace_want *want, unsigned int bar);

/** cfgspace_size - bytes that the value of such a register stands for */
uint64_t cfgspace_size(uint32_t control);

#endif /* PVPCID_CFGSPACE_H */
