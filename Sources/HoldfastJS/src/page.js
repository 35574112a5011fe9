// SPDX-License-Identifier: Apache-2.0

/** True in a page that nobody sees: its timers may run once a minute only. */
export const isHidden = () => globalThis.document?.visibilityState === 'hidden';

/** True where the browser knows that there is no network. */
export const isOffline = () => globalThis.navigator?.onLine === false;

const LOOK = 1000;

/**
 * Listens to events of the page or worker by name, before the application's own listeners; returns a function that ends
 * that. Elsewhere there are no such events.
 */
export function watchPage(listeners) {
    const all = (change) => Object.entries(listeners).forEach((entry) => globalThis[change]?.(...entry, true));
    all('addEventListener');
    let timer;
    // Workers of Chromium know of the network and have no events of it.
    if (!('ononline' in globalThis) && typeof globalThis.navigator?.onLine === 'boolean') {
        let wasOffline = isOffline();
        timer = setInterval(() => {
            if (isOffline() === wasOffline) return;
            wasOffline = !wasOffline;
            listeners[wasOffline ? 'offline' : 'online']();
        }, LOOK);
    }
    return () => {
        clearInterval(timer);
        all('removeEventListener');
    };
}
