/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is left to the workers of a bus: whoever notices something sets a bit
 * and queues.
 */
#ifndef _PVPCI_WORK_H
#define _PVPCI_WORK_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct pvpci_bus;

/**
 * struct pvpci_work - what is left to the workers
 * @changes: the only one that changes topology: bus/changes.c; holds a reference
 *	to the bus while it is queued or runs
 * @changes_later: queues @changes in a moment: something was in use, or is not
 *	decided yet; holds a reference like it
 * @health: looks at the host: bus/health.c; the same
 * @show: the bus is connected: PCI core shall know it
 * @table_changed: the host says that its function table has changed
 * @table_anew: look at all of the table once more, changed or not
 * @reports_lost: the host knows of some functions no more what became of them
 * @host_gone: the host has stopped for good: take its functions away
 * @host_suspect: a request was not answered in time: ask whatever the heartbeat says
 */
struct pvpci_work {
	struct work_struct changes;
	struct delayed_work changes_later;
	struct delayed_work health;
	bool show;
	bool table_changed;
	bool table_anew;
	bool reports_lost;
	bool host_gone;
	bool host_suspect;
};

int pvpci_work_init(void);
void pvpci_work_exit(void);
void pvpci_work_look(struct pvpci_bus *bus);
void pvpci_work_look_later(struct pvpci_bus *bus);
void pvpci_work_look_at_table(struct pvpci_bus *bus);
void pvpci_work_take_all_away(struct pvpci_bus *bus);
void pvpci_work_check_host(struct pvpci_bus *bus);
void pvpci_work_check_in(struct pvpci_bus *bus, unsigned long delay);
void pvpci_work_pause(struct pvpci_bus *bus);

#endif /* _PVPCI_WORK_H */
