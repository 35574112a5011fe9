// SPDX-License-Identifier: Apache-2.0
import { RpcError } from './errors.js';

/** What waits to be sent, in the order in which it was asked. */
export class Outbox {
    #items = [];
    #calls;
    #limit;

    constructor(calls, limit) {
        this.#calls = calls;
        this.#limit = limit;
    }

    /** The error of one message more than may wait, if that is so. */
    get refusal() {
        if (this.#items.length < this.#limit || this.texts.length < this.#limit) return;
        return new RpcError('queue-full', `${this.#limit} messages wait already`);
    }

    get isEmpty() {
        return this.#items.length === 0;
    }

    /** What waits, as it would be sent. */
    get texts() {
        this.#items = this.#items.filter((item) => this.#isWanted(item));
        return this.#items.map(({ text }) => text);
    }

    add(item) {
        this.#items.push(item);
    }

    /** Puts back, before all others, what was taken out and has not been sent. */
    putBack(items) {
        const again = items.filter((item) => !item.link && this.#isWanted(item));
        for (const item of again) item.sent = false;
        this.#items.unshift(...again);
    }

    /** Takes the next message out. */
    next() {
        while (this.#items.length > 0) {
            const item = this.#items.shift();
            if (this.#isWanted(item)) return item;
        }
    }

    /** Takes all out. */
    takeAll() {
        return this.#items.splice(0);
    }

    /** Answers of a session that is no more are nobody's. */
    dropAnswers() {
        this.#items = this.#items.filter((item) => !item.isAnswer);
    }

    /** False for a call that failed while it waited. */
    #isWanted(item) {
        return !item.callback || this.#calls.has(item);
    }
}
