// SPDX-License-Identifier: Apache-2.0
import { Link } from './link.js';

const BATCH = 32768;
const FAREWELL = 1000;
const HASTE = 500;
const MOST_HASTE = 9;
const STRANGER = 'Not a SockJS server, or a proxy answered for it';

/** The path of a new SockJS session: three digits for the balancer, 26 characters that nobody can guess. */
function sessionPath() {
    const bytes = crypto.getRandomValues(new Uint8Array(29));
    const text = Array.from(bytes, (byte) => (byte % 32).toString(32));
    const server = bytes.slice(26).map((byte) => byte % 10).join('');
    return `/${server}/${text.slice(0, 26).join('')}`;
}

const isString = (value) => typeof value === 'string';

/** What the two SockJS links have in common: frames in, `xhr_send` out. */
export class SockJSLink extends Link {
    #path = sessionPath();
    #address;
    #credentials;
    #requests = new Set();
    #isAborted = false;
    #waiting = [];
    /** The end of sending, while something is on its way. */
    #sending = null;
    isOpen = false;
    /** Whether something was sent since the last receiving request, and who waits for that. */
    hasSent = false;
    wake = () => {};
    /** How many frames came, and how many of them were heartbeats; the prelude of a stream does not count. */
    #frames = 0;
    #beats = 0;

    /** With `isBrief` the server shall not let polls wait. */
    constructor(name, address, credentials, isBrief = false) {
        super(name);
        this.isBrief = isBrief;
        this.#address = address;
        this.#credentials = credentials;
        this.#run();
    }

    async #run() {
        let hasty = 0;
        try {
            while (!this.ended) {
                this.#frames = this.#beats = 0;
                const start = Date.now();
                await this.receive();
                // A proxy that ends every response at once must not make us ask for ever.
                hasty = this.#frames === this.#beats && !this.isBrief && Date.now() - start < HASTE ? hasty + 1 : 0;
                if (!this.#frames || hasty > MOST_HASTE) throw new Error('The server sent nothing');
            }
        } catch (error) {
            // What is on its way may yet turn out not to have arrived.
            this.#isAborted = true;
            if (!this.ended) await Promise.race([this.#sending, new Promise((resolve) => setTimeout(resolve, FAREWELL))]);
            this.#fail(1006, error.message);
        }
    }

    /** One request of this session; `use` reads the response. Each has a signal of its own: one for all would hoard listeners. */
    async #post(address, body, use) {
        const abort = new AbortController();
        this.#requests.add(abort);
        try {
            const response = await fetch(address, {
                method: 'POST',
                body,
                headers: body === undefined ? {} : { 'content-type': 'text/plain' },
                credentials: this.#credentials,
                cache: 'no-store',
                signal: abort.signal,
            });
            return await use(response);
        } catch (error) {
            abort.abort(); // What is left of the response holds a connection.
            throw error;
        } finally {
            this.#requests.delete(abort);
        }
    }

    #abort() {
        this.#isAborted = true;
        for (const abort of this.#requests) abort.abort();
    }

    /** A receiving request; anything but 200, or a page, ends the link. */
    receiving(transport, use) {
        // A server that knows the word does not begin anew where it has forgotten us: a call would run in no session of ours.
        const items = [this.isOpen && 'continued', this.isBrief && 'brief'].filter(Boolean).join('&');
        const address = this.#address(`${this.#path}/${transport}`, items);
        return this.#post(address, undefined, (response) => {
            const { status, headers } = response;
            const type = headers.get('content-type');
            if (status !== 200) throw new Error(`${transport} answered ${status}`);
            if (/html/i.test(type)) throw new Error(`${STRANGER}: ${type}`);
            return use(response);
        });
    }

    frame(frame) {
        if (/^hh+$/.test(frame)) return; // The prelude of a stream.
        this.#frames += 1;
        const [kind] = frame;
        let value;
        try {
            value = JSON.parse(frame.slice(1));
        } catch {
            // Frames without a value, and what is no frame.
        }
        if (frame === 'o') {
            if (this.isOpen) return this.#fail(1006, 'The server lost the connection');
            this.isOpen = true;
            this.opened();
        } else if (kind === 'c' && Number.isInteger(value?.[0])) {
            this.#fail(value[0], String(value[1] ?? ''));
        } else if (this.isOpen && frame === 'h') {
            this.#beats += 1;
        } else if (this.isOpen && kind === 'a' && Array.isArray(value) && value.every(isString)) {
            for (const text of value) this.deliver(text);
        } else if (this.isOpen && kind === 'm' && isString(value)) {
            this.deliver(value);
        } else {
            throw new Error(`${STRANGER}: ${frame.slice(0, 60)}`);
        }
    }

    send(item) {
        this.#waiting.push(item);
        this.#sending ??= this.#flush();
    }

    async #flush() {
        await null; // What is sent in one turn travels in one request.
        while (this.#waiting.length > 0 && !this.#isAborted) {
            let size = 0;
            let count = 0;
            while (count < this.#waiting.length && (count === 0 || size < BATCH)) size += this.#waiting[count++].text.length;
            const batch = this.#waiting.splice(0, count);
            try {
                const body = JSON.stringify(batch.map((item) => item.text));
                await this.#post(this.#address(`${this.#path}/xhr_send`), body, ({ status }) => {
                    // 404: the session was gone, so nobody has read this.
                    if (status === 404) this.#waiting.unshift(...batch);
                    if (status !== 204) throw new Error(`xhr_send answered ${status}`);
                });
                this.hasSent = true;
                this.wake();
            } catch (error) {
                this.#fail(1006, error.message);
            }
        }
        this.#sending = null;
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
