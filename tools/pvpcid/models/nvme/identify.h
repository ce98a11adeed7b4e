/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVM Express 1.4: what Identify and Get Log Page return, as it is on the wire.
 * Members called none are of what no controller here has: they are zero.
 */
#ifndef NVME_IDENTIFY_H
#define NVME_IDENTIFY_H

#include <linux/types.h>
#include <stddef.h>

#define NVME_IDENTIFY_BYTES	4096

/**
 * struct nvme_id_ctrl - Identify Controller (5.15.2.1, figure 247)
 * @vid: PCI vendor
 * @ssvid: PCI subsystem vendor
 * @sn: serial number, ASCII padded with spaces, as the two that follow
 * @mn: model
 * @fr: firmware revision
 * @rab: recommended arbitration burst, a power of two
 * @ieee: OUI, least significant byte first
 * @cmic: NVME_CMIC_CONTROLLERS, or 0: one port, one controller
 * @mdts: largest transfer, a power of two of the smallest pages
 * @cntlid: controller identifier
 * @ver: as register VS
 * @none0: resume latencies
 * @oaes: asynchronous events that the host may enable
 * @ctratt: attributes
 * @none1: read recovery levels, reserved
 * @cntrltype: 1 for an I/O controller
 * @none2: FRU, retry delays, reserved
 * @oacs: optional admin commands
 * @acl: commands that Abort takes at a time, 0's based
 * @aerl: outstanding Asynchronous Event Requests, 0's based
 * @frmw: firmware slots
 * @lpa: log page attributes
 * @elpe: entries of the error log, 0's based
 * @npss: power states, 0's based
 * @none3: vendor commands, autonomous power states
 * @wctemp: warning temperature, kelvin
 * @cctemp: critical temperature, kelvin
 * @none4: firmware activation time, host memory buffer
 * @tnvmcap: capacity in bytes, 128 bits
 * @none5: unallocated capacity to persistent event log
 * @sqes: submission queue entry size, least and most
 * @cqes: the same of completion queues
 * @maxcmd: 0: not said
 * @nn: largest namespace identifier
 * @oncs: optional NVM commands
 * @fuses: fused operations
 * @fna: format attributes
 * @vwc: volatile write cache
 * @none6: atomic write units, vendor commands
 * @nwpc: namespace write protection
 * @none7: compare and write, SGLs, reserved
 * @subnqn: NVMe qualified name of the subsystem, terminated
 * @none8: NVMe over fabrics
 * @mp: power of state 0 in 10 mW
 * @none9: the rest of the power states, vendor specific
 */
struct nvme_id_ctrl {
	__le16 vid;
	__le16 ssvid;
	char sn[20];
	char mn[40];
	char fr[8];
	__u8 rab;
	__u8 ieee[3];
	__u8 cmic;
	__u8 mdts;
	__le16 cntlid;
	__le32 ver;
	__u8 none0[8];
	__le32 oaes;
	__le32 ctratt;
	__u8 none1[11];
	__u8 cntrltype;
	__u8 none2[144];
	__le16 oacs;
	__u8 acl;
	__u8 aerl;
	__u8 frmw;
	__u8 lpa;
	__u8 elpe;
	__u8 npss;
	__u8 none3[2];
	__le16 wctemp;
	__le16 cctemp;
	__u8 none4[10];
	__le64 tnvmcap[2];
	__u8 none5[216];
	__u8 sqes;
	__u8 cqes;
	__le16 maxcmd;
	__le32 nn;
	__le16 oncs;
	__le16 fuses;
	__u8 fna;
	__u8 vwc;
	__u8 none6[5];
	__u8 nwpc;
	__u8 none7[236];
	char subnqn[256];
	__u8 none8[1024];
	__le16 mp;
	__u8 none9[2046];
};

/* The subsystem may have several controllers: Linux puts the disk there (bit 3 would be ANA). */
#define NVME_CMIC_CONTROLLERS	(1 << 1)

_Static_assert(sizeof(struct nvme_id_ctrl) == NVME_IDENTIFY_BYTES, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, cmic) == 76, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, cntlid) == 78, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, ver) == 80, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, cntrltype) == 111, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, oacs) == 256, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, wctemp) == 266, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, tnvmcap) == 280, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, sqes) == 512, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, vwc) == 525, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, nwpc) == 531, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, subnqn) == 768, "figure 247");
_Static_assert(offsetof(struct nvme_id_ctrl, mp) == 2048, "figure 247");

/**
 * struct nvme_id_ns - Identify Namespace (5.15.2.1, figure 245)
 * @nsze: size in blocks
 * @ncap: blocks that may be allocated
 * @nuse: blocks that are
 * @nsfeat: features
 * @nlbaf: LBA formats, 0's based
 * @flbas: format in use
 * @none0: metadata, protection
 * @nmic: NVME_NMIC_SHARED, or 0
 * @none1: reservations, format progress
 * @dlfeat: what deallocated blocks read
 * @none2: atomic write units, boundary
 * @nvmcap: size in bytes, 128 bits
 * @npwg: preferred write granularity, blocks, 0's based, as the three that follow
 * @npwa: preferred write alignment
 * @npdg: preferred deallocate granularity
 * @npda: preferred deallocate alignment
 * @none3: optimal write size, ANA group
 * @nsattr: bit 0: write protected
 * @none4: NVM set, endurance group
 * @nguid: globally unique identifier
 * @eui64: another one
 * @ms: LBA format 0: bytes of metadata
 * @lbads: LBA format 0: block size, a power of two
 * @rp: LBA format 0: relative performance
 * @none5: other formats, vendor specific
 */
struct nvme_id_ns {
	__le64 nsze;
	__le64 ncap;
	__le64 nuse;
	__u8 nsfeat;
	__u8 nlbaf;
	__u8 flbas;
	__u8 none0[3];
	__u8 nmic;
	__u8 none1[2];
	__u8 dlfeat;
	__u8 none2[14];
	__le64 nvmcap[2];
	__le16 npwg;
	__le16 npwa;
	__le16 npdg;
	__le16 npda;
	__u8 none3[27];
	__u8 nsattr;
	__u8 none4[4];
	__u8 nguid[16];
	__u8 eui64[8];
	__le16 ms;
	__u8 lbads;
	__u8 rp;
	__u8 none5[3964];
};

/* More controllers than one may have it, now or later. */
#define NVME_NMIC_SHARED	(1 << 0)

_Static_assert(sizeof(struct nvme_id_ns) == NVME_IDENTIFY_BYTES, "figure 245");
_Static_assert(offsetof(struct nvme_id_ns, nmic) == 30, "figure 245");
_Static_assert(offsetof(struct nvme_id_ns, dlfeat) == 33, "figure 245");
_Static_assert(offsetof(struct nvme_id_ns, nvmcap) == 48, "figure 245");
_Static_assert(offsetof(struct nvme_id_ns, npwg) == 64, "figure 245");
_Static_assert(offsetof(struct nvme_id_ns, nsattr) == 99, "figure 245");
_Static_assert(offsetof(struct nvme_id_ns, nguid) == 104, "figure 245");
_Static_assert(offsetof(struct nvme_id_ns, lbads) == 130, "figure 245");

/**
 * struct nvme_id_independent_ns - CNS 08h (revision 2.0, figure 280)
 * @nsfeat: features
 * @nmic: NVME_NMIC_SHARED, or 0
 * @rescap: reservations
 * @nsattr: bit 0: write protected
 * @none0: ANA group, NVM set, endurance group
 * @nstat: bit 0: ready
 * @none1: reserved
 */
struct nvme_id_independent_ns {
	__u8 nsfeat;
	__u8 nmic;
	__u8 rescap;
	__u8 nsattr;
	__u8 none0[10];
	__u8 nstat;
	__u8 none1[4081];
};

_Static_assert(sizeof(struct nvme_id_independent_ns) == NVME_IDENTIFY_BYTES, "figure 280");
_Static_assert(offsetof(struct nvme_id_independent_ns, nstat) == 14, "figure 280");

/**
 * struct nvme_id_descriptor - one of a namespace's names (figure 249)
 * @nidt: what it is, NVME_NIDT_*
 * @nidl: bytes that follow
 * @none0: reserved
 */
struct nvme_id_descriptor {
	__u8 nidt;
	__u8 nidl;
	__u8 none0[2];
};

_Static_assert(sizeof(struct nvme_id_descriptor) == 4, "figure 249");

#define NVME_NIDT_NGUID	2
#define NVME_NIDT_UUID	3
#define NVME_NIDT_CSI	4

/**
 * union nvme_identify - whatever Identify returns
 * @ctrl: CNS 01h
 * @ns: CNS 00h, 11h
 * @independent: CNS 08h
 * @list: namespace identifiers
 * @ctrls: controllers: how many, then their identifiers
 * @bytes: descriptors and other views
 */
union nvme_identify {
	struct nvme_id_ctrl ctrl;
	struct nvme_id_ns ns;
	struct nvme_id_independent_ns independent;
	__le32 list[NVME_IDENTIFY_BYTES / 4];
	__le16 ctrls[NVME_IDENTIFY_BYTES / 2];
	__u8 bytes[NVME_IDENTIFY_BYTES];
};

/**
 * struct nvme_smart_log - SMART / Health Information (5.14.1.2, figure 194)
 * @critical_warning: bits
 * @temperature: composite, kelvin, little-endian
 * @spare: available, per cent
 * @spare_threshold: below that it is an event
 * @used: endurance used, per cent
 * @none0: endurance groups, reserved
 * @read_units: thousands of 512 bytes, rounded up; of 128 bits, as those that follow
 * @written_units: the same
 * @reads: commands
 * @writes: commands
 * @busy_minutes: time with I/O under way
 * @power_cycles: times it was powered up
 * @power_on_hours: time since
 * @unsafe_shutdowns: without CC.SHN
 * @media_errors: data that was lost
 * @error_entries: ever made in the error log
 * @none1: times above thresholds, sensors
 */
struct nvme_smart_log {
	__u8 critical_warning;
	__u8 temperature[2];
	__u8 spare;
	__u8 spare_threshold;
	__u8 used;
	__u8 none0[26];
	__le64 read_units[2];
	__le64 written_units[2];
	__le64 reads[2];
	__le64 writes[2];
	__le64 busy_minutes[2];
	__le64 power_cycles[2];
	__le64 power_on_hours[2];
	__le64 unsafe_shutdowns[2];
	__le64 media_errors[2];
	__le64 error_entries[2];
	__u8 none1[320];
};

_Static_assert(sizeof(struct nvme_smart_log) == 512, "figure 194");
_Static_assert(offsetof(struct nvme_smart_log, read_units) == 32, "figure 194");

/**
 * struct nvme_firmware_log - Firmware Slot Information (5.14.1.3)
 * @afi: active slot
 * @none0: reserved
 * @frs: revision in each slot
 * @none1: reserved
 */
struct nvme_firmware_log {
	__u8 afi;
	__u8 none0[7];
	char frs[7][8];
	__u8 none1[448];
};

_Static_assert(sizeof(struct nvme_firmware_log) == 512, "5.14.1.3");

/**
 * struct nvme_effects_log - Commands Supported and Effects (5.14.1.5, figure 201)
 * @admin: by opcode
 * @io: by opcode
 * @none0: reserved
 */
struct nvme_effects_log {
	__le32 admin[256];
	__le32 io[256];
	__u8 none0[2048];
};

_Static_assert(sizeof(struct nvme_effects_log) == 4096, "figure 201");

#endif /* NVME_IDENTIFY_H */
