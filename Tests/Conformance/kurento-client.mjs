#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Drives the public kurento-jsonrpc-js, unmodified, through everything that it does with a server.
//   HOLDFAST_URL               the server (default http://127.0.0.1:8081), with /rpc/echo and /rpc/jsonrpcreverse
//   KURENTO_JSONRPC_JS_DIR     a checkout of Kurento/kurento-jsonrpc-js
// Needs Debian's node-ws and node-inherits.
import assert from 'node:assert/strict';
import { createRequire, Module } from 'node:module';
import { join } from 'node:path';

const checkout = process.env.KURENTO_JSONRPC_JS_DIR;
if (!checkout) {
    console.error('set KURENTO_JSONRPC_JS_DIR to a checkout of Kurento/kurento-jsonrpc-js');
    process.exit(2);
}
process.env.NODE_PATH = [process.env.NODE_PATH, '/usr/share/nodejs', '/usr/lib/nodejs'].filter(Boolean).join(':');
Module._initPaths();
const require = createRequire(import.meta.url);
const log = console.log.bind(console);
if (!process.env.VERBOSE) for (const level of ['debug', 'error', 'warn', 'log']) console[level] = () => {};

// The client takes the global WebSocket if there is one; this one is the library's own, watched.
const frames = [];
const PlainWebSocket = require('ws');
const sockets = [];
globalThis.WebSocket = class extends PlainWebSocket {
    constructor(...parameters) {
        super(...parameters);
        sockets.push(this);
        this.on('message', (data) => frames.push(JSON.parse(data)));
        this.on('close', (code) => (this.closeCode = code));
    }
};
const { JsonRpcClient } = require(join(checkout, 'lib')).clients;

const server = new URL(process.env.HOLDFAST_URL ?? 'http://127.0.0.1:8081');
let passed = 0;
let failed = 0;

async function step(name, body) {
    const limit = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer in 10 s')), 10_000).unref());
    try {
        const note = await Promise.race([body(), limit]);
        passed++;
        log(`passed ${name}${note ? `: ${note}` : ''}`);
    } catch (error) {
        failed++;
        log(`failed ${name}: ${error.message}`);
    }
}

function open(path, { rpc = {}, ...options } = {}) {
    const events = {};
    const next = (name) => new Promise((resolve) => (events[name] = resolve));
    const ws = { uri: `ws://${server.host}${path}`, useSockJS: false };
    for (const name of ['onconnected', 'ondisconnect', 'onreconnecting', 'onreconnected', 'onerror']) {
        ws[name] = (value) => events[name]?.(value);
    }
    const connected = next('onconnected');
    const client = new JsonRpcClient({ ws, rpc: { requestTimeout: 5000, heartbeatRequestTimeout: 5000, ...rpc }, ...options });
    const send = (method, params) =>
        new Promise((resolve, reject) => client.send(method, params, (error, result) => (error ? reject(error) : resolve(result))));
    return { client, send, next, connected };
}

// Its heartbeat may meet a socket that is just being opened again, and does not expect that.
process.on('uncaughtException', (error) => {
    if (!/^WebSocket is not open: readyState 0/.test(error.message)) throw error;
});

const isPong = ({ result }) => result?.value === 'pong';
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const echo = open('/rpc/echo', { heartbeat: 300, sendCloseMessage: true });
let sessionId;
await step('connects', () => echo.connected);
await step('sends a request and gets its result', async () => {
    const result = await echo.send('echo', { text: 'Grüße', list: [1, 2.5, null] });
    sessionId = result.sessionId;
    assert.ok(sessionId, 'the result carries no sessionId');
    assert.deepEqual({ ...result, sessionId: undefined }, { text: 'Grüße', list: [1, 2.5, null], sessionId: undefined });
});
await step('asks for its session with connect', async () => {
    assert.deepEqual(await echo.send('connect'), { value: 'OK', sessionId });
});
await step('sends many requests in order', async () => {
    const sent = Array.from({ length: 500 }, (_, index) => index);
    const answers = [];
    await Promise.all(sent.map((number) => echo.send('echo', { number }).then((result) => answers.push(result.number))));
    assert.deepEqual(answers, sent);
});
await step('keeps the heartbeat', async () => {
    frames.length = 0;
    await pause(1600);
    const pongs = frames.filter(isPong).length;
    assert.ok(pongs >= 4, `${pongs} pongs in 1.6 s`);
    return `${pongs} pongs in 1.6 s`;
});
await step('loses its link, reconnects and keeps its session with connect', async () => {
    const reconnected = echo.next('onreconnected');
    const started = performance.now();
    sockets.at(-1).terminate();
    await reconnected;
    assert.deepEqual(await echo.send('connect', { sessionId }), { value: 'reconnection successful', sessionId });
    assert.equal((await echo.send('echo', { again: true })).sessionId, sessionId);
    return `back after ${(performance.now() - started).toFixed(0)} ms`;
});
await step('loses its link by its own forceClose and does the same', async () => {
    const reconnected = echo.next('onreconnected');
    echo.client.forceClose();
    await reconnected;
    assert.deepEqual(await echo.send('connect', { sessionId }), { value: 'reconnection successful', sessionId });
});
await step('keeps the heartbeat over the new link', async () => {
    frames.length = 0;
    await pause(1000);
    assert.ok(frames.filter(isPong).length >= 2);
});
await step('gets an error for a session that never was', async () => {
    await assert.rejects(echo.send('connect', { sessionId: 'nobody' }), (error) => error.code === 40007);
});
await step('closes its session', async () => {
    const socket = sockets.at(-1);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    frames.length = 0;
    echo.client.close();
    assert.equal(await closed, 1000);
    assert.ok(frames.some(({ result }) => result === 'bye' || result?.value === 'bye'), 'no answer to closeSession');
});
await step('finds its session gone after that', async () => {
    const other = open('/rpc/echo');
    await other.connected;
    await assert.rejects(other.send('connect', { sessionId }), (error) => error.code === 40007);
    other.client.close();
});
await step('answers the requests of the server', async () => {
    const calls = [];
    let finished;
    const twice = new Promise((resolve) => (finished = resolve));
    const reverse = open('/rpc/jsonrpcreverse', {
        rpc: {
            method(params, request) {
                calls.push(params);
                request.reply(null, { ...params, answer: calls.length });
                if (calls.length === 2) finished();
            },
        },
    });
    await reverse.connected;
    const first = await reverse.send('method', { question: 'who?' });
    assert.equal(first.question, 'who?');
    await twice;
    assert.equal(calls[0].question, 'who?');
    assert.equal(calls[1].answer, 1);
    reverse.client.close();
});
log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
