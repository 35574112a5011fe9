// SPDX-License-Identifier: Apache-2.0
import { guarded } from './errors.js';

/** Listeners by event name. */
export class Emitter {
    #listeners = new Map();

    /** Adds a listener and returns a function that removes it. */
    on(name, listener) {
        const entry = { listener };
        const entries = this.#listeners.get(name) ?? [];
        this.#listeners.set(name, [...entries, entry]);
        return () => this.#remove(name, (other) => other === entry);
    }

    /** Removes a listener, or all of an event. */
    off(name, listener) {
        this.#remove(name, (entry) => listener === undefined || entry.listener === listener);
    }

    /** Calls the listeners in the order they were added; false if there are none. */
    emit(name, ...args) {
        const entries = this.#listeners.get(name) ?? [];
        for (const { listener } of entries) guarded(listener, ...args);
        return entries.length > 0;
    }

    #remove(name, matches) {
        const entries = this.#listeners.get(name) ?? [];
        this.#listeners.set(name, entries.filter((entry) => !matches(entry)));
    }
}
