/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How large the aperture is, and who has which part of it.
 */
#ifndef PVPCID_APERTURE_H
#define PVPCID_APERTURE_H

#include <stdint.h>

struct bar;
struct bus;
struct error;
struct function;

/**
 * aperture_bytes - an aperture for given needs
 * @need32: sum of 32-bit BARs, spare room included
 * @need64: the same for 64-bit BARs
 *
 * Room for both windows, each rounded up so that its largest BAR can be
 * aligned, and, while that is cheap, as much again for hot-add.
 * Return: a power of two, or 0 when there is none.
 */
uint64_t aperture_bytes(uint64_t need32, uint64_t need64);

/**
 * aperture_lay_out - the layout of BAR2 for the functions of a bus
 * @bus: the bus
 * @err: filled on failure
 *
 * Return: 0, or -1 with @err filled.
 */
int aperture_lay_out(struct bus *bus, struct error *err);

/**
 * aperture_check - can @fn ever be on this bus?
 * @bus: the bus
 * @fn: the function
 * @err: filled on failure
 *
 * Return: 0, or -1 with @err filled when a BAR is larger than the aperture.
 */
int aperture_check(const struct bus *bus, const struct function *fn, struct error *err);

/**
 * aperture_hand_off - places for a function that is handed off decoding
 * @bus: the bus
 * @fn: the function
 * @err: filled on failure
 *
 * 32-bit BARs from the bottom of the aperture, 64-bit ones from its top, so
 * that two windows can hold them wherever the guest draws the line.
 * Return: 0, or -1 with @err filled.
 */
int aperture_hand_off(struct bus *bus, struct function *fn, struct error *err);

/**
 * aperture_decoding - does anything decode a range?
 * @bus: the bus
 * @offset: its first byte in the aperture
 * @bytes: its length
 *
 * Return: a BAR that is attached there, or NULL.
 */
const struct bar *aperture_decoding(const struct bus *bus, uint64_t offset, uint64_t bytes);

/**
 * aperture_unused_page - a page in which nothing decodes
 * @bus: the bus
 *
 * Return: its aperture offset, or PVPCI_BAR_UNASSIGNED.
 */
uint64_t aperture_unused_page(const struct bus *bus);

#endif /* PVPCID_APERTURE_H */
