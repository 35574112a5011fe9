// SPDX-License-Identifier: Apache-2.0

/** Numbers that a seed repeats (SplitMix32). */
export class Random {
    #state;

    constructor(seed) {
        this.#state = seed >>> 0;
    }

    /** An integer from 0 to 2³² − 1. */
    next() {
        this.#state = (this.#state + 0x9e3779b9) >>> 0;
        let z = this.#state;
        z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
        z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
        return (z ^ (z >>> 15)) >>> 0;
    }

    /** An integer from 0 to `limit` − 1. */
    below(limit) {
        return this.next() % limit;
    }

    pick(list) {
        return list[this.below(list.length)];
    }
}
