// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers that want to be asked before their function is ejected.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/pci.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/eject_veto.h"
#include "function/function.h"

static int set(struct pci_dev *pdev, pvpci_eject_veto ask, void *context)
{
	struct pvpci_fn *fn;
	int ret = 0;

	if (pdev->bus->ops != &pvpci_config_ops)
		return -ENODEV;
	fn = pvpci_function_get(pvpci_bus_of(pdev->bus), pdev->devfn);
	if (!fn)
		return -ENODEV;
	mutex_lock(&fn->veto.lock);
	if (ask && fn->veto.ask) {
		ret = -EBUSY;
	} else {
		fn->veto.ask = ask;
		fn->veto.context = context;
	}
	mutex_unlock(&fn->veto.lock);
	pvpci_function_put(fn);
	return ret;
}

/**
 * pvpci_register_eject_veto - be asked before a function is ejected
 * @pdev: the function
 * @ask: called each time, while the driver is bound
 * @context: its argument
 *
 * Context: process context.
 * Return: 0; -EBUSY when somebody is registered; -ENODEV on another bus.
 */
int pvpci_register_eject_veto(struct pci_dev *pdev, pvpci_eject_veto ask, void *context)
{
	return set(pdev, ask, context);
}
EXPORT_SYMBOL_GPL(pvpci_register_eject_veto);

/**
 * pvpci_unregister_eject_veto - be asked no more
 * @pdev: the function, registered or not
 *
 * Context: process context; waits for a question that is being answered.
 */
void pvpci_unregister_eject_veto(struct pci_dev *pdev)
{
	set(pdev, NULL, NULL);
}
EXPORT_SYMBOL_GPL(pvpci_unregister_eject_veto);

/**
 * pvpci_eject_veto_ask - may a function be ejected?
 * @fn: the function
 * @why: gets the driver's reason, when it has one; empty otherwise
 *
 * Context: process context.
 * Return: 0, also when nobody wants to be asked; the driver's negative errno.
 */
int pvpci_eject_veto_ask(struct pvpci_fn *fn, char why[PVPCI_WHY_BYTES])
{
	int ret = 0;

	why[0] = '\0';
	mutex_lock(&fn->veto.lock);
	if (fn->veto.ask)
		ret = fn->veto.ask(fn->veto.context, why, PVPCI_WHY_BYTES);
	mutex_unlock(&fn->veto.lock);
	why[PVPCI_WHY_BYTES - 1] = '\0';
	return ret > 0 || ret < -MAX_ERRNO ? -EPERM : ret;
}
