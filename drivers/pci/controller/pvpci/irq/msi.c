// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt domain of a bus. The hardware interrupt number is the token.
 *
 * Tokens and transport vectors are taken in msi_prepare(), which may sleep
 * and fail. What runs under the locks of an interrupt composes a message out
 * of the token and waits for nobody: the host reads what is written into the
 * function's MSI-X table or MSI registers when it raises an interrupt.
 */
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/log2.h>
#include <linux/msi.h>
#include <linux/pci.h>

#include "core/bus.h"
#include "function/function.h"
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
	int cpu = pvpci_token_steer(to_vectors(data), data->hwirq, mask);

	if (cpu < 0)
		return cpu;
	irq_data_update_effective_affinity(data, cpumask_of(cpu));
	return IRQ_SET_MASK_OK;
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
	.irq_mask		= pci_msi_mask_irq,
	.irq_unmask		= pci_msi_unmask_irq,
	.irq_compose_msi_msg	= chip_compose,
	.irq_set_affinity	= chip_set_affinity,
	.irq_retrigger		= chip_retrigger,
};

static struct pvpci_fn *function_of(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);

	return pvpci_function_get(pvpci_bus_of(pdev->bus), pdev->devfn);
}

static void give_rest(struct pvpci_fn *fn)
{
	if (fn->token_end > fn->token_next)
		pvpci_tokens_give(&fn->bus->irq->vectors, fn->token_next,
				  fn->token_end - fn->token_next);
	fn->token_base = 0;
	fn->token_next = 0;
	fn->token_end = 0;
}

static int ops_prepare(struct irq_domain *domain, struct device *dev, int nvec,
		       msi_alloc_info_t *arg)
{
	struct pvpci_fn *fn = function_of(dev);
	unsigned int align = 1, first;
	int ret;

	memset(arg, 0, sizeof(*arg));
	if (!fn)
		return -ENODEV;
	/* A reservation that was not used up belongs to an attempt that failed. */
	give_rest(fn);
	/* With several MSI vectors the function counts up in the low bits. */
	if (to_pci_dev(dev)->msi_enabled)
		align = roundup_pow_of_two(nvec);
	ret = pvpci_tokens_take(&fn->bus->irq->vectors, nvec, align, &first);
	if (!ret) {
		fn->token_base = first;
		fn->token_next = first;
		fn->token_end = first + nvec;
	}
	pvpci_function_put(fn);
	return ret;
}

static void ops_set_desc(msi_alloc_info_t *arg, struct msi_desc *desc)
{
	struct pvpci_fn *fn = function_of(desc->dev);

	arg->desc = desc;
	arg->hwirq = PVPCI_MAX_TOKENS;
	if (!fn)
		return;
	if (fn->token_end - fn->token_next >= desc->nvec_used) {
		arg->hwirq = fn->token_next;
		fn->token_next += desc->nvec_used;
	}
	pvpci_function_put(fn);
}

static irq_hw_number_t ops_get_hwirq(struct msi_domain_info *info, msi_alloc_info_t *arg)
{
	return arg->hwirq;
}

static int ops_init(struct irq_domain *domain, struct msi_domain_info *info, unsigned int virq,
		    irq_hw_number_t hwirq, msi_alloc_info_t *arg)
{
	struct pvpci_bus *bus = info->data;

	if (hwirq >= bus->irq->vectors.nr_tokens)
		return -ENOSPC;
	irq_domain_set_info(domain, virq, hwirq, info->chip, bus, handle_edge_irq, NULL, "edge");
	/*
	 * Affinity can be set at once, not at the next interrupt; and a
	 * disabled interrupt is masked at once, so that it stays pending with
	 * the host.
	 */
	irq_set_status_flags(virq, IRQ_MOVE_PCNTXT | IRQ_DISABLE_UNLAZY);
	WRITE_ONCE(bus->irq->vectors.token[hwirq].virq, virq);
	return 0;
}

static void ops_free(struct irq_domain *domain, struct msi_domain_info *info, unsigned int virq)
{
	struct pvpci_bus *bus = info->data;
	struct irq_data *data = irq_domain_get_irq_data(domain, virq);

	if (data && data->hwirq < bus->irq->vectors.nr_tokens)
		pvpci_tokens_give(&bus->irq->vectors, data->hwirq, 1);
}

static struct msi_domain_ops ops = {
	.get_hwirq	= ops_get_hwirq,
	.msi_init	= ops_init,
	.msi_free	= ops_free,
	.msi_prepare	= ops_prepare,
	.set_desc	= ops_set_desc,
};

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
	bus->irq->info = (struct msi_domain_info){
		.flags = MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS |
			 MSI_FLAG_MULTI_PCI_MSI | MSI_FLAG_PCI_MSIX,
		.ops = &ops,
		.chip = &chip,
		.data = bus,
	};
	bus->irq->domain = pci_msi_create_irq_domain(bus->irq->fwnode, &bus->irq->info, NULL);
	if (!bus->irq->domain) {
		irq_domain_free_fwnode(bus->irq->fwnode);
		bus->irq->fwnode = NULL;
		return -ENOMEM;
	}
	/* Not to be found by those who look for the system's PCI/MSI domain. */
	irq_domain_update_bus_token(bus->irq->domain, DOMAIN_BUS_VMD_MSI);
	return 0;
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

/**
 * pvpci_msi_release - give back what a function reserved and did not use
 * @fn: its PCI device is gone
 */
void pvpci_msi_release(struct pvpci_fn *fn)
{
	give_rest(fn);
}
