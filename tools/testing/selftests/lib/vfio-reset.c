// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-reset GROUP DEVICE [hold]: what a virtual machine monitor does when its
 * guest resets a bus: VFIO_DEVICE_PCI_HOT_RESET of all that is behind the port.
 * With "hold" it keeps the device until it is killed instead.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

int main(int argc, char **argv)
{
	struct {
		struct vfio_pci_hot_reset reset;
		__s32 group;
	} hot = { .reset.argsz = sizeof(hot), .reset.count = 1 };
	int container, device;
	char path[64];

	if (argc < 3) {
		fprintf(stderr, "usage: vfio-reset GROUP DEVICE [hold]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "/dev/vfio/%s", argv[1]);
	container = must(open("/dev/vfio/vfio", O_RDWR), "/dev/vfio/vfio");
	hot.group = must(open(path, O_RDWR), path);
	must(ioctl(hot.group, VFIO_GROUP_SET_CONTAINER, &container), "SET_CONTAINER");
	must(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), "SET_IOMMU");
	device = must(ioctl(hot.group, VFIO_GROUP_GET_DEVICE_FD, argv[2]), "GET_DEVICE_FD");
	if (argc > 3) {
		printf("held\n");
		fflush(stdout);
		return pause();
	}
	must(ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, &hot), "PCI_HOT_RESET");
	printf("reset\n");
	return 0;
}
