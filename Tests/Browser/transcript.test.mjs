// SPDX-License-Identifier: Apache-2.0
// The public kurento-jsonrpc-js and our JsonRpcClient go through the same script of calls against the real server; what went
// over the wire and what the callbacks were given is compared.
//
// Three differences are meant and taken out first: after a loss ours asks for its session with `connect` (the original has none),
// it numbers that request, and it calls `ondisconnect` at the loss, as documented (the original only when it gives up). The
// faults of the original that ours does not share are in kurento.test.mjs.
import assert from 'node:assert/strict';
import { createRequire, Module } from 'node:module';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { JsonRpcClient } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Proxy } from './support/proxy.mjs';

const url = process.env.HOLDFAST_URL;
const checkout = process.env.KURENTO_JSONRPC_JS_DIR;
const skip = (!url && 'no HOLDFAST_URL') || (!checkout && 'no KURENTO_JSONRPC_JS_DIR');
const CALLBACKS = ['onconnected', 'ondisconnect', 'onreconnecting', 'onreconnected', 'onerror'];

/** Loads the original, quiet, with the `ws` package as the WebSocket of both. */
function loadOriginal() {
    process.env.NODE_PATH = [process.env.NODE_PATH, '/usr/share/nodejs', '/usr/lib/nodejs'].filter(Boolean).join(':');
    Module._initPaths();
    const require = createRequire(import.meta.url);
    const PlainWebSocket = require('ws');
    globalThis.WebSocket = class extends PlainWebSocket {
        constructor(...parameters) {
            super(...parameters);
            current.opens(this);
        }

        send(text, ...rest) {
            current.sends(text);
            super.send(text, ...rest);
        }
    };
    for (const level of ['debug', 'warn', 'error']) console[level] = () => {};
    const original = require(join(checkout, 'lib')).clients.JsonRpcClient;
    return { original, SockJS: require('sockjs-client') };
}

let current;

/** One client's way through a script, and what is written down of it. */
class Recording {
    lines = [];
    /** `all`, `pings` or `callbacks`. */
    shows = 'all';
    isClosing = false;
    #waiting = [];
    #sockets = [];
    #names = new Map();
    #own = new Set();
    #asked = false;

    /** `isOurs` makes it leave out what only our client sends. */
    constructor(isOurs) {
        this.isOurs = isOurs;
    }

    write(line) {
        this.lines.push(line);
        for (const waiting of this.#waiting.splice(0)) waiting();
    }

    /** Waits until so many lines begin with `start`. */
    async until(start, count = 1) {
        while (this.lines.filter((line) => line.startsWith(start)).length < count) {
            await new Promise((resolve) => this.#waiting.push(resolve));
        }
    }

    opens(socket) {
        this.#sockets.push(socket);
        const isFirst = this.#sockets.length === 1;
        if (!isFirst) this.#asked = false;
        socket.on('message', (data) => this.#message('←', String(data)));
        socket.on('close', (code) => socket === this.#sockets.at(-1) && this.isClosing && this.write(`closed ${code}`));
    }

    sends(text) {
        this.#message('→', text);
    }

    lose() {
        this.#sockets.at(-1).terminate();
    }

    /** The text with ids and sessions by the order in which they were first seen. */
    #message(arrow, text) {
        const { id, method } = JSON.parse(text);
        const isClients = (arrow === '→') === (method !== undefined);
        if (this.isOurs && arrow === '→' && method === 'connect' && this.#sockets.length > 1 && !this.#asked) {
            this.#asked = true;
            this.#own.add(id);
        }
        if (isClients && this.#own.has(id)) return;
        // The rhythm of pings is its own matter, which one script looks at.
        const isPing = method === 'ping' || text.includes('"pong"');
        if (isPing || this.shows !== 'all') {
            if (isPing && this.shows === 'pings') this.write(method ? `→ ${text.replace(/,"id":\d+/, '')}` : '← pong');
            return;
        }
        const plain = text
            .replace(/"error":"[0-9a-f]+"/, '"error":"the number in the log"')
            .replace(/"id":("[^"]*"|\d+)/, (_, name) => `"id":"${this.#name(isClients ? 'c' : 's', name)}"`)
            .replace(/"sessionId":"([^"]*)"/g, (_, name) => `"sessionId":"${this.#name('S', name)}"`);
        this.write(`${arrow} ${plain}`);
    }

    #name(kind, name) {
        const key = kind + name;
        const count = [...this.#names.keys()].filter((other) => other[0] === kind).length;
        if (!this.#names.has(key)) this.#names.set(key, `${kind}${count}`);
        return this.#names.get(key);
    }

    /** What a callback was given. */
    given(value) {
        if (value === undefined || value === null) return String(value);
        if (value instanceof Error) {
            const { requestTime, retry, request } = value;
            return `Error(${value.message}) requestTime:${typeof requestTime} retry:${typeof retry} request:${request?.replace(/"id":\d+/, '"id":N')}`;
        }
        const { requestTime, ...rest } = Object(value);
        const text = JSON.stringify(typeof value === 'object' ? rest : value);
        const named = text.replace(/"error":"[0-9a-f]+"/, '"error":"the number in the log"').replace(/"sessionId":"([^"]*)"/g, (_, name) => `"sessionId":"${this.#name('S', name)}"`);
        return requestTime === undefined ? named : `${named} requestTime:${typeof requestTime}`;
    }
}

/** Runs a script with one of the clients. */
async function record(Client, isOurs, { path = '/rpc/session', configuration = {}, rpc = {}, ws = {}, shows = 'all', script }) {
    const proxy = await Proxy.to(url);
    const it = (current = new Recording(isOurs));
    it.shows = shows;
    const callbacks = {};
    for (const name of CALLBACKS) callbacks[name] = (...args) => shows === 'pings' || (isOurs && name === 'ondisconnect') || it.write(`${name}(${name === 'onerror' ? '…' : args.map((arg) => it.given(arg))})`);
    const handlers = {};
    for (const [name, handler] of Object.entries(rpc)) {
        const isMethod = typeof handler === 'function';
        handlers[name] = isMethod
            ? (params, request) => {
                  it.write(`handler ${name}(${it.given(params)}), reply: ${typeof request.reply}`);
                  handler(params, request);
              }
            : handler;
    }
    const uri = `${proxy.url.replace('http', ws.useSockJS ? 'http' : 'ws')}${path}`;
    const extra = typeof ws === 'function' ? ws(it, proxy) : ws;
    const client = new Client({ ...configuration, ws: { uri, ...callbacks, ...extra }, rpc: handlers });
    const send = (method, params) =>
        new Promise((resolve) => {
            client.send(method, params, (error, result) => {
                it.write(`${method} gives ${it.given(error)}, ${it.given(result)}`);
                resolve({ error, result });
            });
        });
    const limit = new Promise((_, reject) => {
        setTimeout(() => reject(new Error(`stuck after\n${it.lines.join('\n')}`)), 10000).unref();
    });
    try {
        await Promise.race([script({ client, send, it, proxy }), limit]);
        return [...it.lines];
    } finally {
        client.close();
        await proxy.close();
    }
}

const scripts = {
    'connect, and nothing is sent': {
        async script({ it }) {
            await it.until('onconnected');
        },
    },
    'requests with params of every kind, with and without a callback': {
        async script({ client, send, it }) {
            await it.until('onconnected');
            await send('echo', { a: 1, text: 'Grüße 😀', list: [1, 2.5, null] });
            await send('echo', [1, 2]);
            await send('echo', 'text');
            await send('echo', 7);
            await send('echo', null);
            await send('echo', undefined);
            await send('echo', {});
            client.send('echo', { no: 'callback' });
            await send('notes');
            await send('say', { count: 1 });
        },
    },
    'a handler of the documentation: empty answers, scalars': {
        path: '/rpc/echo',
        async script({ send, it }) {
            await it.until('onconnected');
            await send('echo', { a: 1 });
            await send('unknown', { a: 1 });
        },
    },
    'sessions: new, then old': {
        path: '/rpc/new_session_handler',
        async script({ send, it }) {
            await it.until('onconnected');
            await send('a');
            await send('a');
            await send('connect');
        },
    },
    errors: {
        path: '/rpc/error_handler',
        async script({ send, it }) {
            await it.until('onconnected');
            await send('explicitError');
            await send('exceptionError');
            await send('connect', { sessionId: 'nobody' });
        },
    },
    'an unknown method, and parameters that do not fit': {
        async script({ send, it }) {
            await it.until('onconnected');
            await send('nothing');
            await send('say', { count: 'many' });
        },
    },
    'many requests at once': {
        async script({ send, it }) {
            await it.until('onconnected');
            await Promise.all(Array.from({ length: 50 }, (_, n) => send('echo', { n })));
        },
    },
    'requestTimeout, then retry()': {
        rpc: { requestTimeout: 300 },
        async script({ send, client, it }) {
            await it.until('onconnected');
            const { error } = await send('hold', { n: 1 });
            error.retry();
            client.send('release');
            await it.until('hold gives', 2);
        },
    },
    'a request of the server': {
        rpc: { confirm: (params, request) => request.reply(null, { got: params }) },
        async script({ send, it }) {
            await it.until('onconnected');
            await send('ask', { n: 1 });
        },
    },
    'a request of the server, answered with an error': {
        rpc: { confirm: (params, request) => request.reply({ code: 7, message: 'no', data: { x: 1 } }) },
        async script({ send, it }) {
            await it.until('onconnected');
            await send('ask', { n: 1 });
        },
    },
    'a request of the server, answered with nothing and later': {
        rpc: { confirm: (params, request) => setImmediate(() => request.reply()) },
        async script({ send, it }) {
            await it.until('onconnected');
            await send('ask', {});
        },
    },
    'the request pull': {
        async script({ send, it }) {
            await it.until('onconnected');
            await send('ask', { ask: 'pull' });
        },
    },
    'notifications of the server': {
        rpc: { said: () => {} },
        async script({ send, it }) {
            await it.until('onconnected');
            await send('say', { count: 3 });
        },
    },
    'forceClose, then connect by hand': {
        async script({ client, send, it }) {
            await it.until('onconnected');
            const { result } = await send('echo', {});
            client.forceClose();
            await it.until('onreconnected');
            await send('connect', { sessionId: result.sessionId });
            await send('notes');
        },
    },
    'the link is lost, twice': {
        async script({ client, send, it }) {
            await it.until('onconnected');
            const { result } = await send('echo', {});
            for (const round of [1, 2]) {
                it.lose();
                await it.until('onreconnected', round);
                await send('connect', { sessionId: result.sessionId });
            }
            client.forceClose();
            await it.until('onreconnected', 3);
        },
    },
    reconnect: {
        async script({ client, send, it }) {
            await it.until('onconnected');
            const { result } = await send('echo', {});
            client.reconnect();
            await it.until('onreconnected');
            await send('connect', { sessionId: result.sessionId });
        },
    },
    'a new address for coming back': {
        ws: (it, proxy) => ({
            newWsUriOnReconnection(callback) {
                it.write('newWsUriOnReconnection');
                callback(null, `${proxy.url.replace('http', 'ws')}/rpc/echo`);
            },
        }),
        async script({ client, send, it }) {
            await it.until('onconnected');
            client.forceClose();
            await it.until('onreconnected');
            await send('unknown', {});
        },
    },
    'heartbeat: pings, the first with its interval, also after a loss': {
        configuration: { heartbeat: 100 },
        shows: 'pings',
        async script({ it }) {
            await it.until('← pong', 3);
            it.lose();
            await it.until('← pong', 5);
        },
    },
    'heartbeatRequestTimeout: a server that says nothing any more': {
        configuration: { heartbeat: 100 },
        rpc: { heartbeatRequestTimeout: 300, requestTimeout: 4000 },
        async script({ send, it, proxy }) {
            await it.until('onconnected');
            const { result } = await send('echo', {});
            proxy.stall();
            await it.until('onreconnected');
            await send('connect', { sessionId: result.sessionId });
        },
    },
    'close with sendCloseMessage': {
        configuration: { sendCloseMessage: true },
        async script({ client, send, it }) {
            await it.until('onconnected');
            await send('echo', {});
            it.isClosing = true;
            client.close();
            await it.until('closed');
        },
    },
    'close without sendCloseMessage': {
        configuration: { heartbeat: 1000 },
        async script({ client, send, it }) {
            await it.until('onconnected');
            await send('echo', {});
            it.isClosing = true;
            client.close();
            await it.until('closed');
        },
    },
    'a server that is not there': {
        path: '/nowhere',
        async script({ it }) {
            await it.until('onerror');
            // What follows differs: the original calls onreconnected when it gets there, ours onconnected.
            it.lines = it.lines.slice(0, 1);
        },
    },
    'useSockJS, with the SockJS of the page': {
        ws: { useSockJS: true },
        shows: 'callbacks',
        async script({ client, send, it }) {
            await it.until('onconnected');
            const { result } = await send('echo', { a: 1 });
            client.forceClose();
            await it.until('onreconnected');
            await send('connect', { sessionId: result.sessionId });
        },
    },
};

suite('the same script for kurento-jsonrpc-js and our client', { skip, timeout: 60000 }, () => {
    const loud = { debug: console.debug, warn: console.warn, error: console.error };
    // The original cannot be told to stop coming back: its timers must not keep the process. The proxy does while a script runs.
    const timers = { setTimeout, setInterval };
    for (const [name, start] of Object.entries(skip ? {} : timers)) globalThis[name] = (...args) => start(...args).unref();
    const { original, SockJS } = skip ? {} : loadOriginal();
    after(() => {
        Object.assign(console, loud);
        Object.assign(globalThis, timers);
    });

    for (const [name, scenario] of Object.entries(scripts)) {
        test(name, async (context) => {
            globalThis.SockJS = SockJS;
            const theirs = await record(original, false, scenario);
            // Ours has its own SockJS, and takes another one if it is given.
            delete globalThis.SockJS;
            const ours = await record(JsonRpcClient, true, scenario);
            assert.deepEqual(ours, theirs);
            context.diagnostic(`${theirs.length} lines`);
            assert.ok(theirs.length > 0);
        });
    }
});
