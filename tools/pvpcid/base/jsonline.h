/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which line of a JSON text a JSON pointer is on.
 */
#ifndef PVPCID_JSONLINE_H
#define PVPCID_JSONLINE_H

/**
 * jsonline_find - line of a value, or of the key of an object's member
 * @text: valid JSON, as jansson has accepted it
 * @pointer: path without the first slash ("functions/3/slot"); "" for the top
 *
 * Where a part of the path does not exist, the line of the deepest part that does.
 * Return: line, from 1.
 */
unsigned int jsonline_find(const char *text, const char *pointer);

#endif /* PVPCID_JSONLINE_H */
