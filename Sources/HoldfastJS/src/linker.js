// SPDX-License-Identifier: Apache-2.0
import { RpcError } from './errors.js';
import { addressesOf } from './address.js';
import { after, checked } from './timers.js';
import { WebSocketLink } from './transports/websocket.js';
import { StreamLink } from './transports/sockjs-stream.js';
import { PollLink } from './transports/sockjs-poll.js';

/** The transports, best first. */
export const TRANSPORTS = ['websocket', 'xhr-streaming', 'xhr-polling'];

const OPEN_TIMEOUTS = { websocket: 4000, 'xhr-streaming': 4000, 'xhr-polling': 10000, sockjs: 10000 };
const REMEMBER_FOR = 3600000;
const LAST_FOR = 5000;
const CROWDED_FOR = 300000;
const CROWDED = '; other tabs may hold the six connections of HTTP/1.1: share a client in a SharedWorker, or serve HTTP/2';
const memory = new Map();

/** Opens links: tries the transports in order, and begins with the one that worked last. */
export class Linker {
    /** Set to use one transport only. */
    forced = null;
    #options;
    #addresses;
    #allowed;
    #limits = {};
    #crowdedAt = -Infinity;
    #last;

    constructor(url, options = {}) {
        this.#options = options;
        this.#allowed = options.transports ?? TRANSPORTS;
        for (const name of this.#allowed) checkTransport(name);
        const { openTimeout } = options;
        for (const [name, usual] of Object.entries(OPEN_TIMEOUTS)) {
            const limit = typeof openTimeout === 'object' ? openTimeout?.[name] : openTimeout;
            this.#limits[name] = checked('openTimeout', limit ?? usual) || Infinity;
        }
        this.url = url;
    }

    set url(url) {
        this.#addresses = addressesOf(url, this.#options.query);
    }

    /** Whether the server runs on this very machine, where no network is needed. */
    get isLocal() {
        return /^wss?:\/\/(localhost|127\.|\[::1\])/.test(this.#addresses.ws());
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
     * `prove(link, proved)` is called with an open link and calls `proved(error?)`, after which no other is tried if the error
     * `isFinal`; then `done(error, link)` is called once; the error's `cause` is an array with that of each transport. Returns a
     * function that gives up in silence.
     */
    open(names, prove, done) {
        const waiting = [...names];
        const cause = [];
        let current = null;
        let stop;
        const settle = () => {
            stop?.();
            const link = current;
            current = null;
            return link;
        };
        const next = () => {
            if (waiting.length === 0) {
                const reasons = cause.map(({ message }) => message).join('; ');
                return done(new RpcError('transport', reasons || 'no transport is available here', { cause }));
            }
            const name = waiting.shift();
            const failed = (reason, kind = 'transport') => {
                if (current !== link) return;
                settle();
                link?.drop();
                cause.push(new RpcError(kind, `${name}: ${reason}`, { transport: name }));
                // Where a WebSocket is not answered either the network is to blame.
                if (kind === 'timeout' && !cause.some(isSilentSocket)) this.suspect(name);
                next();
            };
            let link = null;
            try {
                link = this.#constructors[name]();
            } catch (error) {
                return failed(error.message);
            }
            current = link;
            const limit = this.#limits[name];
            stop = after(limit, () => {
                failed(`not open within ${limit} ms${this.hint(name)}`, 'timeout');
            });
            link.onclose = ({ code, reason }) => failed(reason || `closed with ${code}`);
            link.onopen = () =>
                prove(link, (error) => {
                    if (current !== link) return;
                    if (error?.isFinal) waiting.length = 0;
                    if (error) return failed(error.message);
                    settle();
                    if (name !== 'xhr-polling') this.#crowdedAt = -Infinity;
                    if (!this.forced && (names.length > 1 || !this.better(name))) this.#remember(name);
                    done(null, link);
                });
        };
        next();
        return () => settle()?.drop();
    }

    /** What may be to blame when a transport gets no answer in a page or worker; empty for nothing in particular. */
    hint(name) {
        return name.startsWith('xhr') && globalThis.location ? CROWDED : '';
    }

    /** A transport got no answer: if others may be to blame, they are for a while. */
    suspect(name) {
        if (this.hint(name)) this.#crowdedAt = Date.now();
    }

    /** Whether other tabs seem to hold the connections to the host. */
    get isCrowded() {
        return Date.now() - this.#crowdedAt < CROWDED_FOR;
    }

    /** Sends a last message in a request of its own, which outlives the page. */
    sendLast(text) {
        const { credentials = 'include' } = this.#options;
        const signal = AbortSignal.timeout?.(LAST_FOR); // So long it may keep a program alive.
        const options = { method: 'POST', body: text, keepalive: true, credentials, signal };
        // Not by a beacon, which does not name its origin under some referrer policies. If it fails the server finds out in its time.
        globalThis.fetch?.(this.#addresses.http(), options).catch(() => {});
    }

    /** The order of an attempt: what worked last, then the others. */
    get order() {
        const { names } = this;
        const first = this.#last ?? this.#recall();
        return names.includes(first) ? [first, ...names.filter((name) => name !== first)] : names;
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
            'xhr-polling': canFetch && (() => new PollLink('xhr-polling', http, credentials, this.isCrowded)),
        };
    }

    /** What is stored for the address, whatever its query. */
    get key() {
        return `holdfast:${this.#addresses.http()}`.split('?')[0];
    }

    /** Only who may use every transport speaks, and listens, for others at this address. */
    get #isFree() {
        return String(this.names) === String(TRANSPORTS);
    }

    #remember(name) {
        this.#last = name;
        if (!this.#isFree || this.isCrowded) return;
        const text = `${name} ${Date.now()}`;
        memory.set(this.key, text);
        try {
            localStorage.setItem(this.key, text);
        } catch {
            // No storage here, or not allowed: the memory has it.
        }
    }

    #recall() {
        if (!this.#isFree) return;
        let text = memory.get(this.key);
        try {
            text ??= localStorage.getItem(this.key);
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

const isSilentSocket = ({ transport, kind }) => transport === 'websocket' && kind === 'timeout';
