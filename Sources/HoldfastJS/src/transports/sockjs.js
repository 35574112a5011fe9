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
    #abort = new AbortController();
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

    /** Sends one request of this session and returns the response. */
    async post(transport, body) {
        const response = await fetch(this.#address(`${this.#path}/${transport}`), {
            method: 'POST',
            body,
            headers: body === undefined ? {} : { 'content-type': 'text/plain' },
            credentials: this.#credentials,
            cache: 'no-store',
            signal: this.#abort.signal,
        });
        return response;
    }

    /** The body of a receiving request; anything but 200 ends the link. */
    async receiving(transport) {
        const response = await this.post(transport);
        if (response.status !== 200) throw new Error(`${transport} answered ${response.status}`);
        return response;
    }

    frame(frame) {
        if (frame.length > 2048 && frame.startsWith('hhhh')) return;
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
        while (this.#waiting.length > 0 && !this.#abort.signal.aborted) {
            let size = 0;
            let count = 0;
            while (count < this.#waiting.length && (count === 0 || size < BATCH)) size += this.#waiting[count++].text.length;
            const batch = this.#waiting.splice(0, count);
            try {
                const response = await this.post('xhr_send', JSON.stringify(batch.map((item) => item.text)));
                await response.text();
                // 404: the session was gone, so nobody has read this.
                if (response.status === 404) this.#waiting.unshift(...batch);
                if (!response.ok) this.#fail(1006, `xhr_send answered ${response.status}`);
            } catch (error) {
                this.#fail(1006, error.message);
            }
        }
        this.#sending = false;
        if (this.ended) this.#abort.abort();
    }

    #fail(code, reason) {
        this.#abort.abort();
        this.lost(code, reason, this.#waiting.splice(0));
    }

    /** Ends after everything sent, or a second at most. */
    close() {
        this.ended = true;
        if (this.#sending) setTimeout(() => this.#abort.abort(), FAREWELL);
        else this.#abort.abort();
    }

    /** Ends at once and returns the items that never left. */
    drop() {
        this.ended = true;
        this.#abort.abort();
        return this.#waiting.splice(0);
    }
}
