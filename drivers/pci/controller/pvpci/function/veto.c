// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers that want to be asked before their function is ejected.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/function.h"
#include "function/veto.h"

/**
 * pvpci_veto_set - somebody wants to be asked, or no more
 * @pdev: the function
 * @ask: NULL for no more; nobody is in it then when this returns
 * @context: its argument
 *
 * Context: process context.
 * Return: 0; -EBUSY when somebody is asked already; -ENODEV.
 */
int pvpci_veto_set(struct pci_dev *pdev, pvpci_eject_veto ask, void *context)
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
 * pvpci_veto_ask - may a function be ejected?
 * @fn: the function
 * @why: gets the driver's reason, when it has one; empty otherwise
 *
 * Context: process context.
 * Return: 0, also when nobody wants to be asked; the driver's negative errno.
 */
int pvpci_veto_ask(struct pvpci_fn *fn, char why[PVPCI_WHY_BYTES])
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
