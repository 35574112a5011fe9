// SPDX-License-Identifier: Apache-2.0

/**
 * What this side of a session has said: messages numbered in the order sent, kept until the other side has them.
 *
 * `acked ≤ end`: everything up to `acked` is gone, up to `end` it has been appended; how far it was sent is a cursor of whoever
 * sends, so that another link begins where the other side's knowledge ends. Pure.
 */
export class Ledger {
    /** The number of the last message that the other side has. */
    acked;
    /** The bytes of the messages kept. */
    bytes = 0;
    #kept = [];
    #limits;

    /** `limits` are `{msgs, bytes}`; a ledger that goes on begins after number `acked`. */
    constructor(limits, acked = 0) {
        this.#limits = limits;
        this.acked = acked;
    }

    /** The number of the last message appended. */
    get end() {
        return this.acked + this.#kept.length;
    }

    /** Whether more than half of the room is taken. */
    get isHalfFull() {
        return this.#kept.length > this.#limits.msgs / 2 || this.bytes > this.#limits.bytes / 2;
    }

    /**
     * Appends a message of `size` bytes, unless there is no room; one larger than all room finds it when nothing else is kept.
     * What is no answer and no call leaves a quarter of the room to those, so that a call can always be answered.
     */
    append(message, size, isNotification = false) {
        const share = isNotification ? 0.75 : 1;
        const isFull = this.#kept.length >= this.#limits.msgs * share || this.bytes + size > this.#limits.bytes * share;
        if (this.#kept.length > 0 && isFull) return false;
        this.restore(message, size);
        return true;
    }

    /** Appends what was appended before, in a ledger that this one goes on from. */
    restore(message, size) {
        this.#kept.push({ message, size });
        this.bytes += size;
    }

    /** The message after number `cursor`; undefined when that is the last one, or is not kept any more. */
    after(cursor) {
        return this.#kept[cursor - this.acked]?.message;
    }

    /** The other side has everything up to number `seq`; what is beyond the end is not believed. Gives the messages that go. */
    acknowledge(seq) {
        const gone = this.#kept.splice(0, Math.max(0, seq - this.acked));
        this.acked += gone.length;
        for (const { size } of gone) this.bytes -= size;
        return gone.map(({ message }) => message);
    }
}
