// SPDX-License-Identifier: Apache-2.0
#ifdef __linux__
#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>

// A sanitizer has allocation functions of its own.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ALLOCATIONS_ARE_COUNTED 0
#endif
#endif
#ifndef ALLOCATIONS_ARE_COUNTED
#ifdef __GLIBC__
#define ALLOCATIONS_ARE_COUNTED 1
#else
#define ALLOCATIONS_ARE_COUNTED 0
#endif
#endif

/// How often the calling thread has allocated memory; -1 where that is not counted.
long long thread_allocations(void);

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
