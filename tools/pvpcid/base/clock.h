/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock that everything is measured with.
 */
#ifndef PVPCID_CLOCK_H
#define PVPCID_CLOCK_H

#include <stdint.h>

/** clock_ns - CLOCK_MONOTONIC */
uint64_t clock_ns(void);

#endif /* PVPCID_CLOCK_H */
