/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every event leads to in every state, a word for each pair. Columns, in
 * the order of enum hpv_event:
 *
 *   BUTTON LINK_UP PRESENT GONE FAULT TIMER REQ_ON REQ_OFF
 *   READY NOT_READY ADDED ADD_FAILED REMOVED SAME REPLACED DETACH
 *
 * "-" cannot happen. Else a word has:
 *
 * - the next state: O off, b blinking-on, L link, S settle, A add, N on,
 *   x blinking-off, R remove, C power-off;
 * - the note: . none, b blinking, c cancelled, i ignored, a aborted, > adding,
 *   + added, ! failed, f flap, < removing, s surprise, p power fault;
 * - controls: P power on, p off; I indicator on, ~ blinking, i off;
 *   A attention on, a off;
 * - the question: o occupied, r ready, n enumerate, s same, m remove,
 *   v remove what vanished;
 * - after a colon what is remembered: a again, e emptied, g gone seen, k kept
 *   power, s seen.
 */
#ifndef _PCIEHP_PV_TESTS_PAIRS_H
#define _PCIEHP_PV_TESTS_PAIRS_H

#include "../state.h"

#define PAIR_WIDTH	11

/* A virtual slot without delays. */
static const char * const fast_pairs[HPV_STATES][2] = {
	[HPV_OFF] = {
	"L>PIao     L>PIao:s   L>PIao:s   O.         O.         O.         L>PIao     O.         ",
	"-          -          -          -          -          -          -          O.         "
	},
	[HPV_BLINK_ON] = {
	"OcPi:k     L>PIao:s   L>PIao:s   O.Pi:k     O.Pi:k     L>PIao     L>PIao     OcPi:k     ",
	"-          -          -          -          -          -          -          O.I        "
	},
	[HPV_LINK] = {
	"Oapi       S.r        L.:s       O!PiA:gk   OppiA      L.o        L.         Oapi       ",
	"-          -          -          -          -          -          -          O.pI       "
	},
	[HPV_SETTLE] = {
	"Oapi       S.r        L.         OaPi:gk    OppiA      S.r        S.         Oapi       ",
	"A.n        S.         -          -          -          -          -          O.pI       "
	},
	[HPV_ADD] = {
	"-          -          -          OaPi:gk    -          A.         -          -          ",
	"-          -          N+Ia       O!piA      -          -          -          O.pI       "
	},
	[HPV_ON] = {
	"R<m        N.s        Rsv:ae     Rsv:ae     NpA        N.         N.         R<m        ",
	"-          -          -          -          -          Nf         Rsv:ae     N.         "
	},
	[HPV_BLINK_OFF] = {
	"NcI        x.s        Rsv:ae     Rsv:ae     xpA        R<m        NcI        R<m        ",
	"-          -          -          -          -          xf         Rsv:ae     N.I        "
	},
	[HPV_REMOVE] = {
	"-          -          -          -          -          R.         -          -          ",
	"-          -          -          -          O.pi       -          -          N.I        "
	},
	[HPV_DISCHARGE] = {
	"Ci         L>PIao:s   C.         O.Pi:gk    C.         O.i        C.:a       C.         ",
	"-          -          -          -          -          -          -          O.i        "
	},
};

/* A physical slot with all of them. */
static const char * const spec_pairs[HPV_STATES][2] = {
	[HPV_OFF] = {
	"bb~a       L>P~ao:s   L>P~ao:s   O.         O.         O.         L>P~ao     O.         ",
	"-          -          -          -          -          -          -          O.         "
	},
	[HPV_BLINK_ON] = {
	"Oci        L>P~ao:s   L>P~ao:s   O.i        O.i        L>P~ao     L>P~ao     Oci        ",
	"-          -          -          -          -          -          -          O.i        "
	},
	[HPV_LINK] = {
	"Cap        S.         L.:s       L.         CppA       L.o        L.         Cap        ",
	"-          -          -          -          -          -          -          O.pI       "
	},
	[HPV_SETTLE] = {
	"Cap        S.         L.         Cap:g      CppA       S.r        S.         Cap        ",
	"A.n        S.         -          -          -          -          -          O.pI       "
	},
	[HPV_ADD] = {
	"-          -          -          Cap:g      -          A.         -          -          ",
	"-          -          N+Ia       C!pA       -          -          -          O.pI       "
	},
	[HPV_ON] = {
	"xb~a       N.s        Rsv:ae     Rsv:ae     NpA        N.         N.         R<m        ",
	"-          -          -          -          -          Nf         Rsv:ae     N.         "
	},
	[HPV_BLINK_OFF] = {
	"NcI        x.s        Rsv:ae     Rsv:ae     xpA        R<m        NcI        R<m        ",
	"-          -          -          -          -          xf         Rsv:ae     N.I        "
	},
	[HPV_REMOVE] = {
	"-          -          -          -          -          R.         -          -          ",
	"-          -          -          -          C.p        -          -          N.I        "
	},
	[HPV_DISCHARGE] = {
	"Ci         C.         C.         C.:g       C.         O.i        C.:a       C.         ",
	"-          -          -          -          -          -          -          O.i        "
	},
};

/* A virtual slot with delays whose limit has come and whose flags are all set. */
static const char * const late_pairs[HPV_STATES][2] = {
	[HPV_OFF] = {
	"bb~a:aegks L>P~ao:gs  L>P~ao:gs  O.:aegks   O.:aegks   O.:aegks   L>P~ao:g   O.:aegks   ",
	"-          -          -          -          -          -          -          O.pI:aegs  "
	},
	[HPV_BLINK_ON] = {
	"OcPi:aegks L>P~ao:gs  L>P~ao:gs  O.Pi:aegks O.Pi:aegks L>P~ao:g   L>P~ao:g   OcPi:aegks ",
	"-          -          -          -          -          -          -          O.I:aegks  "
	},
	[HPV_LINK] = {
	"Cap:aeks   S.:aegks   C!pA:aeks  OaPio:egks CppA:aeks  L.o:aegks  L.:aegks   Cap:aeks   ",
	"-          -          -          -          -          -          -          O.pI:aegks "
	},
	[HPV_SETTLE] = {
	"Cap:aeks   S.:aegks   L.:aegks   OaPio:egks CppA:aeks  S.r:aegks  S.:aegks   Cap:aeks   ",
	"A.n:aegks  C!pA:aeks  -          -          -          -          -          O.pI:aegks "
	},
	[HPV_ADD] = {
	"-          -          -          OaPio:egks -          A.:aegks   -          -          ",
	"-          -          N+Ia:aegks C!pA:aeks  -          -          -          O.pI:aegks "
	},
	[HPV_ON] = {
	"xb~a:aegks N.s:aegks  Rsv:aegks  Rsv:aegks  NpA:aegks  N.:aegks   N.:aegks   R<m:gks    ",
	"-          -          -          -          -          Nf:aegks   Rsv:aegks  N.:aegks   "
	},
	[HPV_BLINK_OFF] = {
	"NcI:aegks  x.s:aegks  Rsv:aegks  Rsv:aegks  xpA:aegks  R<m:gks    NcI:aegks  R<m:gks    ",
	"-          -          -          -          -          xf:aegks   Rsv:aegks  N.I:aegks  "
	},
	[HPV_REMOVE] = {
	"-          -          -          -          -          R.:aegks   -          -          ",
	"-          -          -          -          O.Pio:egks -          -          N.I:aegks  "
	},
	[HPV_DISCHARGE] = {
	"Ci:aegks   L>P~ao:gs  C.:aegks   O.Pi:egks  C.:aegks   O.io:egks  C.:aegks   C.:egks    ",
	"-          -          -          -          -          -          -          O.i:aegks  "
	},
};

#endif /* _PCIEHP_PV_TESTS_PAIRS_H */
