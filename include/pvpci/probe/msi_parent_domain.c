// SPDX-License-Identifier: GPL-2.0
/* Each function has an MSI domain of its own, below one that its bus makes. */
#include <linux/irqchip/irq-msi-lib.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>

struct irq_domain *pvpci_probe(struct irq_domain_info *info, const struct msi_parent_ops *ops);
struct irq_domain *pvpci_probe(struct irq_domain_info *info, const struct msi_parent_ops *ops)
{
	return msi_create_parent_irq_domain(info, ops);
}
