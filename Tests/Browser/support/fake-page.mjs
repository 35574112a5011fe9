// SPDX-License-Identifier: Apache-2.0

/**
 * The events of a page, or of a worker, for code that runs in node; `remove()` takes them away. `hasEvents` is false for a
 * worker as in Chromium, which has a state of the network but no events of it.
 */
export function fakePage({ onLine = true, isWorker = false, hasEvents = true } = {}) {
    const target = new EventTarget();
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    const navigator = { onLine };
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    globalThis.addEventListener = target.addEventListener.bind(target);
    globalThis.removeEventListener = target.removeEventListener.bind(target);
    if (hasEvents) globalThis.ononline = null;
    if (!isWorker) globalThis.document = { visibilityState: 'visible', baseURI: 'http://page.test/' };
    return {
        tell(name, detail = {}) {
            if (name === 'online' || name === 'offline') navigator.onLine = name === 'online';
            if (hasEvents || !name.endsWith('line')) target.dispatchEvent(Object.assign(new Event(name), detail));
        },
        remove() {
            delete globalThis.addEventListener;
            delete globalThis.removeEventListener;
            delete globalThis.document;
            delete globalThis.ononline;
            delete globalThis.navigator;
            if (before) Object.defineProperty(globalThis, 'navigator', before);
        },
    };
}
