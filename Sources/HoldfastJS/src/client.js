// SPDX-License-Identifier: Apache-2.0
import { Backoff } from './backoff.js';
import { Emitter } from './emitter.js';
import { unwrap } from './envelope.js';
import { CODES, RpcError } from './errors.js';
import { Linker, checkTransport } from './linker.js';
import { BUFFER } from './resume/resumption.js';
import { Store } from './resume/store.js';
import { Session } from './session.js';
import { checked } from './timers.js';

const DEFAULTS = {
    requestTimeout: 10000,
    heartbeat: 5000,
    heartbeatTimeout: 5000,
    queueLimit: 256,
    maxAttempts: Infinity,
    probeDelay: 5000,
};
const EVENTS = [
    'connected', 'disconnected', 'reconnecting', 'reconnected', 'connectionFailed', 'state', 'transport', 'notification',
    'gap',
];

/** A JSON-RPC client: calls, notifications, methods for the server to call; comes back by itself. */
export class Client {
    #session;
    #events = new Emitter();
    #methods = new Map();

    constructor(url, options = {}) {
        const { heartbeat, resume = true, persist, persistKey } = options;
        const settings = { ...options, heartbeat: heartbeat === false ? 0 : heartbeat };
        for (const [name, usual] of Object.entries(DEFAULTS)) settings[name] = checked(name, settings[name] ?? usual);
        const linker = new Linker(url, { ...settings, query: 'wire=plain' });
        const store = resume && persist ? new Store(persist, persistKey ?? `${linker.key} session`) : null;
        const backoff = new Backoff(options.backoff);
        this.#session = new Session(
            linker,
            { ...settings, greet: true, tellsLoss: true, firstId: 1, backoff, store, buf: resume ? BUFFER : null },
            {
                event: (...args) => this.#events.emit(...args),
                gap: (detail) => this.#events.emit('gap', detail),
                notification: (method, params) => {
                    if (!EVENTS.includes(method)) this.#events.emit(method, params);
                    this.#events.emit('notification', { method, params });
                },
                request: (...args) => this.#handle(...args),
            },
        );
    }

    get state() {
        return this.#session.state;
    }

    get sessionId() {
        return this.#session.sessionId;
    }

    get transport() {
        return this.#session.transport;
    }

    call(method, params, { timeout, signal } = {}) {
        return new Promise((resolve, reject) => {
            const aborted = () => new RpcError('aborted', `${method} was aborted`, { method, cause: signal.reason });
            if (signal?.aborted) return reject(aborted());
            const abort = () => forget(aborted());
            const forget = this.#session.request(method, params, { timeout }, (error, result) => {
                signal?.removeEventListener('abort', abort);
                if (error) reject(error);
                else resolve(this.#session.isPlain ? result : unwrap(result));
            });
            signal?.addEventListener('abort', abort);
        });
    }

    notify(method, params) {
        this.#session.notify(method, params);
    }

    on(event, listener) {
        return this.#events.on(event, listener);
    }

    off(event, listener) {
        this.#events.off(event, listener);
    }

    method(name, handler) {
        this.#methods.set(name, handler);
        return () => {
            if (this.#methods.get(name) === handler) this.#methods.delete(name);
        };
    }

    reconnect({ delay = 0 } = {}) {
        if (!this.#session.reconnect(delay)) throw new RpcError('closed', 'The client is closed');
    }

    async forceTransport(name) {
        if (name !== null) checkTransport(name);
        await new Promise((resolve, reject) => {
            this.#session.force(name, (error) => (error ? reject(error) : resolve()));
        });
    }

    async close(options) {
        return this.#session.close({ code: 1000, ...options });
    }

    async #handle(method, params, reply) {
        const handler = this.#methods.get(method);
        if (!handler) return reply({ code: CODES.unknownMethod, message: `Unknown method: ${method}` });
        try {
            reply(undefined, await handler(params));
        } catch (error) {
            const isError = error instanceof Error || Number.isInteger(error?.code);
            reply(isError ? error : { code: CODES.internal, message: String(error) });
        }
    }
}
