// SPDX-License-Identifier: Apache-2.0
#ifdef __linux__
#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>

/// Bytes that the process has allocated and not freed.
static inline long long allocated_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return (long long)info.uordblks + (long long)info.hblkhd;
}

/// Keeps the testing library from keeping a backtrace for each error that is thrown.
static inline void forget_backtraces(void) {
    const char *hooks[] = {"_swift_willThrow", "_swift_willThrowTypedImpl"};
    for (int i = 0; i < 2; i++) {
        void **hook = dlsym(NULL, hooks[i]);
        if (hook) *hook = NULL;
    }
}
#endif
