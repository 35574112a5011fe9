// SPDX-License-Identifier: Apache-2.0
import { Link } from './link.js';

const BATCH = 32768;
const FAREWELL = 1000;

/** The path of a new SockJS session: three digits for the balancer, 26 characters that nobody can guess. */
function sessionPath() {
    const bytes = crypto.getRandomValues(new Uint8Array(29));
    const text = Array.from(bytes, (byte) => (byte % 32).toString(32));
    const server = bytes.slice(26).map((byte) => byte % 10).join('');
    return `/${server}/${text.slice(0, 26).join('')}`;
}

/** What the two SockJS links have in common: frames in, `xhr_send` out. */
export class SockJSLink extends Link {
    #path = sessionPath();
    #address;
    #credentials;
    #requests = new Set();
    #isAborted = false;
    #waiting = [];
    #sending = false;
    #isOpen = false;
    /** How many frames came, not counting the prelude of a stream. */
    frames = 0;

    constructor(name, address, credentials) {
        super(name);
        this.#address = address;
        this.#credentials = credentials;
        this.#run();
    }

    async #run() {
        try {
            while (!this.ended) {
                const before = this.frames;
                await this.receive();
                // A proxy that ends every response at once must not make us ask for ever.
                if (this.frames === before) this.#fail(1006, 'The server sent nothing');
            }
        } catch (error) {
            this.#fail(1006, error.message);
        }
    }

    /** One request of this session; `use` reads the response. Each has a signal of its own: one for all would hoard listeners. */
    async #post(transport, body, use) {
        const abort = new AbortController();
        this.#requests.add(abort);
        try {
            const response = await fetch(this.#address(`${this.#path}/${transport}`), {
                method: 'POST',
                body,
                headers: body === undefined ? {} : { 'content-type': 'text/plain' },
                credentials: this.#credentials,
                cache: 'no-store',
                signal: abort.signal,
            });
            return await use(response);
        } finally {
            this.#requests.delete(abort);
        }
    }

    #abort() {
        this.#isAborted = true;
        for (const abort of this.#requests) abort.abort();
    }

    /** A receiving request; anything but 200 ends the link. */
    receiving(transport, use) {
        return this.#post(transport, undefined, (response) => {
            if (response.status !== 200) throw new Error(`${transport} answered ${response.status}`);
            return use(response);
        });
    }

    frame(frame) {
        if (frame.startsWith('hh')) return; // The prelude of a stream.
        this.frames += 1;
        const rest = () => JSON.parse(frame.slice(1));
        switch (frame[0]) {
            case 'o':
                if (this.#isOpen) return this.#fail(1006, 'The server lost the connection');
                this.#isOpen = true;
                return this.opened();
            case 'a':
                for (const text of rest()) this.deliver(text);
                return;
            case 'm':
                return this.deliver(rest());
            case 'c':
                return this.#fail(...rest());
        }
    }

    send(item) {
        this.#waiting.push(item);
        this.#flush();
    }

    async #flush() {
        if (this.#sending) return;
        this.#sending = true;
        await null; // What is sent in one turn travels in one request.
        while (this.#waiting.length > 0 && !this.#isAborted) {
            let size = 0;
            let count = 0;
            while (count < this.#waiting.length && (count === 0 || size < BATCH)) size += this.#waiting[count++].text.length;
            const batch = this.#waiting.splice(0, count);
            try {
                await this.#post('xhr_send', JSON.stringify(batch.map((item) => item.text)), async (response) => {
                    await response.text();
                    // 404: the session was gone, so nobody has read this.
                    if (response.status === 404) this.#waiting.unshift(...batch);
                    if (!response.ok) this.#fail(1006, `xhr_send answered ${response.status}`);
                });
            } catch (error) {
                this.#fail(1006, error.message);
            }
        }
        this.#sending = false;
        if (this.ended) this.#abort();
    }

    #fail(code, reason) {
        this.#abort();
        this.lost(code, reason, this.#waiting.splice(0));
    }

    /** Ends after everything sent, or a second at most. */
    close() {
        this.ended = true;
        if (this.#sending) setTimeout(() => this.#abort(), FAREWELL);
        else this.#abort();
    }

    /** Ends at once and returns the items that never left. */
    drop() {
        this.ended = true;
        this.#abort();
        return this.#waiting.splice(0);
    }
}
