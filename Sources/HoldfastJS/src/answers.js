// SPDX-License-Identifier: Apache-2.0
import { encodeAnswer } from './envelope.js';
import { CODES } from './errors.js';

const KEPT = 256;

/** The answers to one session's requests: each id is handled once, and repeated ids get the same answer again. */
export class Answers {
    #texts = new Map();

    /** Calls `handle(reply)` unless `id` was seen; each answer's text goes to `send`. */
    answer(id, handle, send) {
        const key = JSON.stringify(id);
        if (this.#texts.has(key)) {
            const text = this.#texts.get(key);
            if (text) send(text);
            return;
        }
        this.#texts.set(key, null);
        if (this.#texts.size > KEPT) this.#texts.delete(this.#texts.keys().next().value);
        let isOpen = true;
        handle((error, result) => {
            if (!isOpen) return;
            isOpen = false;
            const text = encoded(id, error, result);
            if (this.#texts.has(key)) this.#texts.set(key, text);
            send(text);
        });
    }
}

function encoded(id, error, result) {
    try {
        return encodeAnswer(id, error, result);
    } catch (problem) {
        return encodeAnswer(id, { code: CODES.internal, message: problem.message });
    }
}
