// SPDX-License-Identifier: Apache-2.0
// How the client finds out what its server speaks, and that values arrive as they were sent.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Client, JsonRpcClient, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { addressesOf } from '../../Sources/HoldfastJS/src/address.js';
import { unwrap } from '../../Sources/HoldfastJS/src/envelope.js';
import { next } from './support/exercise.mjs';
import { fakeNetwork, freshUrl, settled } from './support/fake.mjs';

const url = process.env.HOLDFAST_URL;
const VALUES = [
    3, 'x', '', true, null, [1, null], { value: 21.5 }, {}, { sessionId: 'room-7' },
    { value: { a: 1 }, sessionId: '0123456789abcdefghijklmnuv' }, { value: null },
];

let rpc;

afterEach(() => rpc?.close());

suite('asking for the plain wire', () => {
    for (const [text, search] of [
        ['http://h/rpc', '?wire=plain'], ['http://h/rpc?', '?wire=plain'], ['ws://h/rpc?a=1&b', '?a=1&b&wire=plain'],
        ['http://h/?wire=plain&a', '?wire=plain&a'], ['http://h/?xwire=plain', '?xwire=plain&wire=plain'],
        ['http://h/?a=%26&wire=other', '?a=%26&wire=other&wire=plain'],
    ]) {
        test(text, () => {
            const { ws, http } = addressesOf(text, 'wire=plain');
            assert.equal(new URL(ws()).search, search);
            assert.equal(new URL(http('/000/x/xhr')).search, search);
            assert.equal(new URL(http('/000/x/xhr', 'continued')).search, `${search}&continued`);
            assert.equal(new URL(addressesOf(text).http()).search, new URL(text).search);
        });
    }
    test('the documented client does not', () => {
        const network = fakeNetwork();
        const client = new JsonRpcClient({ ws: { uri: 'ws://h/rpc', WebSocket: network.WebSocket } });
        return new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
            client.close();
            assert.deepEqual(network.sockets.map((socket) => socket.url), ['ws://h/rpc']);
        });
    });
});

suite('what Kurento\'s wire adds', () => {
    for (const [result, value] of [
        [{ value: 5, sessionId: 'S' }, 5], [{ value: [1], sessionId: 'S' }, [1]], [{ sessionId: 'S' }, null],
        [{ value: { a: 1 }, sessionId: 'S' }, { value: { a: 1 } }], [{ value: null, sessionId: 'S' }, { value: null }],
        [{ value: 5, unit: 'm', sessionId: 'S' }, { value: 5, unit: 'm' }], [{ value: 5 }, { value: 5 }], [7, 7],
    ]) {
        test(`${JSON.stringify(result)} is ${JSON.stringify(value)}`, () => assert.deepEqual(unwrap(result), value));
    }
});

suite('a server that speaks', () => {
    let network;
    const kurento = { value: 'OK', sessionId: 'S' };
    const methods = () => network.socket.sent.map(({ method }) => method);

    beforeEach(async () => {
        mock.timers.enable({ apis: ['setTimeout', 'Date'] });
        network = fakeNetwork();
        rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'], heartbeat: 0 });
        mock.timers.tick(0);
        await settled();
        network.socket.accept();
    });

    afterEach(async () => {
        await rpc.close();
        mock.timers.reset();
    });

    async function comeBack() {
        network.socket.lose();
        mock.timers.tick(1000);
        await settled();
        network.socket.accept();
    }

    test('plain: results are not touched', async () => {
        network.socket.answer('rpc.connect', { sessionId: 'S' });
        for (const value of VALUES) {
            const call = rpc.call('a');
            network.socket.answer('a', value);
            assert.deepEqual(await call, value);
            assert.equal(rpc.sessionId, 'S');
        }
    });
    for (const [name, refuse] of [
        ['−32601', (socket) => socket.refuse('rpc.connect', -32601)],
        ['an error of the application', (socket) => socket.refuse('rpc.connect', -1)],
        ['an empty answer', (socket) => socket.answer('rpc.connect', '')],
        ['an empty answer with a session', (socket) => socket.answer('rpc.connect', { value: '', sessionId: 'S' })],
        ['null', (socket) => socket.answer('rpc.connect', null)],
    ]) {
        test(`Kurento's wire alone: ${name}`, async () => {
            refuse(network.socket);
            assert.deepEqual(methods(), ['rpc.connect', 'connect']);
            network.socket.answer('connect', kurento);
            assert.equal(rpc.state, 'connected');
            assert.equal(rpc.sessionId, 'S');
            const call = rpc.call('a');
            network.socket.answer('a', { value: 1, sessionId: 'S' });
            assert.equal(await call, 1);
            await comeBack();
            assert.deepEqual(network.socket.sent, [{ jsonrpc: '2.0', method: 'connect', params: { sessionId: 'S' }, id: 4 }]);
            const back = next(rpc, 'reconnected');
            network.socket.answer('connect', kurento);
            assert.equal((await back).sameSession, true);
            rpc.close({ closeSession: true });
            assert.equal(network.socket.last.method, 'closeSession');
        });
    }
    for (const code of [-32053, -32603]) {
        test(`and refuses with ${code} is not asked otherwise`, async () => {
            const failed = next(rpc, 'connectionFailed');
            network.socket.refuse('rpc.connect', code);
            await failed;
            assert.deepEqual(methods(), ['rpc.connect']);
        });
    }
    test('neither: results are not touched', async () => {
        network.socket.refuse('rpc.connect', -32601);
        network.socket.refuse('connect', -32601);
        assert.equal(rpc.state, 'connected');
        const call = rpc.call('a');
        network.socket.answer('a', { value: 1, sessionId: 'mine' });
        assert.deepEqual(await call, { value: 1, sessionId: 'mine' });
        assert.equal(rpc.sessionId, null);
    });
    test('plain now, and Kurento\'s wire before', async () => {
        network.socket.refuse('rpc.connect', -32601);
        network.socket.answer('connect', kurento);
        await comeBack();
        const back = next(rpc, 'reconnected');
        network.socket.refuse('connect', -32601);
        assert.deepEqual(network.socket.last.params, { sessionId: 'S' });
        network.socket.answer('rpc.connect', { sessionId: 'S' });
        assert.equal((await back).sameSession, true);
        assert.deepEqual(methods(), ['connect', 'rpc.connect']);
    });
});

for (const name of TRANSPORTS) {
    const needed = name === 'websocket' && !globalThis.WebSocket && 'no WebSocket here';
    suite(`values over ${name}`, { skip: (!url && 'no HOLDFAST_URL') || needed, timeout: 30000 }, () => {
        test('arrive as they were sent, in both directions', async () => {
            rpc = new Client(`${url}/rpc/session`, { transports: [name] });
            rpc.method('confirm', (params) => params);
            for (const value of VALUES) {
                assert.deepEqual(await rpc.call('echo', value), value);
                assert.deepEqual(await rpc.call('ask', value), value);
            }
            assert.match(rpc.sessionId, /^[0-9a-v]{26}$/);
        });
        test('the documented client gets them as they travel on Kurento\'s wire', async () => {
            const client = new JsonRpcClient({ ws: { uri: `${url}/rpc/session`, transports: [name] }, rpc: {} });
            rpc = client;
            const ask = (...args) =>
                new Promise((resolve, reject) => client.send(...args, (error, result) => (error ? reject(error) : resolve(result))));
            const { sessionId, ...others } = await ask('echo', [1]);
            assert.match(sessionId, /^[0-9a-v]{26}$/);
            assert.deepEqual(others, { value: [1] });
            assert.deepEqual(await ask('echo', { a: 1, sessionId: 'room-7' }), { a: 1, sessionId });
        });
    });
}

suite('a server of Kurento\'s wire alone', { skip: !url && 'no HOLDFAST_URL', timeout: 30000 }, () => {
    test('is spoken to in it, and comes back', { skip: !globalThis.WebSocket && 'no WebSocket here' }, async () => {
        class Deaf extends WebSocket {
            constructor(address) {
                super(address.replace('?wire=plain', ''));
            }
        }
        rpc = new Client(`${url}/rpc/session`, { transports: ['websocket'], WebSocket: Deaf, heartbeat: 100 });
        await next(rpc, 'connected');
        const { sessionId } = rpc;
        assert.equal(await rpc.call('transport'), 'websocket');
        assert.deepEqual(await rpc.call('echo', [1]), [1]);
        const back = next(rpc, 'reconnected');
        rpc.reconnect();
        assert.equal((await back).sameSession, true);
        assert.equal(rpc.sessionId, sessionId);
    });
});

const sample = process.env.HOLDFAST_SAMPLE_URL;
for (const [name, address] of [['the conformance server', url && `${url}/rpc/echo`], ['the sample', sample && `${sample}/echo`]]) {
    suite(`the documentation's echo handler of ${name}`, { skip: !address && 'no URL', timeout: 30000 }, () => {
        test('takes an object, or nothing', async () => {
            rpc = new Client(address);
            for (const params of [{ a: 1 }, {}, undefined]) assert.deepEqual(await rpc.call('echo', params), params ?? null);
            for (const params of [[1], [], 'text', 5, true]) {
                await assert.rejects(rpc.call('echo', params), { kind: 'remote', code: -32602 });
            }
            assert.equal(await rpc.call('another', { a: 1 }), '');
        });
    });
}
