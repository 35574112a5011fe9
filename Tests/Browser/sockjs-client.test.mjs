// SPDX-License-Identifier: Apache-2.0
// The public sockjs-client, given to our clients in place of their own SockJS. Debian's node-sockjs-client.
import assert from 'node:assert/strict';
import { createRequire, Module } from 'node:module';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { Client, JsonRpcClient } from '../../Sources/HoldfastJS/holdfast.mjs';
import { exercise, next } from './support/exercise.mjs';
import { Proxy } from './support/proxy.mjs';

const url = process.env.HOLDFAST_URL;

function load() {
    process.env.NODE_PATH = [process.env.NODE_PATH, '/usr/share/nodejs', '/usr/lib/nodejs'].filter(Boolean).join(':');
    Module._initPaths();
    try {
        return createRequire(import.meta.url)('sockjs-client');
    } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
}

const SockJS = load();
const skip = (!url && 'no HOLDFAST_URL') || (!SockJS && 'no sockjs-client');

suite('with the public sockjs-client', { skip, timeout: 60000 }, () => {
    let proxy;
    let close;

    beforeEach(async () => {
        proxy = await Proxy.to(url);
    });
    afterEach(async () => {
        await close?.();
        await proxy.close();
    });

    /** The constructor, limited to one transport. */
    const only = (transport) =>
        class extends SockJS {
            constructor(address) {
                super(address, null, { transports: transport });
            }
        };

    for (const transport of ['websocket', 'xhr-streaming', 'xhr-polling']) {
        test(`Client over ${transport}: calls both ways, order, and a cut`, async () => {
            const rpc = new Client(`${proxy.url}/rpc/session`, { SockJS: only(transport), backoff: { min: 20, max: 50 } });
            close = () => rpc.close();
            await next(rpc, 'connected');
            assert.equal(rpc.transport, transport);
            await exercise(rpc);
            const { sessionId } = rpc;
            const held = rpc.call('hold', { n: 1 });
            await rpc.call('echo', {});
            const back = next(rpc, 'reconnected');
            proxy.cut();
            assert.deepEqual(await back, { sameSession: true, sessionId, transport });
            await rpc.call('release');
            assert.deepEqual(await held, { n: 1 });
            await exercise(rpc);
        });
    }

    test('Client falls back where WebSocket does not get through', async () => {
        proxy.upgrade = 'forbid';
        const rpc = new Client(`${proxy.url}/rpc/session`, { SockJS });
        close = () => rpc.close();
        await next(rpc, 'connected');
        assert.match(rpc.transport, /^(xhr|eventsource)/);
        await exercise(rpc);
    });

    test('JsonRpcClient with useSockJS', async () => {
        let client;
        await new Promise((resolve) => {
            client = new JsonRpcClient({ ws: { uri: `${proxy.url}/rpc/echo`, useSockJS: true, SockJS, onconnected: resolve }, rpc: {} });
        });
        close = () => client.close();
        const result = await new Promise((resolve, reject) => {
            client.send('echo', { a: 1 }, (error, answer) => (error ? reject(error) : resolve(answer)));
        });
        assert.equal(result.a, 1);
    });
});
