/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Version of the modules: Kbuild takes it from the file VERSION. Inside a kernel
 * tree they have none of their own.
 */
#ifndef _PVPCI_RELEASE_H
#define _PVPCI_RELEASE_H

#ifndef PVPCI_RELEASE
#define PVPCI_RELEASE "in-tree"
#endif

#endif /* _PVPCI_RELEASE_H */
