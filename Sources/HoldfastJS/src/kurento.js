// SPDX-License-Identifier: Apache-2.0
import { Backoff } from './backoff.js';
import { CODES, RpcError, guarded } from './errors.js';
import { Linker, TRANSPORTS } from './linker.js';
import { Session } from './session.js';
import { checked } from './timers.js';

const REQUEST_TIMEOUT = 5000;
const MAX_ATTEMPTS = 2000;
const PROBE_DELAY = 5000;

/**
 * The client of the Kurento documentation, option for option: code written for kurento-jsonrpc-js runs unchanged.
 *
 * What is better: it takes its session up again by itself after a loss, close() ends all, errors of handlers are
 * answered, SockJS is built in, and calls made while there is no connection wait for it.
 */
export class JsonRpcClient {
    #session;
    #rpc;
    #requestTimeout;
    #hasFailed = false;

    constructor({ ws = {}, rpc = {}, heartbeat, sendCloseMessage } = {}) {
        const requestTimeout = checked('requestTimeout', rpc.requestTimeout ?? REQUEST_TIMEOUT);
        this.#rpc = rpc;
        this.#requestTimeout = requestTimeout;
        const hasWebSocket = ws.WebSocket ?? globalThis.WebSocket;
        const linker = new Linker(ws.uri, {
            ...ws,
            SockJS: ws.useSockJS ? ws.SockJS : undefined,
            websocketSuffix: ws.useSockJS ? '/websocket' : '',
            transports: ws.transports ?? (ws.useSockJS || !hasWebSocket ? TRANSPORTS : ['websocket']),
        });
        this.#session = new Session(
            linker,
            {
                requestTimeout,
                heartbeat: checked('heartbeat', heartbeat || 0),
                heartbeatTimeout: checked('heartbeatRequestTimeout', rpc.heartbeatRequestTimeout ?? requestTimeout),
                queueLimit: 256,
                maxAttempts: MAX_ATTEMPTS,
                probeDelay: PROBE_DELAY,
                backoff: new Backoff(ws.backoff),
                firstId: 0,
                greet: false,
                nextUrl: ws.newWsUriOnReconnection,
            },
            {
                event: (name, detail) => this.#event(ws, name, detail),
                notification: (method, params) => this.#dispatch(method, params),
                request: (method, params, reply) => this.#dispatch(method, params, reply),
            },
        );

        // Own functions, since code passes them on without their object.
        this.send = (method, params, callback) => this.#send(method, params, callback);
        this.close = () => void this.#session.close({ closeSession: Boolean(sendCloseMessage), timeout: requestTimeout });
        this.reconnect = () => void (this.#session.state === 'reconnecting' || this.#session.reconnect());
        this.forceClose = (millis) => void this.#session.reconnect(millis ?? 0);
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

    #event(ws, name, detail) {
        const call = (callback, ...args) => typeof callback === 'function' && guarded(callback, ...args);
        switch (name) {
            case 'connected':
                return call(ws.onconnected);
            case 'reconnecting':
                // As documented; the original calls it only when it gives up.
                call(ws.ondisconnect, new RpcError('transport', detail.reason));
                return this.#session.state === 'reconnecting' && call(ws.onreconnecting);
            case 'reconnected':
                return call(ws.onreconnected);
            case 'disconnected':
                return detail.byUser || call(ws.ondisconnect, detail.error);
            case 'connectionFailed':
                if (this.#hasFailed || this.#session.state !== 'connecting') return;
                this.#hasFailed = true;
                call(ws.onerror, detail.error);
                return call(ws.onreconnecting);
        }
    }

    #send(method, params, callback) {
        if (typeof params === 'function') [params, callback] = [undefined, params];
        const requestTime = Date.now();
        const attempt = (timeout, id) => {
            this.#session.request(method, params || undefined, { timeout, id }, (error, result) => {
                if (!error) return callback?.(undefined, result);
                callback?.(legacyError(error, requestTime, () => attempt(timeout * 2, error.id)), result);
            });
        };
        attempt(this.#requestTimeout);
    }

    #dispatch(method, params = {}, reply) {
        if (method === 'pull') return reply?.(undefined, 'push');
        const handler = this.#rpc[method];
        if (typeof handler !== 'function' || handler === Object.prototype[method]) {
            return reply?.({ code: CODES.unknownMethod, message: `Unknown method: ${method}` });
        }
        const failed = (error) => {
            console.error(error);
            reply?.({ code: CODES.internal, message: String(error?.message ?? error) });
        };
        try {
            Promise.resolve(handler.call(this.#rpc, params, { method, params, reply })).catch(failed);
        } catch (error) {
            failed(error);
        }
    }
}

/** The server's error as it came; our own with what the original gave: the request's text and a way to try again. */
function legacyError(error, requestTime, retry) {
    if (error.kind === 'remote') {
        const { wire } = error;
        return typeof wire === 'object' ? Object.assign(wire, { requestTime }) : wire;
    }
    if (error.kind !== 'timeout') return Object.assign(error, { requestTime });
    return Object.assign(new RpcError('timeout', 'Request has timed out'), { request: error.request, retry, requestTime });
}
