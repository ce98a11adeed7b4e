// SPDX-License-Identifier: GPL-2.0
/* Print the first line of every event of the kernel, "ACTION@/devices/...". */
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int size = 1 << 20, fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	char event[8192];
	ssize_t length;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("uevents");
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	puts("ready");
	while ((length = recv(fd, event, sizeof(event) - 1, 0)) > 0) {
		event[length] = '\0';
		/* Only what happens to a PCI function itself. */
		if (strstr(event, "/pci") && memmem(event, length, "SUBSYSTEM=pci", 13))
			puts(event);
	}
	return 0;
}
