// SPDX-License-Identifier: Apache-2.0
// Which transport is tried first, what is remembered of that, and what is told when none works.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { Client, JsonRpcClient, RpcError, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { next } from './support/exercise.mjs';
import { Portal } from './support/portal.mjs';
import { Proxy } from './support/proxy.mjs';

const url = process.env.HOLDFAST_URL;
const skip = (!url && 'no HOLDFAST_URL') || (!globalThis.WebSocket && 'no WebSocket here');
const OPTIONS = { openTimeout: { websocket: 300 }, probeDelay: 60000, backoff: { min: 1, max: 1 } };

let proxy;
let rpc;
let stored;

beforeEach(async () => {
    stored = new Map();
    globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
});

afterEach(async () => {
    await rpc?.close();
    await proxy?.close();
    delete globalThis.localStorage;
    rpc = proxy = undefined;
});

/** The transport of a new client. */
async function first(options) {
    rpc = new Client(`${proxy.url}/rpc/session`, { ...OPTIONS, ...options });
    const { transport } = await next(rpc, 'connected');
    await rpc.close();
    return transport;
}

suite('what is remembered', { skip, timeout: 20000 }, () => {
    beforeEach(async () => {
        proxy = await Proxy.to(url);
    });

    const others = {
        'polling only': ['xhr-polling'],
        'streaming and polling': ['xhr-streaming', 'xhr-polling'],
        'all, in another order': ['xhr-polling', 'xhr-streaming', 'websocket'],
    };
    for (const [name, transports] of Object.entries(others)) {
        test(`${name}: nothing, so that other clients begin with the best`, async () => {
            assert.equal(await first({ transports }), transports[0]);
            assert.deepEqual([...stored], []);
            assert.equal(await first(), 'websocket');
        });
    }
    test('a client that is told to use one transport: nothing', async () => {
        rpc = new Client(`${proxy.url}/rpc/session`, OPTIONS);
        await next(rpc, 'connected');
        for (const name of ['xhr-polling', null]) {
            await rpc.forceTransport(name);
            const back = next(rpc, 'reconnected');
            rpc.reconnect();
            assert.equal((await back).transport, name ?? 'websocket');
        }
        await rpc.close();
        assert.equal(await first(), 'websocket');
    });
    test('the documented client without SockJS: nothing', async () => {
        await new Promise((resolve) => {
            rpc = new JsonRpcClient({ ws: { uri: `${proxy.url}/rpc/echo`, onconnected: resolve } });
        });
        assert.deepEqual([...stored], []);
    });
    test('a choice from the full list is remembered, for those who may choose as freely', async () => {
        proxy.upgrade = 'swallow';
        assert.equal(await first({ transports: [...TRANSPORTS] }), 'xhr-streaming');
        assert.equal(stored.size, 1);
        // Now a WebSocket would work, but it is not the first thing to be tried for an hour.
        proxy.upgrade = 'pass';
        assert.equal(await first(), 'xhr-streaming');
        assert.equal(await first({ transports: ['websocket', 'xhr-polling'] }), 'websocket');
        assert.equal(await first({ transports: ['websocket', 'xhr-streaming'] }), 'websocket');
    });
    test('each client begins with what worked for itself, whatever its list', async () => {
        proxy.upgrade = 'swallow';
        rpc = new Client(`${proxy.url}/rpc/session`, { ...OPTIONS, transports: ['websocket', 'xhr-polling'] });
        await next(rpc, 'connected');
        proxy.upgrade = 'pass';
        const back = next(rpc, 'reconnected');
        rpc.reconnect();
        assert.equal((await back).transport, 'xhr-polling');
    });
});

suite('what is told when no transport works', { timeout: 20000 }, () => {
    const failure = async (address, options) => {
        rpc = new Client(address, { ...OPTIONS, ...options });
        return (await next(rpc, 'connectionFailed')).error;
    };
    test('the reason of each', { skip: !globalThis.WebSocket && 'no WebSocket here' }, async () => {
        const portal = await Portal.start((request, response) => response.writeHead(503).end());
        try {
            const error = await failure(`${portal.url}/rpc`);
            assert.ok(error instanceof RpcError);
            assert.equal(error.kind, 'transport');
            assert.ok(Array.isArray(error.cause));
            assert.deepEqual(error.cause.map(({ transport, kind }) => [transport, kind]), TRANSPORTS.map((name) => [name, 'transport']));
            for (const cause of error.cause) {
                assert.ok(cause instanceof RpcError);
                assert.ok(error.message.includes(cause.message), error.message);
            }
            assert.match(error.cause[1].message, /^xhr-streaming: xhr_streaming answered 503/);
            assert.match(error.cause[2].message, /^xhr-polling: xhr answered 503/);
        } finally {
            await portal.stop();
        }
    });
    test('a constructor that throws, as for mixed content, is a reason like others', async () => {
        class Refusing {
            constructor() {
                throw new DOMException('An insecure WebSocket may not be initiated from a page over HTTPS', 'SecurityError');
            }
        }
        const error = await failure('ws://127.0.0.1:9/rpc', { WebSocket: Refusing });
        assert.equal(error.cause.length, 3);
        assert.match(error.cause[0].message, /^websocket: An insecure WebSocket/);
        for (const { message } of error.cause.slice(1)) assert.match(message, /fetch failed/);
    });
    test('no answer in time is a timeout', async () => {
        const portal = await Portal.start(() => {});
        try {
            const error = await failure(`${portal.url}/rpc`, { transports: ['xhr-polling'], openTimeout: 50 });
            assert.deepEqual(error.cause.map(({ kind, message }) => [kind, message]), [['timeout', 'xhr-polling: not open within 50 ms']]);
        } finally {
            await portal.stop();
        }
    });
    test('nothing to try at all', async () => {
        const error = await failure('ws://127.0.0.1:9/rpc', { transports: [] });
        assert.deepEqual([error.message, error.cause], ['no transport is available here', []]);
    });
    test('the error of giving up has them too', async () => {
        rpc = new Client('ws://127.0.0.1:9/rpc', { ...OPTIONS, transports: ['xhr-streaming', 'xhr-polling'], maxAttempts: 1 });
        const { error } = await next(rpc, 'disconnected');
        assert.equal(error.cause.length, 2);
    });
});
