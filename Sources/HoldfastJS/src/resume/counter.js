// SPDX-License-Identifier: Apache-2.0

/**
 * How far the other side's numbered messages have come, and what it was told of that.
 *
 * Messages may be announced as missing before their turn: they count as received then. Pure; the time is the caller's.
 */
export class Counter {
    /** The number up to which everything has been received, or is known to be missing. */
    last;
    /** Whether the other side does not know that yet, or seems not to. */
    hasNews = false;
    #missing = [];
    #policy;
    #told;
    #bytes = 0;

    /** `policy` is `{msgs, bytes}`: when the other side is to be told at the latest. */
    constructor(policy, last = 0) {
        this.#policy = policy;
        this.#told = this.last = last;
    }

    /** Whether the other side has to be told now, rather than after a while. */
    get isDue() {
        return this.hasNews && (this.last - this.#told >= this.#policy.msgs || this.#bytes >= this.#policy.bytes);
    }

    /** Takes the number of a message that has arrived: it is `new`, `repeated`, or, out of order, a `violation`. */
    accept(seq, bytes = 0) {
        if (!(seq <= this.last + 1)) return 'violation';
        this.hasNews = true;
        if (seq <= this.last) return 'repeated';
        this.last = seq;
        this.#bytes += bytes;
        this.#skip();
        return 'new';
    }

    /** Numbers `from` to `to` will not come. Gives the parts of that which were not received nor known, `{from, to}`. */
    lose(from, to) {
        const found = [];
        let next = Math.max(from, this.last + 1);
        for (const known of [...this.#missing, { from: to + 1, to }]) {
            const end = Math.min(to, known.from - 1);
            if (next <= end) found.push({ from: next, to: end });
            next = Math.max(next, known.to + 1);
        }
        this.#missing = [...this.#missing, ...found].sort((a, b) => a.from - b.from);
        this.#skip();
        return found;
    }

    /** What a message to the other side says. */
    tell() {
        this.hasNews = false;
        this.#bytes = 0;
        return (this.#told = this.last);
    }

    #skip() {
        while (this.#missing[0]?.from === this.last + 1) {
            this.last = this.#missing.shift().to;
            this.hasNews = true;
        }
    }
}
