// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Client, RpcError } from '../../Sources/HoldfastJS/holdfast.mjs';
import { fakeNetwork, freshUrl, record, settled } from './support/fake.mjs';

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

const pass = async (milliseconds) => {
    mock.timers.tick(milliseconds);
    await settled();
};

/** A client that is about to open its first socket. */
async function start(options = {}) {
    rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'], heartbeat: 0, ...options });
    await pass(0);
    return rpc;
}

/** A connected client. */
async function connect(options) {
    await start(options);
    network.socket.accept();
    network.socket.answer('rpc.connect', { sessionId: 'S' });
    await settled();
    return rpc;
}

/** Lets the next attempt begin and be accepted, up to the client's `connect`. */
async function comeBack(milliseconds = 500) {
    const count = network.sockets.length;
    await pass(milliseconds);
    assert.equal(network.sockets.length, count + 1);
    network.socket.accept();
}

const same = { sessionId: 'S' };
const kindOf = (promise) => promise.then((value) => ({ value }), (error) => error.kind);

suite('calls', () => {
    test('the client first asks for its session', async () => {
        await connect();
        const offer = { v: [1], at: 1, buf: { msgs: 1024, bytes: 1048576 } };
        assert.deepEqual(network.socket.sent, [{ jsonrpc: '2.0', method: 'rpc.connect', params: { resume: offer }, id: 1 }]);
        assert.equal(rpc.sessionId, 'S');
        assert.equal(rpc.state, 'connected');
        assert.equal(rpc.transport, 'websocket');
    });
    test('calls made before the connection is there go out in order after the session is known', async () => {
        await start();
        const calls = [rpc.call('a'), rpc.call('b', { x: 1 })];
        rpc.notify('c');
        network.socket.accept();
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect']);
        network.socket.answer('rpc.connect', { sessionId: 'S' });
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect', 'a', 'b', 'c']);
        network.socket.answer('b', 2);
        network.socket.answer('a', 1);
        assert.deepEqual(await Promise.all(calls), [1, 2]);
    });
    test('ids are unique', async () => {
        await connect();
        for (let i = 0; i < 50; i += 1) rpc.call('a').catch(() => {});
        const ids = network.socket.sent.map(({ id }) => id);
        assert.equal(new Set(ids).size, 51);
    });
    test('a notification has no id', async () => {
        await connect();
        rpc.notify('moved', [1]);
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', method: 'moved', params: [1] });
    });
    test("the server's error comes as it is", async () => {
        await connect();
        const call = rpc.call('a');
        network.socket.say({ id: network.socket.request('a').id, error: { code: 7, message: 'no', data: { x: 1 } } });
        const error = await call.catch((problem) => problem);
        assert.ok(error instanceof RpcError);
        assert.deepEqual([error.kind, error.code, error.message, error.data, error.method], ['remote', 7, 'no', { x: 1 }, 'a']);
    });
    test('a call fails after its timeout and not before; the late answer is ignored', async () => {
        await connect({ requestTimeout: 100 });
        const outcomes = [];
        rpc.call('a').catch((error) => outcomes.push(error.kind));
        await pass(99);
        assert.deepEqual(outcomes, []);
        await pass(1);
        assert.deepEqual(outcomes, ['timeout']);
        network.socket.answer('a', 1);
        await settled();
        assert.deepEqual(outcomes, ['timeout']);
    });
    test('a timeout of its own wins over the default, and 0 is none', async () => {
        await connect({ requestTimeout: 100 });
        const outcomes = [];
        rpc.call('a', null, { timeout: 50 }).catch(() => outcomes.push('a'));
        rpc.call('b', null, { timeout: 0 }).catch(() => outcomes.push('b'));
        await pass(50);
        assert.deepEqual(outcomes, ['a']);
        await pass(1000000);
        assert.deepEqual(outcomes, ['a']);
    });
    test('a signal ends a call', async () => {
        await connect();
        const controller = new AbortController();
        const call = kindOf(rpc.call('a', null, { signal: controller.signal }));
        controller.abort();
        assert.equal(await call, 'aborted');
        assert.equal(await kindOf(rpc.call('b', null, { signal: controller.signal })), 'aborted');
        assert.throws(() => network.socket.request('b'));
    });
    test('params that are no JSON reject the call only', async () => {
        await connect();
        await assert.rejects(rpc.call('a', { n: 1n }), TypeError);
        rpc.notify('b');
        assert.equal(network.socket.last.method, 'b');
    });
    test('answers to nothing, broken text and binary messages are ignored', async () => {
        await connect();
        network.socket.say({ id: 99, result: 1 });
        network.socket.onmessage({ data: '{' });
        network.socket.onmessage({ data: new ArrayBuffer(1) });
        assert.equal(rpc.state, 'connected');
    });
});

suite('the order of asking', () => {
    for (const event of ['transport', 'state', 'connected']) {
        test(`what is asked in a listener of ${event} goes out after what waited`, async () => {
            await start();
            rpc.call('a').catch(() => {});
            rpc.notify('b');
            const stop = rpc.on(event, () => {
                stop();
                rpc.call('d').catch(() => {});
            });
            rpc.call('c').catch(() => {});
            network.socket.accept();
            network.socket.answer('rpc.connect', { sessionId: 'S' });
            assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect', 'a', 'b', 'c', 'd']);
        });
    }
    for (const event of ['transport', 'state', 'reconnected']) {
        test(`the same when it comes back to its session: ${event}`, async () => {
            await connect();
            network.socket.lose();
            rpc.notify('a');
            rpc.on(event, () => rpc.notify('b'));
            await comeBack();
            network.socket.answer('rpc.connect', same);
            // Over the same transport there is no event of that.
            const expected = event === 'transport' ? ['rpc.connect', 'a'] : ['rpc.connect', 'a', 'b'];
            assert.deepEqual(network.socket.sent.map(({ method }) => method), expected);
        });
    }
    test('in a new session the listeners that were told of the loss go first; then what waited, in its order', async () => {
        await connect();
        network.socket.lose();
        rpc.notify('a');
        rpc.notify('b');
        rpc.on('reconnected', ({ sameSession }) => {
            rpc.notify(`told ${sameSession}`);
            rpc.notify('login');
        });
        await comeBack();
        network.socket.refuse('rpc.connect', 40007);
        network.socket.answer('rpc.connect', { sessionId: 'T' });
        rpc.notify('c');
        assert.deepEqual(network.socket.sent.slice(2).map(({ method }) => method), ['told false', 'login', 'a', 'b', 'c']);
    });
    test('a listener that drops the new connection changes no order either', async () => {
        await connect();
        network.socket.lose();
        rpc.notify('a');
        const stop = rpc.on('reconnected', () => {
            stop();
            rpc.reconnect();
            rpc.notify('b');
        });
        await comeBack();
        network.socket.refuse('rpc.connect', 40007);
        network.socket.answer('rpc.connect', { sessionId: 'T' });
        await comeBack(0);
        network.socket.answer('rpc.connect', { sessionId: 'T' });
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect', 'a', 'b']);
    });
});

suite('the server speaks', () => {
    test('listeners and methods of the same turn see and answer what it says first', async () => {
        await start();
        const seen = [];
        rpc.on('welcome', (params) => seen.push(params));
        rpc.method('confirm', () => 'yes');
        network.socket.accept();
        network.socket.say({ method: 'welcome', params: { n: 1 } });
        network.socket.say({ method: 'confirm', id: 's-1' });
        network.socket.answer('rpc.connect', { sessionId: 'S' });
        await settled();
        assert.deepEqual(seen, [{ n: 1 }]);
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: 'yes', id: 's-1' });
    });
    test('a notification reaches the listeners of its method', async () => {
        await connect();
        const seen = [];
        rpc.on('tick', (params) => seen.push(params));
        rpc.on('notification', ({ method }) => seen.push(method));
        network.socket.say({ method: 'tick', params: { n: 1 } });
        assert.deepEqual(seen, [{ n: 1 }, 'tick']);
    });
    test("a notification named like one of the client's events is not taken for it", async () => {
        await connect();
        const seen = [];
        rpc.on('disconnected', () => seen.push('wrong'));
        rpc.on('notification', ({ method }) => seen.push(method));
        network.socket.say({ method: 'disconnected' });
        assert.deepEqual(seen, ['disconnected']);
    });
    test('a method answers, whatever the type of the id', async () => {
        await connect();
        rpc.method('confirm', async ({ q }) => `${q}!`);
        for (const id of [0, 'a', 1.5]) {
            network.socket.say({ id, method: 'confirm', params: { q: 'yes' } });
            await settled();
            assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: 'yes!', id });
        }
    });
    test('an unknown method is answered with -32601, also after it was removed', async () => {
        await connect();
        const remove = rpc.method('confirm', () => 1);
        remove();
        for (const [id, method] of [[1, 'confirm'], [2, 'toString']]) {
            network.socket.say({ id, method });
            await settled();
            assert.equal(network.socket.last.error.code, -32601);
            assert.equal(network.socket.last.id, id);
        }
    });
    test('what a method throws is answered', async () => {
        await connect();
        const cases = [
            [new Error('broken'), { code: -32603, message: 'broken' }],
            [{ code: 7, message: 'no' }, { code: 7, message: 'no' }],
            ['text', { code: -32603, message: 'text' }],
        ];
        for (const [index, [thrown, expected]] of cases.entries()) {
            rpc.method('confirm', () => {
                throw thrown;
            });
            network.socket.say({ id: index, method: 'confirm' });
            await settled();
            assert.deepEqual(network.socket.last, { jsonrpc: '2.0', error: expected, id: index });
        }
    });
    test('a method that returns nothing answers null', async () => {
        await connect();
        rpc.method('confirm', () => {});
        network.socket.say({ id: 1, method: 'confirm' });
        await settled();
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: null, id: 1 });
    });
});

suite('coming back', () => {
    test('it takes up its session; pending calls are answered on the new connection', async () => {
        await connect();
        const events = record(rpc);
        const call = rpc.call('a');
        const { id } = network.socket.request('a');
        network.socket.lose();
        assert.equal(rpc.state, 'reconnecting');
        assert.equal(rpc.transport, null);
        await comeBack();
        assert.deepEqual(network.socket.last.params, { sessionId: 'S' });
        network.socket.answer('rpc.connect', same);
        network.socket.say({ id, result: 5 });
        assert.equal(await call, 5);
        assert.deepEqual(events, ['reconnecting', 'reconnected: same']);
        assert.throws(() => network.socket.request('a'), 'the call is not sent again');
    });
    test('calls made while away go out in order, after the session is back', async () => {
        await connect();
        network.socket.lose();
        rpc.call('a').catch(() => {});
        rpc.notify('b');
        rpc.call('c').catch(() => {});
        await comeBack();
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect']);
        network.socket.answer('rpc.connect', same);
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect', 'a', 'b', 'c']);
    });
    test('an unknown session: sent calls fail, waiting calls go to the new session after those of the listener', async () => {
        await connect();
        const events = record(rpc);
        const sent = kindOf(rpc.call('a'));
        network.socket.lose();
        const waiting = rpc.call('b');
        rpc.on('reconnected', () => rpc.notify('login'));
        await comeBack();
        network.socket.refuse('rpc.connect', 40007);
        assert.equal(network.socket.last.params.sessionId, undefined);
        network.socket.answer('rpc.connect', { sessionId: 'T' });
        assert.equal(await sent, 'session-lost');
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect', 'rpc.connect', 'login', 'b']);
        network.socket.answer('b', 1);
        assert.equal(await waiting, 1);
        assert.deepEqual(events, ['reconnecting', 'reconnected: new']);
        assert.equal(rpc.sessionId, 'T');
    });
    test('an answer of the lost session does not reach the new one, nor does a remembered answer', async () => {
        await connect();
        let finish;
        rpc.method('confirm', () => new Promise((resolve) => (finish = resolve)));
        network.socket.say({ id: 1, method: 'confirm' });
        await settled();
        network.socket.lose();
        await comeBack();
        network.socket.refuse('rpc.connect', 40007);
        network.socket.answer('rpc.connect', { sessionId: 'T' });
        finish('late');
        await settled();
        assert.equal(network.socket.sent.length, 2);
        rpc.method('confirm', () => 'new');
        network.socket.say({ id: 1, method: 'confirm' });
        await settled();
        assert.equal(network.socket.last.result, 'new');
    });
    test('an answer made while away reaches the same session', async () => {
        await connect();
        let finish;
        rpc.method('confirm', () => new Promise((resolve) => (finish = resolve)));
        network.socket.say({ id: 1, method: 'confirm' });
        await settled();
        network.socket.lose();
        finish('kept');
        await settled();
        await comeBack();
        network.socket.answer('rpc.connect', same);
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: 'kept', id: 1 });
    });
    test('256 messages wait and one more is refused', async () => {
        await connect();
        network.socket.lose();
        for (let i = 0; i < 255; i += 1) rpc.call('a').catch(() => {});
        rpc.notify('last');
        assert.throws(() => rpc.notify('one more'), { kind: 'queue-full' });
        assert.equal(await kindOf(rpc.call('one more')), 'queue-full');
        await comeBack();
        network.socket.answer('rpc.connect', same);
        assert.equal(network.socket.sent.length, 257);
    });
    test('a call that timed out while it waited is not sent and leaves its place', async () => {
        await connect({ queueLimit: 1, requestTimeout: 100 });
        network.socket.lose();
        const first = kindOf(rpc.call('a'));
        await pass(100);
        assert.equal(await first, 'timeout');
        rpc.notify('b');
        await pass(400);
        network.socket.accept();
        network.socket.answer('rpc.connect', same);
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect', 'b']);
    });
    test('what was sent on a closing socket is sent again', async () => {
        await connect();
        network.socket.readyState = 2;
        const call = rpc.call('a');
        assert.throws(() => network.socket.request('a'));
        network.socket.lose();
        await comeBack();
        network.socket.answer('rpc.connect', same);
        network.socket.answer('a', 1);
        assert.equal(await call, 1);
    });
    test('pauses grow while attempts fail, and begin anew after a connection that held', async () => {
        await connect();
        const pauses = [];
        rpc.on('connectionFailed', ({ retryIn }) => pauses.push(retryIn));
        await pass(5001);
        network.socket.lose();
        await pass(500);
        for (let i = 0; i < 5; i += 1) {
            network.socket.lose();
            await pass(pauses[i] + 1);
        }
        for (const [index, low] of [500, 1000, 2000, 4000, 7500].entries()) {
            assert.ok(pauses[index] >= low && pauses[index] <= low * 2, `${index}: ${pauses[index]}`);
        }
        network.socket.accept();
        network.socket.answer('rpc.connect', same);
        await pass(5001);
        network.socket.lose();
        await pass(501);
        assert.equal(network.sockets.length, 8);
    });
    test('it gives up after maxAttempts, and reconnect() tries again', async () => {
        await connect({ maxAttempts: 2 });
        const events = record(rpc);
        await pass(5001);
        network.socket.lose();
        const call = kindOf(rpc.call('a'));
        await pass(500);
        network.socket.lose();
        await pass(1000);
        network.socket.lose();
        assert.deepEqual(events, ['reconnecting', 'failed 1', 'failed 2', 'disconnected']);
        assert.equal(rpc.state, 'disconnected');
        assert.equal(await call, 'transport');
        assert.equal(await kindOf(rpc.call('b')), 'transport');
        await pass(1000000);
        assert.equal(network.sockets.length, 3);
        rpc.reconnect();
        await comeBack(0);
        network.socket.answer('rpc.connect', same);
        assert.equal(rpc.state, 'connected');
    });
    test('a server that is down at first is tried again', async () => {
        await start();
        const events = record(rpc);
        network.socket.lose();
        await pass(1000);
        network.socket.accept();
        network.socket.answer('rpc.connect', { sessionId: 'S' });
        assert.deepEqual(events, ['failed 1', 'connected']);
    });
    test('a connection that opens but never answers is given up', async () => {
        await start({ openTimeout: 100 });
        const events = record(rpc);
        network.socket.accept();
        await pass(99);
        assert.deepEqual(events, []);
        await pass(1);
        assert.deepEqual(events, ['failed 1']);
        assert.ok(network.socket.closedWith);
    });
    test('a session that another client took is not taken back', async () => {
        await connect();
        network.socket.lose(4409, 'replaced');
        await comeBack();
        assert.equal(network.socket.last.params.sessionId, undefined);
    });
    test('a session that a link of its own took late is taken back', async () => {
        await connect({ openTimeout: 100 });
        const { sessionId } = rpc;
        network.socket.lose();
        await comeBack();
        assert.deepEqual(network.socket.last.params, { sessionId });
        await pass(100); // No answer: the link is left, but what it was asked may still arrive.
        await comeBack(1000);
        network.socket.answer('rpc.connect', { sessionId });
        assert.equal(rpc.state, 'connected');
        network.socket.lose(4409, 'replaced');
        await comeBack(1000);
        assert.deepEqual(network.socket.last.params, { sessionId });
        network.socket.answer('rpc.connect', { sessionId });
        network.socket.lose(4409, 'replaced');
        await comeBack(2000);
        assert.equal(network.socket.last.params.sessionId, undefined);
    });
    test('a server without connect still serves, without a session', async () => {
        await start();
        network.socket.accept();
        network.socket.refuse('rpc.connect', -32601);
        network.socket.refuse('connect', -32601);
        assert.equal(rpc.state, 'connected');
        assert.equal(rpc.sessionId, null);
        const sent = kindOf(rpc.call('a'));
        network.socket.lose();
        await comeBack();
        network.socket.refuse('rpc.connect', -32601);
        network.socket.refuse('connect', -32601);
        assert.equal(await sent, 'session-lost');
        assert.equal(rpc.state, 'connected');
    });
    test('a late event of a dropped socket does nothing', async () => {
        await connect();
        const first = network.socket;
        rpc.reconnect();
        await comeBack(0);
        network.socket.answer('rpc.connect', same);
        first.lose();
        first.say({ method: 'tick' });
        assert.equal(rpc.state, 'connected');
        assert.equal(network.sockets.length, 2);
    });
    test('reconnect with a delay stays away for that long', async () => {
        await connect();
        rpc.reconnect({ delay: 3000 });
        await pass(2999);
        assert.equal(network.sockets.length, 1);
        await comeBack(1);
    });
});

suite('heartbeat', () => {
    test('the first ping tells the interval, the next are plain', async () => {
        await connect({ heartbeat: 1000 });
        const pings = () => network.socket.sent.filter(({ method }) => method === 'rpc.ping');
        assert.deepEqual(pings().map(({ params }) => params), [{ interval: 1000 }]);
        network.socket.answer('rpc.ping', 'pong');
        await pass(1000);
        assert.deepEqual(pings().map(({ params }) => params), [{ interval: 1000 }, undefined]);
    });
    test('no ping is sent while one is unanswered', async () => {
        await connect({ heartbeat: 1000, heartbeatTimeout: 5000 });
        await pass(4000);
        assert.equal(network.socket.sent.filter(({ method }) => method === 'rpc.ping').length, 1);
    });
    test('a ping without an answer ends the connection; the heartbeat begins anew after coming back', async () => {
        await connect({ heartbeat: 1000, heartbeatTimeout: 2000 });
        const events = record(rpc);
        await pass(2000);
        assert.deepEqual(events, ['reconnecting']);
        await comeBack();
        network.socket.answer('rpc.connect', same);
        assert.deepEqual(network.socket.last.params, { interval: 1000 });
    });
    test('other traffic counts as a sign of life', async () => {
        await connect({ heartbeat: 1000, heartbeatTimeout: 2000 });
        await pass(1500);
        network.socket.say({ method: 'tick' });
        await pass(500);
        assert.equal(rpc.state, 'connected');
    });
    test('an error as an answer is a sign of life too', async () => {
        await connect({ heartbeat: 1000 });
        network.socket.refuse('rpc.ping', -32601);
        await pass(10000);
        assert.equal(network.sockets.length, 1);
    });
    test('0 and false are off', async () => {
        for (const heartbeat of [0, false]) {
            await connect({ heartbeat });
            await pass(60000);
            assert.throws(() => network.socket.request('rpc.ping'));
            await rpc.close();
        }
    });
});

suite('close', () => {
    test('it fails pending calls and tells once', async () => {
        await connect();
        const events = record(rpc);
        const call = kindOf(rpc.call('a'));
        await Promise.all([rpc.close(), rpc.close()]);
        assert.equal(await call, 'closed');
        assert.equal(await kindOf(rpc.call('b')), 'closed');
        assert.throws(() => rpc.notify('c'), { kind: 'closed' });
        assert.throws(() => rpc.reconnect(), { kind: 'closed' });
        assert.deepEqual(events, ['disconnected by user']);
        assert.equal(network.socket.closedWith, 1000);
    });
    test('it wins over reconnecting at every point', async () => {
        const points = {
            'before the first attempt': async () => {
                rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'] });
            },
            'while opening': () => start(),
            'while asking for the session': async () => {
                await start();
                network.socket.accept();
            },
            'while waiting for an attempt': async () => {
                await connect();
                network.socket.lose();
            },
            'while opening again': async () => {
                await connect();
                network.socket.lose();
                await pass(500);
            },
            'while taking the session up': async () => {
                await connect();
                network.socket.lose();
                await comeBack();
            },
        };
        for (const [name, reach] of Object.entries(points)) {
            network = fakeNetwork();
            await reach();
            const count = network.sockets.length;
            await rpc.close();
            if (count > 0 && network.socket.readyState < 2) assert.fail(`${name}: left open`);
            network.socket?.onopen?.();
            await pass(100000);
            assert.equal(network.sockets.length, count, name);
            assert.equal(rpc.state, 'closed', name);
        }
    });
    test('it wins inside the listeners of every event', async () => {
        for (const event of ['state', 'transport', 'connected', 'reconnecting', 'reconnected', 'connectionFailed']) {
            network = fakeNetwork();
            rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'] });
            const events = record(rpc);
            rpc.on(event, () => rpc.close());
            const play = [
                () => network.socket.lose(),
                () => network.socket.accept(),
                () => network.socket.answer('rpc.connect', { sessionId: 'S' }),
                () => network.socket.lose(),
                () => network.socket.accept(),
                () => network.socket.answer('rpc.connect', same),
            ];
            for (const step of play) {
                await pass(1000);
                if (rpc.state !== 'closed') step();
            }
            const count = network.sockets.length;
            await pass(100000);
            assert.equal(rpc.state, 'closed', event);
            assert.equal(network.sockets.length, count, event);
            assert.equal(events.filter((text) => text === 'disconnected by user').length, 1, event);
            assert.ok(!events.slice(events.indexOf('disconnected by user') + 1).includes('connected'), event);
        }
    });
    test('with closeSession it waits for the answer, or for the timeout, or for the end', async () => {
        const ends = [
            () => network.socket.answer('rpc.close', 'bye'),
            () => pass(2000),
            () => network.socket.lose(1000),
        ];
        for (const end of ends) {
            await connect();
            const events = record(rpc);
            let isClosed = false;
            rpc.close({ closeSession: true }).then(() => (isClosed = true));
            await settled();
            assert.equal(network.socket.last.method, 'rpc.close');
            assert.equal(isClosed, false);
            await end();
            await settled();
            assert.equal(isClosed, true);
            assert.deepEqual(events, ['disconnected by user']);
        }
    });
    test('no timer is left', async () => {
        await connect({ heartbeat: 1000 });
        rpc.call('a').catch(() => {});
        await rpc.close();
        const count = network.socket.sent.length;
        await pass(1000000);
        assert.equal(network.socket.sent.length, count);
        assert.equal(network.sockets.length, 1);
    });
});
