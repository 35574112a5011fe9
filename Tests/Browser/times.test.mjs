// SPDX-License-Identifier: Apache-2.0
// Every time that an application can give: for ever, longer than a timer holds, and nonsense.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Client, JsonRpcClient } from '../../Sources/HoldfastJS/holdfast.mjs';
import { after } from '../../Sources/HoldfastJS/src/timers.js';
import { fakeNetwork, freshUrl, record, settled } from './support/fake.mjs';

const url = process.env.HOLDFAST_URL;
const DAY = 86400000;
/** More than 2³¹ − 1 ms, which a timer takes for 1. */
const LONG = 3e9;
const LONGEST = 2147483647;
const NONSENSE = [NaN, -1, -Infinity, '500', '', [], {}, true, 5n];

let network;
let rpc;

beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    network = fakeNetwork();
});

afterEach(async () => {
    await rpc?.close();
    rpc = undefined;
    mock.timers.reset();
});

/** Passes time so that the end of the longest timer is met exactly: what a timer starts counts from the end of the tick. */
const pass = async (milliseconds) => {
    for (let rest = milliseconds; rest > 0; rest -= LONGEST) {
        for (let part = Math.min(rest, LONGEST); part > 0; part -= DAY) {
            mock.timers.tick(Math.min(part, DAY));
            await settled();
        }
    }
};

async function connect(options = {}) {
    rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'], heartbeat: 0, ...options });
    mock.timers.tick(0);
    network.socket.accept();
    network.socket.answer('rpc.connect', { sessionId: 'S' });
    await settled();
    return rpc;
}

const pings = () => network.socket.sent.filter(({ method }) => method === 'rpc.ping').length;

suite('a timer', () => {
    const started = (milliseconds) => {
        let count = 0;
        return { stop: after(milliseconds, () => (count += 1)), count: () => count };
    };
    for (const milliseconds of [0, 1, 2147483647, 2147483648, LONG, 1e11]) {
        test(`of ${milliseconds} ms ends then, and not before`, async () => {
            const timer = started(milliseconds);
            await pass(milliseconds - 1);
            assert.equal(timer.count(), 0);
            mock.timers.tick(1);
            assert.equal(timer.count(), 1);
            await pass(LONG);
            assert.equal(timer.count(), 1);
        });
    }
    test('of Infinity never ends', async () => {
        const timer = started(Infinity);
        await pass(LONG);
        assert.equal(timer.count(), 0);
    });
    test('can be stopped, also after the first step of many', async () => {
        for (const wait of [0, 2147483647]) {
            const timer = started(LONG);
            await pass(wait);
            timer.stop();
            await pass(LONG);
            assert.equal(timer.count(), 0);
        }
    });
});

suite('for ever, and longer than a timer holds', () => {
    test('heartbeat: Infinity is none, 3e9 one in 3e9 ms', async () => {
        await connect({ heartbeat: Infinity });
        await pass(DAY);
        assert.equal(pings(), 0);
        await rpc.close();
        await connect({ heartbeat: LONG });
        network.socket.answer('rpc.ping', 'pong');
        await pass(LONG - 1);
        assert.equal(pings(), 1);
        await pass(1);
        assert.equal(pings(), 2);
    });
    test('heartbeatTimeout: Infinity waits for the answer for ever', async () => {
        for (const heartbeatTimeout of [Infinity, LONG, 0]) {
            await connect({ heartbeat: 1000, heartbeatTimeout });
            await pass(DAY);
            assert.equal(pings(), 1);
            assert.equal(rpc.state, 'connected');
            await rpc.close();
        }
    });
    test('requestTimeout and timeout: a call waits as long', async () => {
        await connect({ requestTimeout: Infinity });
        const outcomes = [];
        for (const [name, timeout] of [['a', undefined], ['b', Infinity], ['c', LONG], ['d', 2 ** 31]]) {
            rpc.call(name, null, { timeout }).catch(() => outcomes.push(name));
        }
        await pass(2147483647);
        assert.deepEqual(outcomes, []);
        await pass(1);
        assert.deepEqual(outcomes, ['d']);
        await pass(LONG);
        assert.deepEqual(outcomes, ['d', 'c']);
    });
    test('openTimeout: a transport may take as long', async () => {
        for (const openTimeout of [Infinity, LONG, { websocket: Infinity }, { websocket: LONG }, 0]) {
            rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'], openTimeout });
            const events = record(rpc);
            await pass(DAY);
            assert.deepEqual(events, []);
            await rpc.close();
        }
    });
    test('reconnect({ delay }) stays away as long, whatever else happens, until it is called again', async () => {
        for (const delay of [Infinity, LONG, 2 ** 31]) {
            network = fakeNetwork();
            await connect();
            rpc.reconnect({ delay });
            await pass(2147483647);
            assert.equal(network.sockets.length, 1);
            rpc.reconnect();
            await pass(1);
            assert.equal(network.sockets.length, 2);
            await rpc.close();
        }
    });
    test('backoff: pauses may be as long', async () => {
        for (const backoff of [{ min: LONG, max: Infinity }, { min: Infinity, max: Infinity }]) {
            network = fakeNetwork();
            rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'], backoff });
            mock.timers.tick(0);
            network.socket.lose();
            await pass(DAY);
            assert.equal(network.sockets.length, 1);
            await rpc.close();
        }
    });
    test('close: it waits for the answer to closeSession as long', async () => {
        await connect();
        let isClosed = false;
        rpc.close({ closeSession: true, timeout: Infinity }).then(() => (isClosed = true));
        await pass(DAY);
        assert.equal(isClosed, false);
        network.socket.answer('rpc.close', 'bye');
        await settled();
        assert.equal(isClosed, true);
    });
    test('the documented client: heartbeat, its timeouts and forceClose', async () => {
        const ws = { uri: freshUrl(), WebSocket: network.WebSocket };
        const client = (rpc = new JsonRpcClient({ ws, heartbeat: Infinity, rpc: { requestTimeout: LONG, heartbeatRequestTimeout: Infinity } }));
        mock.timers.tick(0);
        network.socket.accept();
        const outcomes = [];
        client.send('echo', {}, (error) => outcomes.push(error));
        await pass(2147483648);
        assert.deepEqual(outcomes, []);
        assert.equal(pings(), 0);
        client.forceClose(Infinity);
        await pass(DAY);
        assert.equal(network.sockets.length, 1);
    });
});

suite('nonsense is refused at once', () => {
    const names = ['requestTimeout', 'heartbeat', 'heartbeatTimeout', 'queueLimit', 'maxAttempts', 'probeDelay', 'openTimeout'];
    for (const name of names) {
        test(name, () => {
            for (const value of NONSENSE) {
                // An object of openTimeout has its times by name.
                if (name === 'openTimeout' && typeof value === 'object') continue;
                assert.throws(() => new Client(freshUrl(), { WebSocket: network.WebSocket, [name]: value }), {
                    name: 'RangeError',
                    message: new RegExp(`^${name} wants a number from 0 to Infinity, not `),
                });
            }
            assert.equal(network.sockets.length, 0);
        });
    }
    test('a time within openTimeout or backoff', () => {
        for (const value of NONSENSE) {
            assert.throws(() => new Client(freshUrl(), { openTimeout: { websocket: value } }), RangeError);
            for (const name of ['min', 'max', 'factor']) assert.throws(() => new Client(freshUrl(), { backoff: { [name]: value } }), RangeError);
        }
    });
    test('what is absent is the default', async () => {
        await connect({ heartbeat: undefined, openTimeout: null, requestTimeout: null });
        assert.equal(pings(), 1);
    });
    test('the time of a call or of close() rejects its promise; that of reconnect() throws; the connection stays', async () => {
        await connect();
        for (const value of NONSENSE) {
            await assert.rejects(rpc.call('a', null, { timeout: value }), RangeError);
            await assert.rejects(rpc.close({ timeout: value }), RangeError);
            assert.throws(() => rpc.reconnect({ delay: value }), RangeError);
        }
        assert.equal(rpc.state, 'connected');
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect']);
    });
    test('the documented client', () => {
        const ws = { uri: freshUrl(), WebSocket: network.WebSocket };
        for (const value of NONSENSE) {
            if (value) assert.throws(() => new JsonRpcClient({ ws, heartbeat: value }), RangeError);
            assert.throws(() => new JsonRpcClient({ ws, rpc: { requestTimeout: value } }), RangeError);
            assert.throws(() => new JsonRpcClient({ ws, rpc: { heartbeatRequestTimeout: value } }), RangeError);
        }
    });
});

suite('the time before a better transport is tried', { skip: !url && 'no HOLDFAST_URL', timeout: 20000 }, () => {
    // A WebSocket that never opens, while the others work.
    const attempts = async (probeDelay) => {
        mock.timers.reset();
        let count = 0;
        class Broken {
            constructor() {
                count += 1;
                throw new Error('broken');
            }
        }
        rpc = new Client(`${url}/rpc/session`, { WebSocket: Broken, transports: ['websocket', 'xhr-streaming'], probeDelay });
        for (let n = 0; n < 50; n += 1) await rpc.call('echo', { n });
        return count;
    };
    test('Infinity, and what is longer than a timer holds, is not at once', async () => {
        for (const probeDelay of [Infinity, LONG, 2 ** 31]) {
            assert.equal(await attempts(probeDelay), 1);
            await rpc.close();
        }
    });
    test('0 is at once, but then it takes its time', async () => {
        assert.equal(await attempts(0), 2);
    });
});
