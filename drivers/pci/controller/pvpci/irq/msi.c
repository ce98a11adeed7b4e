// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt domain of a bus. The hardware interrupt number is the token.
 *
 * Tokens and transport vectors are taken when PCI core allocates an interrupt,
 * which may sleep and fail: a function that gets fewer than it asked for asks
 * again for fewer. What runs under the locks of an interrupt composes a message
 * out of the token and waits for nobody: the host reads what is written into the
 * function's MSI-X table or MSI registers when it raises an interrupt.
 *
 * Since Linux 6.16 each function has a domain of its own, which PCI core makes,
 * and ours is the parent of all of them.
 */
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/pci.h>

#include <pvpci/compat.h>

#ifdef PVPCI_MSI_PARENT
#include <linux/irqchip/irq-msi-lib.h>
#endif

#include "core/bus.h"
#include "irq/affinity.h"
#include "irq/msi.h"

static struct pvpci_vectors *to_vectors(struct irq_data *data)
{
	struct pvpci_bus *bus = irq_data_get_irq_chip_data(data);

	return &bus->irq->vectors;
}

static void chip_compose(struct irq_data *data, struct msi_msg *msg)
{
	msg->address_hi = 0;
	msg->address_lo = PVPCI_MSI_ADDRESS;
	msg->data = data->hwirq;
}

static int chip_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	int cpu = pvpci_affinity_steer(to_vectors(data), data->hwirq, mask,
				       irqd_affinity_is_managed(data));

	if (cpu < 0)
		return cpu;
	irq_data_update_effective_affinity(data, cpumask_of(cpu));
	/* The message stays as it is. */
	return IRQ_SET_MASK_OK_DONE;
}

static int chip_retrigger(struct irq_data *data)
{
	pvpci_token_replay(to_vectors(data), data->hwirq);
	return 1;
}

/* The transport's interrupt was acknowledged already. */
static void chip_ack(struct irq_data *data)
{
}

static struct irq_chip chip = {
	.name			= "pvpci-MSI",
	.irq_ack		= chip_ack,
#ifndef PVPCI_MSI_PARENT
	.irq_mask		= pci_msi_mask_irq,
	.irq_unmask		= pci_msi_unmask_irq,
#endif
	.irq_compose_msi_msg	= chip_compose,
	.irq_set_affinity	= chip_set_affinity,
	.irq_retrigger		= chip_retrigger,
};

static void init_interrupt(struct irq_domain *domain, struct pvpci_bus *bus, unsigned int virq,
			   unsigned int token)
{
	irq_domain_set_info(domain, virq, token, &chip, bus, handle_edge_irq, NULL, "edge");
	/*
	 * Affinity can be set at once, not at the next interrupt; a disabled
	 * interrupt is masked at once, so that it stays pending with the host;
	 * and one that shares its vector may be called for nothing, which is no
	 * reason to take it for a broken one.
	 */
	irq_set_status_flags(virq, PVPCI_IRQ_MOVE_AT_ONCE | IRQ_DISABLE_UNLAZY | IRQ_IS_POLLED);
	WRITE_ONCE(bus->irq->vectors.token[token].virq, virq);
}

static void free_interrupt(struct irq_domain *domain, struct pvpci_bus *bus, unsigned int virq)
{
	struct irq_data *data = irq_domain_get_irq_data(domain, virq);

	if (data && data->hwirq < bus->irq->vectors.nr_tokens)
		pvpci_token_give(&bus->irq->vectors, data->hwirq);
}

#ifdef PVPCI_MSI_PARENT
static int domain_alloc(struct irq_domain *domain, unsigned int virq, unsigned int count, void *arg)
{
	struct pvpci_bus *bus = domain->host_data;
	unsigned int token, i;
	int ret;

	ret = pvpci_tokens_take(&bus->irq->vectors, count, &token);
	for (i = 0; !ret && i < count; i++)
		init_interrupt(domain, bus, virq + i, token + i);
	return ret;
}

static void domain_free(struct irq_domain *domain, unsigned int virq, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		free_interrupt(domain, domain->host_data, virq + i);
	irq_domain_free_irqs_common(domain, virq, count);
}

static const struct irq_domain_ops domain_ops = {
	.alloc	= domain_alloc,
	.free	= domain_free,
};

static bool init_dev_msi_info(struct device *dev, struct irq_domain *domain,
			      struct irq_domain *real_parent, struct msi_domain_info *info)
{
	if (!msi_lib_init_dev_msi_info(dev, domain, real_parent, info))
		return false;
	info->chip->irq_retrigger = irq_chip_retrigger_hierarchy;
	return true;
}

static const struct msi_parent_ops parent_ops = {
	.supported_flags	= MSI_GENERIC_FLAGS_MASK | MSI_FLAG_PCI_MSIX |
				  MSI_FLAG_MULTI_PCI_MSI,
	.required_flags		= MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS,
	.chip_flags		= MSI_CHIP_FLAG_SET_ACK,
	/* Not to be found by those who look for the system's PCI/MSI domain. */
	.bus_select_token	= DOMAIN_BUS_VMD_MSI,
	.prefix			= "pvpci-",
	.init_dev_msi_info	= init_dev_msi_info,
};

static struct irq_domain *create_domain(struct pvpci_bus *bus)
{
	struct irq_domain_info info = {
		.fwnode		= bus->irq->fwnode,
		.size		= bus->irq->vectors.nr_tokens,
		.ops		= &domain_ops,
		.host_data	= bus,
	};

	return msi_create_parent_irq_domain(&info, &parent_ops);
}
#else
/* Tokens are taken here; ops_init() refuses the number that stands for none. */
static irq_hw_number_t ops_get_hwirq(struct msi_domain_info *info, msi_alloc_info_t *arg)
{
	struct pvpci_bus *bus = info->data;
	unsigned int token;

	if (pvpci_tokens_take(&bus->irq->vectors, arg->desc->nvec_used, &token))
		return PVPCI_MAX_TOKENS;
	return token;
}

static int ops_init(struct irq_domain *domain, struct msi_domain_info *info, unsigned int virq,
		    irq_hw_number_t token, msi_alloc_info_t *arg)
{
	if (token >= PVPCI_MAX_TOKENS)
		return -ENOSPC;
	init_interrupt(domain, info->data, virq, token);
	return 0;
}

static void ops_free(struct irq_domain *domain, struct msi_domain_info *info, unsigned int virq)
{
	free_interrupt(domain, info->data, virq);
}

static struct msi_domain_ops ops = {
	.get_hwirq	= ops_get_hwirq,
	.msi_init	= ops_init,
	.msi_free	= ops_free,
};

static struct irq_domain *create_domain(struct pvpci_bus *bus)
{
	struct irq_domain *domain;

	bus->irq->info = (struct msi_domain_info){
		.flags = MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS |
			 MSI_FLAG_MULTI_PCI_MSI | MSI_FLAG_PCI_MSIX,
		.ops = &ops,
		.chip = &chip,
		.data = bus,
	};
	domain = pci_msi_create_irq_domain(bus->irq->fwnode, &bus->irq->info, NULL);
	/* Not to be found by those who look for the system's PCI/MSI domain. */
	if (domain)
		irq_domain_update_bus_token(domain, DOMAIN_BUS_VMD_MSI);
	return domain;
}
#endif

/**
 * pvpci_msi_init - make the interrupt domain of a bus
 * @bus: with its vectors
 *
 * Return: 0 or -ENOMEM.
 */
int pvpci_msi_init(struct pvpci_bus *bus)
{
	bus->irq->fwnode = irq_domain_alloc_named_id_fwnode("pvpci-MSI", bus->domain);
	if (!bus->irq->fwnode)
		return -ENOMEM;
	bus->irq->domain = create_domain(bus);
	if (bus->irq->domain)
		return 0;
	irq_domain_free_fwnode(bus->irq->fwnode);
	bus->irq->fwnode = NULL;
	return -ENOMEM;
}

/**
 * pvpci_msi_exit - remove the interrupt domain
 * @bus: without functions
 */
void pvpci_msi_exit(struct pvpci_bus *bus)
{
	if (bus->irq->domain)
		irq_domain_remove(bus->irq->domain);
	if (bus->irq->fwnode)
		irq_domain_free_fwnode(bus->irq->fwnode);
	bus->irq->domain = NULL;
	bus->irq->fwnode = NULL;
}
