// SPDX-License-Identifier: Apache-2.0
import { checked } from './timers.js';

/** Growing, jittered pauses between attempts to connect, in milliseconds. */
export class Backoff {
    constructor({ min = 500, max = 15000, factor = 2, random = Math.random } = {}) {
        for (const [name, value] of Object.entries({ min, max, factor })) checked(`backoff.${name}`, value);
        // A factor below 1 would end in attempts without a pause.
        Object.assign(this, { min, max, factor: Math.max(factor, 1), random });
    }

    /**
     * The pause before attempt `n`, counted from 0.
     *
     * The first is up to `min`, so that the clients of a restarted server do not return in one wave; attempt n waits
     * between half and all of `min · factor^n`, at most `max`.
     */
    delay(n) {
        if (n === 0) return this.random() * this.min;
        const ceiling = Math.min(this.max, this.min * this.factor ** n);
        return ceiling * (0.5 + this.random() / 2);
    }
}
