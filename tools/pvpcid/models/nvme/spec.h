/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVM Express 1.4 as it is on the wire. Section numbers are of the NVMe Base
 * Specification, revision 1.4.
 */
#ifndef NVME_SPEC_H
#define NVME_SPEC_H

#include <linux/types.h>

/* ---- registers (3.1) ----------------------------------------------------- */

#define NVME_REG_CAP		0x00
#define NVME_REG_VS		0x08
#define NVME_REG_INTMS		0x0c
#define NVME_REG_INTMC		0x10
#define NVME_REG_CC		0x14
#define NVME_REG_CSTS		0x1c
#define NVME_REG_NSSR		0x20	/* not implemented, reads 0 */
#define NVME_REG_AQA		0x24
#define NVME_REG_ASQ		0x28
#define NVME_REG_ACQ		0x30
#define NVME_REG_REST		0x38	/* CMBLOC and all that follows: not implemented, reads 0 */
#define NVME_REG_DOORBELLS	0x1000

#define NVME_CAP_CQR		(1ULL << 16)	/* queues are physically contiguous */
#define NVME_CAP_TO_SHIFT	24		/* worst time to ready, 500 ms units */
#define NVME_CAP_CSS_NVM	(1ULL << 37)
#define NVME_CAP_MPSMAX_SHIFT	52

#define NVME_VS_1_4		0x00010400

#define NVME_CC_EN		(1U << 0)
#define NVME_CC_CSS(cc)		(((cc) >> 4) & 7)
#define NVME_CC_MPS(cc)		(((cc) >> 7) & 15)
#define NVME_CC_AMS(cc)		(((cc) >> 11) & 7)
#define NVME_CC_SHN(cc)		(((cc) >> 14) & 3)
#define NVME_CC_IOSQES(cc)	(((cc) >> 16) & 15)
#define NVME_CC_IOCQES(cc)	(((cc) >> 20) & 15)

#define NVME_CSTS_RDY		(1U << 0)
#define NVME_CSTS_CFS		(1U << 1)
#define NVME_CSTS_SHST_BUSY	(1U << 2)
#define NVME_CSTS_SHST_DONE	(2U << 2)

#define NVME_SQE_SHIFT		6
#define NVME_CQE_SHIFT		4

/* ---- queue entries (4.2, 4.6) --------------------------------------------- */

/**
 * struct nvme_sqe - submission queue entry
 * @opcode: of the command
 * @flags: FUSE in bits 1:0, PSDT in bits 7:6
 * @cid: command identifier
 * @nsid: namespace
 * @cdw2: reserved
 * @cdw3: reserved
 * @mptr: metadata pointer
 * @prp1: data pointer, first half
 * @prp2: data pointer, second half
 * @cdw: command dwords 10 to 15
 */
struct nvme_sqe {
	__u8 opcode;
	__u8 flags;
	__le16 cid;
	__le32 nsid;
	__le32 cdw2;
	__le32 cdw3;
	__le64 mptr;
	__le64 prp1;
	__le64 prp2;
	__le32 cdw[6];
};

/**
 * struct nvme_cqe - completion queue entry
 * @dw0: command specific
 * @dw1: reserved
 * @sq_head: entries the controller has taken
 * @sqid: the submission queue
 * @cid: command identifier
 * @status: phase tag in bit 0, status field above
 */
struct nvme_cqe {
	__le32 dw0;
	__le32 dw1;
	__le16 sq_head;
	__le16 sqid;
	__le16 cid;
	__le16 status;
};

/* ---- opcodes (5, 6) -------------------------------------------------------- */

#define NVME_ADMIN_DELETE_SQ		0x00
#define NVME_ADMIN_CREATE_SQ		0x01
#define NVME_ADMIN_GET_LOG		0x02
#define NVME_ADMIN_DELETE_CQ		0x04
#define NVME_ADMIN_CREATE_CQ		0x05
#define NVME_ADMIN_IDENTIFY		0x06
#define NVME_ADMIN_ABORT		0x08
#define NVME_ADMIN_SET_FEATURES		0x09
#define NVME_ADMIN_GET_FEATURES		0x0a
#define NVME_ADMIN_AER			0x0c

#define NVME_IO_FLUSH			0x00
#define NVME_IO_WRITE			0x01
#define NVME_IO_READ			0x02
#define NVME_IO_COMPARE			0x05
#define NVME_IO_WRITE_ZEROES		0x08
#define NVME_IO_DSM			0x09
#define NVME_IO_VERIFY			0x0c

#define NVME_RW_FUA			(1U << 30)	/* cdw12 */
#define NVME_WZ_DEAC			(1U << 25)	/* cdw12 */
#define NVME_DSM_AD			(1U << 2)	/* cdw11 */
#define NVME_NSID_ALL			0xffffffffU

/* ---- status (4.6.1): type << 8 | code, the field without the phase tag ------ */

#define NVME_SC_SUCCESS			0x000
#define NVME_SC_INVALID_OPCODE		0x001
#define NVME_SC_INVALID_FIELD		0x002
#define NVME_SC_CID_CONFLICT		0x003
#define NVME_SC_DATA_TRANSFER		0x004
#define NVME_SC_INTERNAL		0x006
#define NVME_SC_ABORTED			0x007
#define NVME_SC_ABORTED_SQ_DELETED	0x008
#define NVME_SC_INVALID_NAMESPACE	0x00b
#define NVME_SC_SEQUENCE		0x00c
#define NVME_SC_PRP_OFFSET		0x013
#define NVME_SC_WRITE_PROTECTED		0x020
#define NVME_SC_LBA_RANGE		0x080
#define NVME_SC_CAPACITY		0x081
#define NVME_SC_CQ_INVALID		0x100
#define NVME_SC_QID_INVALID		0x101
#define NVME_SC_QUEUE_SIZE		0x102
#define NVME_SC_AER_LIMIT		0x105
#define NVME_SC_VECTOR			0x108
#define NVME_SC_LOG_PAGE		0x109
#define NVME_SC_QUEUE_DELETION		0x10c
#define NVME_SC_NOT_SAVEABLE		0x10d
#define NVME_SC_NOT_CHANGEABLE		0x10e
#define NVME_SC_NOT_NS_SPECIFIC		0x10f
#define NVME_SC_WRITE_FAULT		0x280
#define NVME_SC_READ_ERROR		0x281
#define NVME_SC_COMPARE			0x285
#define NVME_SC_MASK			0x7ff
#define NVME_SC_MORE			0x2000	/* more in the error log */
#define NVME_SC_DNR			0x4000	/* do not retry */

/* ---- identify (5.15) ---------------------------------------------------------- */

#define NVME_CNS_NS			0x00
#define NVME_CNS_CTRL			0x01
#define NVME_CNS_ACTIVE_LIST		0x02
#define NVME_CNS_NS_DESCRIPTORS		0x03
#define NVME_CNS_CSI_NS			0x05	/* from here to 08h: revision 2.0 */
#define NVME_CNS_CSI_CTRL		0x06
#define NVME_CNS_CSI_ACTIVE_LIST	0x07
#define NVME_CNS_INDEPENDENT_NS		0x08
#define NVME_CNS_ALLOCATED_LIST		0x10
#define NVME_CNS_ALLOCATED_NS		0x11
#define NVME_CNS_NS_CTRL_LIST		0x12
#define NVME_CNS_CTRL_LIST		0x13
#define NVME_CNS_CSI_ALLOCATED_LIST	0x1a
#define NVME_CNS_COMMAND_SETS		0x1c

/* ---- features (5.21.1) --------------------------------------------------------- */

#define NVME_FEAT_ARBITRATION		0x01
#define NVME_FEAT_POWER			0x02
#define NVME_FEAT_TEMPERATURE		0x04
#define NVME_FEAT_ERROR_RECOVERY	0x05
#define NVME_FEAT_WRITE_CACHE		0x06
#define NVME_FEAT_QUEUES		0x07
#define NVME_FEAT_COALESCING		0x08
#define NVME_FEAT_VECTOR		0x09
#define NVME_FEAT_ATOMICITY		0x0a
#define NVME_FEAT_ASYNC_EVENT		0x0b
#define NVME_FEAT_TIMESTAMP		0x0e
#define NVME_FEAT_HOST_ID		0x81
#define NVME_FEAT_WRITE_PROTECT		0x84

/* ---- log pages (5.14.1) ---------------------------------------------------------- */

#define NVME_LOG_ERROR			0x01
#define NVME_LOG_SMART			0x02
#define NVME_LOG_FIRMWARE		0x03
#define NVME_LOG_CHANGED_NS		0x04
#define NVME_LOG_EFFECTS		0x05

/**
 * struct nvme_error_entry - one entry of the error log (5.14.1.1)
 * @count: unique, counts up; 0 for an unused entry
 * @sqid: queue of the command; FFFFh for none
 * @cid: of the command; FFFFh for none
 * @status: status field with the phase tag
 * @location: byte and bit of the parameter at fault; FFFFh for none
 * @lba: first logical block in error
 * @nsid: namespace
 * @vendor: 0
 * @transport: 0
 * @reserved0: zero
 * @specific: command specific
 * @reserved1: zero
 */
struct nvme_error_entry {
	__le64 count;
	__le16 sqid;
	__le16 cid;
	__le16 status;
	__le16 location;
	__le64 lba;
	__le32 nsid;
	__u8 vendor;
	__u8 transport;
	__u8 reserved0[2];
	__le64 specific;
	__u8 reserved1[24];
};

/**
 * struct nvme_dsm_range - one range of dataset management (6.7)
 * @attributes: context, ignored
 * @blocks: length in logical blocks
 * @lba: start
 */
struct nvme_dsm_range {
	__le32 attributes;
	__le32 blocks;
	__le64 lba;
};

_Static_assert(sizeof(struct nvme_sqe) == 64, "4.2");
_Static_assert(sizeof(struct nvme_cqe) == 16, "4.6");
_Static_assert(sizeof(struct nvme_error_entry) == 64, "5.14.1.1");
_Static_assert(sizeof(struct nvme_dsm_range) == 16, "6.7");

#endif /* NVME_SPEC_H */
