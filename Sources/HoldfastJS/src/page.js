// SPDX-License-Identifier: Apache-2.0

/** True in a page that nobody sees: its timers may run once a minute only. */
export function isHidden() {
    return typeof document === 'object' && document.visibilityState === 'hidden';
}

/** Tells of the network's return and of changes of visibility, in a page; returns a function that stops it. */
export function watchPage(online, visibilityChanged) {
    if (typeof document !== 'object' || typeof addEventListener !== 'function') return () => {};
    addEventListener('online', online);
    document.addEventListener('visibilitychange', visibilityChanged);
    return () => {
        removeEventListener('online', online);
        document.removeEventListener('visibilitychange', visibilityChanged);
    };
}
