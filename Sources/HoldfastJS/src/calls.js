// SPDX-License-Identifier: Apache-2.0
import { RpcError, guarded } from './errors.js';
import { after } from './timers.js';

/** The requests that wait for an answer. An item is `{id, method, text, callback}` and is settled once. */
export class Calls {
    #pending = new Map();

    /** Adds an item; without an answer in `timeout` ms (0: no limit) it fails. */
    add(item, timeout) {
        this.#pending.set(String(item.id), item);
        const { id, method, text: request } = item;
        item.stop = after(timeout || Infinity, () => {
            this.settle(item, new RpcError('timeout', `No answer to ${method} in ${timeout} ms`, { id, method, request }));
        });
    }

    get(id) {
        return this.#pending.get(String(id));
    }

    has(item) {
        return this.get(item.id) === item;
    }

    settle(item, error, result) {
        item.stop();
        if (!this.has(item)) return;
        this.#pending.delete(String(item.id));
        guarded(item.callback, error, result);
    }

    settleAll(matches, error) {
        for (const item of [...this.#pending.values()]) if (matches(item)) this.settle(item, error);
    }
}
