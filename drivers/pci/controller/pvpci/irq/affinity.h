/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the interrupts of functions run.
 */
#ifndef _PVPCI_AFFINITY_H
#define _PVPCI_AFFINITY_H

#include <linux/types.h>

struct cpumask;
struct pvpci_vector;
struct pvpci_vectors;

void pvpci_affinity_start(struct pvpci_vector *vector);
void pvpci_affinity_look(struct pvpci_vectors *vectors, struct pvpci_vector *vector);
void pvpci_affinity_later(struct pvpci_vectors *vectors);
int pvpci_affinity_steer(struct pvpci_vectors *vectors, unsigned int token,
			 const struct cpumask *mask, bool managed);

#endif /* _PVPCI_AFFINITY_H */
