// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>

/* libFuzzer as a library (LLVM installs no header for it): reads the options and runs until it ends the process. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
