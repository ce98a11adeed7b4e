// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers of functions on a pvpci bus may call. A module of its own, so
 * that they do not hold pvpci itself.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pvpci.h>
#include <linux/srcu.h>

static const struct pvpci_api_ops __rcu *api_ops;

DEFINE_STATIC_SRCU(api_srcu);

/**
 * pvpci_set_api_ops - pvpci itself comes or goes
 * @ops: what it does; NULL: nobody is in its code when this returns
 *
 * Context: process context.
 */
void pvpci_set_api_ops(const struct pvpci_api_ops *ops)
{
	rcu_assign_pointer(api_ops, ops);
	synchronize_srcu(&api_srcu);
}
EXPORT_SYMBOL_GPL(pvpci_set_api_ops);

/**
 * pvpci_read_config_block - read a config block of a function
 * @pdev: the function
 * @block: 0 to PVPCI_NUM_BLOCKS - 1
 * @data: filled
 * @bytes: length of @data, to PVPCI_BLOCK_BYTES
 *
 * Context: process context, waits for the host.
 * Return: bytes that there are, at most @bytes; -ENODEV on another bus or when
 * the function is gone, -EOPNOTSUPP when the host knows no blocks, -ERANGE when
 * the function has no such block, -EINVAL, -EIO, -ETIMEDOUT.
 */
int pvpci_read_config_block(struct pci_dev *pdev, unsigned int block, void *data, size_t bytes)
{
	int idx = srcu_read_lock(&api_srcu), ret = -ENODEV;
	const struct pvpci_api_ops *ops = srcu_dereference(api_ops, &api_srcu);

	if (ops)
		ret = ops->read(pdev, block, data, bytes);
	srcu_read_unlock(&api_srcu, idx);
	return ret;
}
EXPORT_SYMBOL_GPL(pvpci_read_config_block);

/**
 * pvpci_write_config_block - write a config block of a function
 * @pdev: the function
 * @block: 0 to PVPCI_NUM_BLOCKS - 1
 * @data: new content
 * @bytes: length of it, to PVPCI_BLOCK_BYTES
 *
 * Context: process context, waits for the host.
 * Return: 0, or an errno as pvpci_read_config_block().
 */
int pvpci_write_config_block(struct pci_dev *pdev, unsigned int block, const void *data,
			     size_t bytes)
{
	int idx = srcu_read_lock(&api_srcu), ret = -ENODEV;
	const struct pvpci_api_ops *ops = srcu_dereference(api_ops, &api_srcu);

	if (ops)
		ret = ops->write(pdev, block, data, bytes);
	srcu_read_unlock(&api_srcu, idx);
	return ret;
}
EXPORT_SYMBOL_GPL(pvpci_write_config_block);

static int listen(struct pci_dev *pdev, pvpci_block_invalidate invalidate, void *context)
{
	int idx = srcu_read_lock(&api_srcu), ret = -ENODEV;
	const struct pvpci_api_ops *ops = srcu_dereference(api_ops, &api_srcu);

	if (ops)
		ret = ops->listen(pdev, invalidate, context);
	srcu_read_unlock(&api_srcu, idx);
	return ret;
}

/**
 * pvpci_register_block_invalidate - hear of config blocks that change
 * @pdev: the function
 * @invalidate: called, for several changes at once
 * @context: its argument
 *
 * Context: process context.
 * Return: 0; -EBUSY when somebody is registered; -ENODEV, -EOPNOTSUPP.
 */
int pvpci_register_block_invalidate(struct pci_dev *pdev, pvpci_block_invalidate invalidate,
				    void *context)
{
	return listen(pdev, invalidate, context);
}
EXPORT_SYMBOL_GPL(pvpci_register_block_invalidate);

/**
 * pvpci_unregister_block_invalidate - hear of them no more
 * @pdev: the function, registered or not
 *
 * Context: process context; waits for a call that is under way.
 */
void pvpci_unregister_block_invalidate(struct pci_dev *pdev)
{
	listen(pdev, NULL, NULL);
}
EXPORT_SYMBOL_GPL(pvpci_unregister_block_invalidate);

static int veto(struct pci_dev *pdev, pvpci_eject_veto ask, void *context)
{
	int idx = srcu_read_lock(&api_srcu), ret = -ENODEV;
	const struct pvpci_api_ops *ops = srcu_dereference(api_ops, &api_srcu);

	if (ops)
		ret = ops->veto(pdev, ask, context);
	srcu_read_unlock(&api_srcu, idx);
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
	return veto(pdev, ask, context);
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
	veto(pdev, NULL, NULL);
}
EXPORT_SYMBOL_GPL(pvpci_unregister_eject_veto);

MODULE_DESCRIPTION("Calls of pvpci for drivers of its functions");
MODULE_AUTHOR("The pvpci authors");
MODULE_LICENSE("GPL");
