// SPDX-License-Identifier: Apache-2.0
// What a browser knows of the network, in a page and in a worker.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Client, JsonRpcClient } from '../../Sources/HoldfastJS/holdfast.mjs';
import { fakeNetwork, freshUrl, record, settled } from './support/fake.mjs';
import { fakePage } from './support/fake-page.mjs';

const same = { sessionId: 'S' };

let network;
let page;
let rpc;

beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    network = fakeNetwork();
});

afterEach(async () => {
    await rpc?.close();
    page.remove();
    mock.timers.reset();
});

const pass = async (milliseconds) => {
    mock.timers.tick(milliseconds);
    await settled();
};

async function start(options = {}, url = freshUrl()) {
    rpc = new Client(url, { WebSocket: network.WebSocket, transports: ['websocket'], ...options });
    await pass(0);
}

async function connect(options) {
    await start(options);
    network.socket.accept();
    network.socket.answer('rpc.connect', { sessionId: 'S' });
    await settled();
    if (pings() > 0) network.socket.answer('rpc.ping', 'pong');
}

const pings = (name = 'rpc.ping') => network.socket.sent.filter(({ method }) => method === name).length;

for (const isWorker of [false, true]) {
    suite(`in a ${isWorker ? 'worker' : 'page'}`, () => {
        beforeEach(() => {
            page = fakePage({ isWorker });
        });

        for (const event of ['online', 'offline']) {
            test(`${event}: the link is asked at once whether it lives`, async () => {
                await connect();
                const events = record(rpc);
                await pass(1000);
                page.tell(event);
                assert.equal(pings(), 2);
                await pass(4999);
                assert.deepEqual(events, []);
                await pass(1);
                assert.deepEqual(events, ['reconnecting']);
            });
            test(`${event}: a link that answers stays`, async () => {
                await connect();
                page.tell(event);
                network.socket.answer('rpc.ping', 'pong');
                await pass(4000);
                assert.equal(rpc.state, 'connected');
                assert.equal(network.sockets.length, 1);
            });
            test(`${event} again and again: one ping waits at a time, and its end is not put off`, async () => {
                await connect();
                const events = record(rpc);
                for (let i = 0; i < 50; i += 1) {
                    page.tell(event);
                    await pass(100);
                }
                assert.equal(pings(), 2);
                assert.deepEqual(events, ['reconnecting']);
            });
            test(`${event} without a heartbeat: no ping`, async () => {
                for (const heartbeat of [0, Infinity]) {
                    await connect({ heartbeat });
                    page.tell(event);
                    assert.equal(pings(), 0);
                    await rpc.close();
                }
            });
        }
        test('online while it waits: the next attempt is at once', async () => {
            await connect();
            network.socket.lose();
            await pass(500);
            network.socket.lose();
            assert.equal(network.sockets.length, 2);
            page.tell('online');
            await pass(0);
            assert.equal(network.sockets.length, 3);
            network.socket.accept();
            network.socket.answer('rpc.connect', same);
            assert.equal(rpc.state, 'connected');
        });
        test('while offline nobody is knocked at, and then at once', async () => {
            await connect();
            const events = record(rpc);
            page.tell('offline');
            network.socket.lose();
            await pass(1000000);
            assert.equal(network.sockets.length, 1);
            assert.deepEqual(events, ['reconnecting']);
            page.tell('online');
            await pass(0);
            assert.equal(network.sockets.length, 2);
            network.socket.accept();
            network.socket.answer('rpc.connect', same);
            assert.deepEqual(events, ['reconnecting', 'reconnected: same']);
        });
        test('offline during an attempt ends it, and does not count as one that failed', async () => {
            await connect({ maxAttempts: 1 });
            const events = record(rpc);
            network.socket.lose();
            await pass(500);
            const attempt = network.socket;
            page.tell('offline');
            attempt.lose();
            await pass(1000000);
            assert.equal(network.sockets.length, 2);
            assert.deepEqual(events, ['reconnecting']);
            page.tell('online');
            await pass(0);
            assert.equal(network.sockets.length, 3);
        });
        test('a client made offline waits for the network; one of this very machine needs none', async () => {
            page.remove();
            page = fakePage({ isWorker, onLine: false });
            await start();
            await pass(1000000);
            assert.equal(network.sockets.length, 0);
            page.tell('online');
            await pass(0);
            assert.equal(network.sockets.length, 1);
            await rpc.close();
            page.tell('offline');
            for (const host of ['localhost:8080', '127.0.0.1', '127.1.2.3:1', '[::1]:8080']) {
                network = fakeNetwork();
                await start({}, `ws://${host}/rpc`);
                assert.equal(network.sockets.length, 1, host);
                await rpc.close();
            }
        });
        test('reconnect() tries although the browser thinks there is no network', async () => {
            await connect();
            page.tell('offline');
            rpc.reconnect();
            await pass(0);
            assert.equal(network.sockets.length, 2);
        });
        test('what the application asked for holds: neither event shortens reconnect({ delay })', async () => {
            await connect();
            rpc.reconnect({ delay: 3000 });
            for (const event of ['offline', 'online', 'visibilitychange']) page.tell(event);
            await pass(2999);
            assert.equal(network.sockets.length, 1);
            await pass(1);
            assert.equal(network.sockets.length, 2);
        });
        test('offline when the time to come back ends: it waits for the network then', async () => {
            await connect();
            rpc.reconnect({ delay: 3000 });
            page.tell('offline');
            await pass(5000);
            assert.equal(network.sockets.length, 1);
            page.tell('online');
            await pass(0);
            assert.equal(network.sockets.length, 2);
        });
        test('after close() no event does anything', async () => {
            await connect();
            await rpc.close();
            const { length } = network.socket.sent;
            for (const event of ['offline', 'online', 'visibilitychange', 'pagehide', 'pageshow']) page.tell(event, { persisted: true });
            await pass(100000);
            assert.equal(network.sockets.length, 1);
            assert.equal(network.socket.sent.length, length);
        });
        test('a client that gave up stays so', async () => {
            await start({ maxAttempts: 1 });
            network.socket.lose();
            assert.equal(rpc.state, 'disconnected');
            page.tell('online');
            await pass(100000);
            assert.equal(network.sockets.length, 1);
        });
        test('the documented client does the same', async () => {
            const client = (rpc = new JsonRpcClient({ heartbeat: 5000, ws: { uri: freshUrl(), WebSocket: network.WebSocket } }));
            await pass(0);
            network.socket.accept();
            network.socket.answer('ping', { value: 'pong' });
            page.tell('offline');
            assert.equal(pings('ping'), 2);
            network.socket.lose();
            await pass(1000000);
            assert.equal(network.sockets.length, 1);
            page.tell('online');
            await pass(0);
            assert.equal(network.sockets.length, 2);
            assert.equal(client.state, 'reconnecting');
        });
    });
}

suite('in a worker without events of the network', () => {
    beforeEach(() => {
        page = fakePage({ isWorker: true, hasEvents: false });
    });

    test('the link is asked within a second whether it lives', async () => {
        await connect({ heartbeat: 60000 });
        for (const [count, event] of ['offline', 'online', 'offline'].entries()) {
            page.tell(event);
            await pass(1000);
            assert.equal(pings(), count + 2);
            network.socket.answer('rpc.ping', 'pong');
        }
    });
    test('while offline nobody is knocked at, and then within a second', async () => {
        await connect();
        page.tell('offline');
        await pass(1000);
        network.socket.lose();
        await pass(1000000);
        assert.equal(network.sockets.length, 1);
        page.tell('online');
        await pass(1000);
        await pass(0);
        assert.equal(network.sockets.length, 2);
    });
    test('after close() nobody looks any more', async () => {
        await connect();
        await rpc.close();
        page.tell('offline');
        await pass(10000);
        page.tell('online');
        await pass(10000);
        assert.equal(network.sockets.length, 1);
    });
});

suite('a page that comes back from the browser\'s cache', () => {
    test('its link is asked at once, or made at once', async () => {
        page = fakePage();
        await connect();
        page.tell('pagehide', { persisted: true });
        page.tell('pageshow', { persisted: true });
        assert.equal(pings(), 2);
        network.socket.lose();
        await pass(500);
        network.socket.lose();
        const count = network.sockets.length;
        page.tell('pageshow', { persisted: true });
        await pass(0);
        assert.equal(network.sockets.length, count + 1);
    });
});
