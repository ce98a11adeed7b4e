# SPDX-License-Identifier: GPL-2.0
"""Sphinx's settings; htmldocs, beside this file, gathers what it reads."""

project = "pvpci"
author = "The pvpci authors"
root_doc = "index"
html_theme = "classic"
html_show_copyright = False
html_copy_source = False
# The kernel's headers are named in the text and not described here.
nitpicky = False
highlight_language = "none"
