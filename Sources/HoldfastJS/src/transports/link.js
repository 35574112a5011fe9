// SPDX-License-Identifier: Apache-2.0

/**
 * One connection over one transport.
 *
 * It calls `onopen` once, `onmessage(text)` for each message and `onclose({code, reason, unsent})` once, unless it was
 * ended from this side. What is sent is an item with a `text`; items that surely never left come back as `unsent`.
 */
export class Link {
    onopen = () => {};
    onmessage = () => {};
    onclose = () => {};
    ended = false;

    constructor(name) {
        this.name = name;
    }

    opened() {
        if (!this.ended) this.onopen();
    }

    deliver(text) {
        if (!this.ended) this.onmessage(text);
    }

    /** The other side, or the network, ended it. */
    lost(code, reason, unsent = []) {
        if (this.ended) return;
        this.ended = true;
        this.onclose({ code, reason, unsent });
    }
}
