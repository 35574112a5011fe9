// SPDX-License-Identifier: Apache-2.0
import { RpcError } from './errors.js';
import { addressesOf } from './address.js';
import { WebSocketLink } from './transports/websocket.js';
import { StreamLink } from './transports/sockjs-stream.js';
import { PollLink } from './transports/sockjs-poll.js';

/** The transports, best first. */
export const TRANSPORTS = ['websocket', 'xhr-streaming', 'xhr-polling'];

const OPEN_TIMEOUTS = { websocket: 4000, 'xhr-streaming': 4000, 'xhr-polling': 10000, sockjs: 10000 };
const REMEMBER_FOR = 3600000;
const memory = new Map();

/** Opens links: tries the transports in order, and begins with the one that worked last. */
export class Linker {
    /** Set to use one transport only. */
    forced = null;
    #options;
    #addresses;
    #allowed;

    constructor(url, options = {}) {
        this.#options = options;
        this.#allowed = options.transports ?? TRANSPORTS;
        for (const name of this.#allowed) checkTransport(name);
        this.url = url;
    }

    set url(url) {
        this.#addresses = addressesOf(url);
    }

    /** The transports that may be used here, best first. */
    get names() {
        if (this.#options.SockJS) return ['sockjs'];
        const names = this.forced ? [this.forced] : this.#allowed;
        return names.filter((name) => this.#constructors[name]);
    }

    supports(name) {
        return !this.#options.SockJS && Boolean(this.#constructors[name]);
    }

    /** The transport worth moving to from `name`, if any. */
    better(name) {
        const best = this.names[0];
        return this.#options.SockJS || best === name ? undefined : best;
    }

    /**
     * Tries `names` in order until one opens and is proved.
     *
     * `prove(link, proved)` is called with an open link and calls `proved(error?)`; then `done(error, link)` is called
     * once. Returns a function that gives up in silence.
     */
    open(names, prove, done) {
        const waiting = [...names];
        let current = null;
        let timer;
        const settle = () => {
            clearTimeout(timer);
            const link = current;
            current = null;
            return link;
        };
        const next = (problem) => {
            if (waiting.length === 0) return done(new RpcError('transport', problem));
            const name = waiting.shift();
            const failed = (reason) => {
                if (current !== link) return;
                settle();
                link?.drop();
                next(`${name}: ${reason}`);
            };
            let link = null;
            try {
                link = this.#constructors[name]();
            } catch (error) {
                return next(`${name}: ${error.message}`);
            }
            current = link;
            const limit = this.#openTimeout(name);
            timer = setTimeout(() => failed(`not open within ${limit} ms`), limit);
            link.onclose = ({ code, reason }) => failed(reason || `closed with ${code}`);
            link.onopen = () =>
                prove(link, (error) => {
                    if (current !== link) return;
                    if (error) return failed(error.message);
                    settle();
                    if (names.length > 1 || !this.better(name)) this.#remember(name);
                    done(null, link);
                });
        };
        next('no transport is available here');
        return () => settle()?.drop();
    }

    /** The order of an attempt: what worked last, then the others. */
    get order() {
        const names = this.names;
        const remembered = this.#recall();
        return names.includes(remembered) ? [remembered, ...names.filter((name) => name !== remembered)] : names;
    }

    get #constructors() {
        const { ws, http } = this.#addresses;
        const { SockJS, websocketSuffix, credentials = 'include' } = this.#options;
        const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
        const canFetch = typeof fetch === 'function';
        return {
            sockjs: SockJS && (() => new WebSocketLink('sockjs', http(), SockJS)),
            websocket: Socket && (() => new WebSocketLink('websocket', ws(websocketSuffix), Socket)),
            'xhr-streaming':
                canFetch && typeof ReadableStream === 'function' && (() => new StreamLink('xhr-streaming', http, credentials)),
            'xhr-polling': canFetch && (() => new PollLink('xhr-polling', http, credentials)),
        };
    }

    #openTimeout(name) {
        const { openTimeout } = this.#options;
        return (typeof openTimeout === 'object' ? openTimeout[name] : openTimeout) ?? OPEN_TIMEOUTS[name];
    }

    get #key() {
        return `holdfast:${this.#addresses.http()}`.split('?')[0];
    }

    #remember(name) {
        const text = `${name} ${Date.now()}`;
        memory.set(this.#key, text);
        try {
            localStorage.setItem(this.#key, text);
        } catch {
            // No storage here, or not allowed: the memory has it.
        }
    }

    #recall() {
        let text = memory.get(this.#key);
        try {
            text ??= localStorage.getItem(this.#key);
        } catch {
            // As above.
        }
        const [name, time] = (text ?? '').split(' ');
        return Date.now() - time < REMEMBER_FOR ? name : undefined;
    }
}

/** Throws unless `name` is a transport. */
export function checkTransport(name) {
    if (!TRANSPORTS.includes(name)) throw new RangeError(`Not a transport: ${name}`);
}
