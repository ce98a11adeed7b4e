/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Version of the tools: their Makefile takes it from the file VERSION. What is made of
 * parts of the daemon to test them has none.
 */
#ifndef PVPCID_VERSION_H
#define PVPCID_VERSION_H

#ifndef PVPCI_RELEASE
#define PVPCI_RELEASE	"test"
#endif

#endif /* PVPCID_VERSION_H */
