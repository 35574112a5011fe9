// SPDX-License-Identifier: Apache-2.0
// A session that outlives its page, message by message, against a server that a test plays; pages are clients here.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Client } from '../../Sources/HoldfastJS/holdfast.mjs';
import { freshUrl, settled } from './support/fake.mjs';
import { fakePage } from './support/fake-page.mjs';
import { FakeLocks, FakeStorage, resumeNetwork } from './support/resume-server.mjs';

let network;
let page;
let locks;
let storage;
let url;
const clients = [];

beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    network = resumeNetwork();
    page = fakePage();
    locks = new FakeLocks();
    navigator.locks = locks;
    storage = new FakeStorage();
    url = freshUrl();
});

afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    page.remove();
    mock.timers.reset();
});

const pass = async (milliseconds) => {
    mock.timers.tick(milliseconds);
    await settled();
};

/** A page with a client, up to its request for a session; `events` are all that it was told. */
async function open(options = {}, prepare = () => {}) {
    const rpc = new Client(url, { WebSocket: network.WebSocket, transports: ['websocket'], heartbeat: 0, persist: storage, ...options });
    clients.push(rpc);
    const events = [];
    rpc.on('connected', ({ sameSession }) => events.push(`connected: ${sameSession ? 'same' : 'new'}`));
    rpc.on('notification', ({ method, params }) => events.push(`${method} ${params}`));
    prepare(rpc);
    await settled();
    await pass(0);
    network.socket?.accept();
    return { rpc, events, socket: network.socket };
}

/** The page goes: it hears and does nothing more. */
function leave({ socket }) {
    socket.readyState = 3;
    socket.onmessage = socket.onclose = () => {};
    locks.release();
    return settled();
}

const numbers = (socket) => socket.sent.filter(({ seq }) => seq).map(({ seq, method }) => `${seq} ${method}`);
const resumed = (socket) => socket.request('rpc.connect').params.resume;

suite('a page that comes back', () => {
    test('is in its session, and neither side has lost anything', async () => {
        const first = await open();
        network.open();
        first.rpc.notify('a');
        first.rpc.notify('b');
        network.state.heard = 1;
        network.say({ method: 'tick', params: 1 });
        await leave(first);
        network.say({ method: 'tick', params: 2 }, first.socket);

        const second = await open();
        assert.deepEqual(second.socket.last.params, {
            sessionId: 'session-1',
            resume: { v: [1], at: 2, epoch: 'epoch', token: 'token-1', rcv: 1, sent: 2 },
        });
        network.resume();
        second.rpc.notify('c');
        assert.deepEqual(numbers(second.socket), ['2 b', '3 c']);
        assert.deepEqual(second.events, ['connected: same', 'tick 2']);
        assert.deepEqual(first.events, ['connected: new', 'tick 1']);
    });
    test('what was sent twice are the same bytes', async () => {
        const first = await open();
        network.open();
        first.rpc.notify('a', { text: 'ü","seq":7,"rcv":0}' });
        await leave(first);
        const second = await open();
        network.resume();
        assert.deepEqual(second.socket.last, first.socket.last);
    });
    test('what waited without a connection is sent', async () => {
        const first = await open();
        network.open();
        first.rpc.notify('a');
        network.state.heard = 1;
        first.socket.lose();
        first.rpc.notify('b');
        first.rpc.call('c').catch(() => {});
        await leave(first);
        const second = await open({}, (rpc) => rpc.notify('d'));
        network.resume();
        assert.deepEqual(numbers(second.socket), ['2 b', '3 c', '4 d']);
    });
    test('answers to calls of the page before reach nobody, and are counted; ids are not used again', async () => {
        const first = await open();
        network.open();
        first.rpc.call('a').catch(() => {});
        const { id } = first.socket.request('a');
        network.hear(first.socket);
        await leave(first);
        const second = await open();
        network.resume();
        const call = second.rpc.call('b');
        assert.ok(second.socket.request('b').id > id);
        network.hear();
        network.say({ id, result: 'not b' });
        network.say({ id: second.socket.request('b').id, result: 'b' });
        assert.equal(await call, 'b');
        await pass(1000);
        assert.equal(second.socket.request('rpc.ack').params.rcv, 2);
    });
    test('again and again, also before it was connected', async () => {
        let latest = await open();
        network.open();
        latest.rpc.notify('a');
        for (let round = 2; round < 6; round += 1) {
            await leave(latest);
            latest = await open();
            assert.equal(resumed(latest.socket).at, round);
            if (round % 2) network.resume();
        }
        assert.deepEqual(numbers(latest.socket), ['1 a']);
    });
    test('a message is stored before it is sent, and one that came before it is delivered', async () => {
        const first = await open();
        network.open();
        const send = first.socket.send.bind(first.socket);
        const stored = [];
        first.socket.send = (text) => (stored.push([...storage.items.values()].includes(text)), send(text));
        first.rpc.notify('a');
        assert.deepEqual(stored, [true]);
        const records = [];
        first.rpc.on('tick', () => records.push([...storage.items.values()].map((text) => JSON.parse(text).rcv)[0]));
        network.say({ method: 'tick' });
        assert.deepEqual(records, [1]);
    });
    test('what the server has is stored no longer', async () => {
        const first = await open();
        network.open();
        for (let i = 0; i < 5; i += 1) first.rpc.notify('a');
        assert.equal(storage.items.size, 6);
        network.hear();
        network.acknowledge();
        assert.equal(storage.items.size, 1);
    });
    test('to a session that is gone: it opens another, and sends there what the old one has not got', async () => {
        const first = await open();
        network.open();
        for (const name of ['a', 'b']) first.rpc.notify(name);
        await leave(first);
        const second = await open();
        network.socket.say({ id: network.socket.request('rpc.connect').id, error: { code: 40007, message: 'gone', data: { resume: { state: 'expired', rcv: 1 } } } });
        network.open();
        assert.deepEqual(second.events, ['connected: new']);
        assert.deepEqual(numbers(second.socket), ['1 b']);
        assert.equal(JSON.parse(storage.getItem([...storage.items.keys()][0])).id, 'session-2');
    });
});

suite('a copy of a page', () => {
    test('opens a session of its own, and leaves the other as it is', async () => {
        const first = await open();
        network.open();
        first.rpc.notify('a');
        const copy = storage.copy;
        const count = network.sockets.length;
        const second = await open({ persist: copy });
        assert.equal(network.sockets.length, count);
        second.rpc.notify('b');
        await pass(500);
        await pass(0);
        network.socket.accept();
        assert.equal(network.socket.last.params.sessionId, undefined);
        network.socket.answer('rpc.connect', { sessionId: 'other', resume: { v: 1, epoch: 'e', token: 't' } });
        assert.deepEqual(numbers(network.socket), ['1 b']);
        assert.deepEqual(second.events, ['connected: new']);
        first.rpc.notify('c');
        assert.deepEqual(numbers(first.socket), ['1 a', '2 c']);
        assert.deepEqual(locks.names, ['holdfast:session-1', 'holdfast:other']);
        // What it copied is not mixed up with its own.
        assert.equal([...copy.items.values()].filter((text) => text.includes('"method":"a"')).length, 0);
    });
    test('a page that waits for the one before it to be gone takes its session up', async () => {
        const first = await open();
        network.open();
        await open();
        assert.equal(network.sockets.length, 1);
        await pass(400);
        await leave(first);
        await pass(0);
        network.socket.accept();
        assert.equal(network.socket.last.params.sessionId, 'session-1');
    });
    test('without locks nothing is stored', async () => {
        delete navigator.locks;
        const report = mock.method(console, 'error', () => {});
        const first = await open();
        network.open();
        first.rpc.notify('a');
        await settled();
        report.mock.restore();
        assert.equal(storage.items.size, 0);
        assert.deepEqual(numbers(first.socket), ['1 a']);
    });
    test('and nothing is taken up', async () => {
        const first = await open();
        network.open();
        const copy = storage.copy;
        delete navigator.locks;
        await open({ persist: copy });
        assert.equal(network.socket.last.params.sessionId, undefined);
        await first.rpc.close();
    });
    test('where there are no documents there are no copies either', async () => {
        page.remove();
        page = fakePage({ isWorker: true });
        const first = await open();
        network.open();
        await leave(first);
        const second = await open();
        assert.equal(second.socket.last.params.sessionId, 'session-1');
    });
});

suite('the end', () => {
    test('leaving the page does not end the session', async () => {
        const first = await open();
        network.open();
        const fetch = mock.method(globalThis, 'fetch', async () => {});
        page.tell('pagehide');
        fetch.mock.restore();
        assert.equal(fetch.mock.callCount(), 0);
        assert.equal(first.socket.closedWith, undefined);
        assert.ok(storage.items.size > 0);
    });
    test('close() leaves it to the next page, or client', async () => {
        const first = await open();
        network.open();
        first.rpc.notify('a');
        await first.rpc.close();
        await settled();
        const second = await open();
        assert.equal(second.socket.last.params.sessionId, 'session-1');
        network.resume();
        assert.deepEqual(numbers(second.socket), ['1 a']);
    });
    test('close({ closeSession: true }) does not', async () => {
        const first = await open();
        network.open();
        first.rpc.notify('a');
        const closed = first.rpc.close({ closeSession: true });
        network.socket.answer('rpc.close', 'bye');
        await closed;
        assert.equal(storage.items.size, 0);
        assert.deepEqual(locks.names, []);
    });
    test('closed while it waits for the page before it, it connects no more', async () => {
        const first = await open();
        network.open();
        const { rpc } = await open();
        await rpc.close();
        await leave(first);
        await pass(1000);
        assert.equal(network.sockets.length, 1);
        assert.deepEqual(locks.names, []);
    });
});

suite('storages', () => {
    test('a full one: the session goes on, and no page takes it up', async () => {
        const first = await open();
        network.open();
        first.rpc.notify('a');
        const report = mock.method(console, 'error', () => {});
        storage.setItem = () => {
            throw new Error('full');
        };
        first.rpc.notify('b');
        report.mock.restore();
        assert.deepEqual(numbers(first.socket), ['1 a', '2 b']);
        assert.equal(storage.items.size, 0);
        assert.equal(report.mock.calls[0].arguments[0].message, 'full');
    });
    for (const [name, spoil] of [
        ['broken', (key) => storage.setItem(key, '{')],
        ['of something else', (key) => storage.setItem(key, '7')],
        ['without a message', (key) => storage.removeItem(`${key}:1`)],
    ]) {
        test(`one that is ${name}: another session`, async () => {
            const first = await open();
            network.open();
            first.rpc.notify('a');
            await leave(first);
            spoil([...storage.items.keys()].find((key) => !/:\d*$/.test(key)));
            const report = mock.method(console, 'error', () => {});
            const second = await open();
            report.mock.restore();
            assert.equal(second.socket.last.params.sessionId, undefined);
            network.open();
            second.rpc.notify('b');
            assert.deepEqual(numbers(second.socket), ['1 b']);
        });
    }
    test('the key is the address, or what is given', async () => {
        await open();
        network.open();
        assert.deepEqual([...storage.items.keys()], [`holdfast:${url.replace('ws', 'http')} session`]);
        await open({ persistKey: 'mine' });
        network.open();
        assert.ok(storage.getItem('mine'));
    });
    test('resume: false stores nothing', async () => {
        await open({ resume: false });
        network.socket.answer('rpc.connect', { sessionId: 'S' });
        assert.equal(storage.items.size, 0);
    });
    test('a server that agrees to nothing leaves nothing', async () => {
        const { rpc } = await open();
        network.socket.answer('rpc.connect', { sessionId: 'S' });
        rpc.notify('a');
        assert.equal(storage.items.size, 0);
    });
});
