/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does the host see what drivers write to BARs?
 */
#ifndef _PVPCI_APERTURE_PROBE_H
#define _PVPCI_APERTURE_PROBE_H

struct pvpci_wire;

int pvpci_aperture_probe(struct pvpci_wire *wire);

#endif /* _PVPCI_APERTURE_PROBE_H */
