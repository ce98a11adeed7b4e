/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Version of the tools.
 */
#ifndef PVPCID_VERSION_H
#define PVPCID_VERSION_H

#define PVPCID_VERSION	"1.0"

#endif /* PVPCID_VERSION_H */
