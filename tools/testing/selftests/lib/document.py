#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""document.py FILE DIRECTORY: the pieces of code of a document, each in a file of its own:
DIRECTORY/SECTION.NUMBER.PLACE, where SECTION is the first word of its heading, and PLACE what
its caption says after "In" or "On the", as one word."""

import os
import re
import sys
import textwrap

BLOCK = re.compile(r"""
    ^(?P<heading>\S[^\n]*)\n=+$ |
    ^\.\.\ code-block::\ \S+\n
    \ +:caption:\ (?P<caption>[^\n]+)\n
    (?P<text>(?:\n|\ +[^\n]*\n)+)""", re.MULTILINE | re.VERBOSE)


def place(caption):
    words = re.sub(r"^(In|On)( the)? ", "", caption)
    return re.sub(r"[^a-z.]+", "-", words.lower())


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    section, number = "", 0
    for match in BLOCK.finditer(text):
        if match["heading"]:
            section = match["heading"].split()[0]
            continue
        number += 1
        name = "%s.%02d.%s" % (section, number, place(match["caption"]))
        with open(os.path.join(sys.argv[2], name), "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(match["text"]).strip("\n") + "\n")
    # One without a caption would be run nowhere.
    return number != text.count(".. code-block::")


sys.exit(main())
