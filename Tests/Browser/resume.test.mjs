// SPDX-License-Identifier: Apache-2.0
// Sessions that lose nothing, message by message, against a server that a test plays.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Client, JsonRpcClient } from '../../Sources/HoldfastJS/holdfast.mjs';
import { freshUrl, record, settled } from './support/fake.mjs';
import { resumeNetwork } from './support/resume-server.mjs';

let network;
let rpc;

beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    network = resumeNetwork();
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

async function start(options = {}) {
    rpc = new Client(freshUrl(), { WebSocket: network.WebSocket, transports: ['websocket'], heartbeat: 0, ...options });
    await pass(0);
    network.socket.accept();
}

/** A client with a session that loses nothing. */
async function connect({ agreed, ...options } = {}) {
    await start(options);
    network.open(agreed);
    await settled();
}

async function comeBack(milliseconds = 500) {
    const count = network.sockets.length;
    await pass(milliseconds);
    assert.equal(network.sockets.length, count + 1);
    network.socket.accept();
}

/** What a request to come back says. */
const back = (more) => ({ v: [1], epoch: 'epoch', ...more });
const numbers = (socket = network.socket) => socket.sent.filter(({ seq }) => seq).map(({ seq, method }) => `${seq} ${method}`);
const kindOf = (promise) => promise.then((value) => ({ value }), (error) => error.kind);

suite('agreeing', () => {
    test('messages are numbered, at the very end, and say how far the other side has come', async () => {
        const texts = [];
        await connect();
        network.socket.send = (text) => texts.push(text);
        rpc.notify('a', { x: 1 });
        network.say({ method: 'b' });
        rpc.notify('c');
        assert.deepEqual(texts, ['{"jsonrpc":"2.0","method":"a","params":{"x":1},"seq":1,"rcv":0}', '{"jsonrpc":"2.0","method":"c","seq":2,"rcv":1}']);
    });
    test('what waited for the session is numbered when it is there', async () => {
        await start();
        rpc.notify('a');
        const call = rpc.call('b');
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['rpc.connect']);
        network.open();
        assert.deepEqual(numbers(), ['1 a', '2 b']);
        network.hear();
        network.say({ id: network.socket.request('b').id, result: 7 });
        assert.equal(await call, 7);
    });
    test('answers are numbered like all else', async () => {
        await connect();
        rpc.method('confirm', () => 'yes');
        network.say({ method: 'confirm', id: 's-1' });
        await settled();
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: 'yes', id: 's-1', seq: 1, rcv: 1 });
    });
    test('pings are not, and say how far it has come if that is news', async () => {
        await connect({ heartbeat: 500 });
        const ping = () => network.socket.sent.filter(({ method }) => method === 'rpc.ping').at(-1);
        assert.deepEqual([ping().seq, ping().rcv], [undefined, undefined]);
        network.socket.answer('rpc.ping', 'pong');
        network.say({ method: 'a' });
        await pass(500);
        assert.deepEqual([ping().seq, ping().rcv], [undefined, 1]);
        network.socket.answer('rpc.ping', 'pong');
        await pass(500);
        assert.deepEqual(ping().rcv, undefined);
        assert.throws(() => network.socket.request('rpc.ack'));
    });
    test("nor are the framework's methods when the application calls them", async () => {
        await connect();
        const call = rpc.call('rpc.ping');
        rpc.notify('rpc.mine');
        rpc.notify('a');
        assert.deepEqual(network.socket.sent.slice(1).map(({ method, seq }) => [method, seq]), [['rpc.ping', undefined], ['rpc.mine', undefined], ['a', 1]]);
        network.socket.answer('rpc.ping', 'pong');
        assert.equal(await call, 'pong');
        assert.equal(rpc.state, 'connected');
    });
    test('a server that agrees to nothing gets no numbers', async () => {
        for (const answer of [{}, { resume: { v: 1 } }]) {
            await start();
            network.socket.answer('rpc.connect', { sessionId: 'S', ...answer });
            rpc.notify('a');
            assert.deepEqual(network.socket.last, { jsonrpc: '2.0', method: 'a' });
            await rpc.close();
        }
    });
    test('an application that answers an unknown method with what it was given has agreed to nothing', async () => {
        await start();
        const { params } = network.socket.last;
        network.socket.answer('rpc.connect', { ...params, sessionId: 'S' });
        assert.equal(network.socket.last.method, 'connect');
        assert.equal(network.socket.last.params, undefined);
    });
    test('resume: false offers nothing', async () => {
        await start({ resume: false });
        assert.deepEqual(network.socket.sent, [{ jsonrpc: '2.0', method: 'rpc.connect', id: 1 }]);
    });
    test('the documented client offers nothing', async () => {
        const client = new JsonRpcClient({ ws: { uri: freshUrl(), WebSocket: network.WebSocket } });
        await pass(0);
        network.socket.accept();
        client.send('a');
        assert.deepEqual(network.socket.sent, [{ jsonrpc: '2.0', method: 'a', id: 0 }]);
        client.close();
    });
});

suite('acknowledging', () => {
    const acks = () => network.socket.sent.filter(({ method }) => method === 'rpc.ack').map(({ params }) => params.rcv);

    test('after so many messages', async () => {
        await connect();
        for (let i = 0; i < 31; i += 1) network.say({ method: 'a' });
        assert.deepEqual(acks(), []);
        network.say({ method: 'a' });
        assert.deepEqual(acks(), [32]);
    });
    test('after so many bytes', async () => {
        await connect();
        network.say({ method: 'a', params: ['x'.repeat(65536)] });
        assert.deepEqual(acks(), [1]);
    });
    test('after a while, once', async () => {
        await connect();
        network.say({ method: 'a' });
        await pass(500);
        network.say({ method: 'a' });
        await pass(499);
        assert.deepEqual(acks(), []);
        await pass(1);
        assert.deepEqual(acks(), [2]);
        await pass(100000);
        assert.deepEqual(acks(), [2]);
    });
    test('not at all when a message of its own says it first', async () => {
        await connect();
        network.say({ method: 'a' });
        rpc.notify('b');
        assert.equal(network.socket.last.rcv, 1);
        await pass(5000);
        assert.deepEqual(acks(), []);
    });
    test('at once when the server asks', async () => {
        await connect();
        network.say({ method: 'a' });
        network.socket.say({ method: 'rpc.ackNow' });
        assert.deepEqual(acks(), [1]);
    });
    test('a repeated message is dropped and acknowledged again', async () => {
        await connect();
        const seen = [];
        rpc.on('a', (params) => seen.push(params));
        network.say({ method: 'a', params: 1 });
        await pass(1000);
        network.socket.say(network.state.kept[0]);
        await pass(1000);
        assert.deepEqual(seen, [1]);
        assert.deepEqual(acks(), [1, 1]);
    });
    test('more than half of the room is unacknowledged: it asks, once until it is told', async () => {
        await connect({ agreed: { buf: { msgs: 8, bytes: 1048576 } } });
        const asked = () => network.socket.sent.filter(({ method }) => method === 'rpc.ackNow').length;
        const call = () => rpc.call('a').catch(() => {});
        for (let i = 0; i < 4; i += 1) call();
        assert.equal(asked(), 0);
        call();
        call();
        assert.equal(asked(), 1);
        network.hear();
        network.acknowledge(2);
        assert.equal(asked(), 1);
        call();
        assert.equal(asked(), 2);
    });
    test('what finds no room waits in its order, and is refused when too much does', async () => {
        await connect({ agreed: { buf: { msgs: 4, bytes: 1048576 } }, queueLimit: 2 });
        for (const name of 'abcdef') rpc.call(name).catch(() => {});
        assert.deepEqual(numbers(), ['1 a', '2 b', '3 c', '4 d']);
        assert.throws(() => rpc.notify('g'), { kind: 'queue-full' });
        assert.equal(await kindOf(rpc.call('g')), 'queue-full');
        network.hear();
        network.acknowledge(1);
        assert.deepEqual(numbers(), ['1 a', '2 b', '3 c', '4 d', '5 e']);
        network.acknowledge(4);
        assert.deepEqual(numbers().slice(5), ['6 f']);
    });
    test('a call that timed out while it waited for room is not sent', async () => {
        await connect({ agreed: { buf: { msgs: 1, bytes: 1048576 } }, requestTimeout: 100 });
        rpc.call('a', null, { timeout: 0 }).catch(() => {});
        const late = kindOf(rpc.call('b'));
        await pass(100);
        assert.equal(await late, 'timeout');
        rpc.call('c').catch(() => {});
        network.hear();
        network.acknowledge();
        assert.deepEqual(numbers(), ['1 a', '2 c']);
    });
    test('a notification without a number is delivered as it comes', async () => {
        await connect();
        const seen = [];
        rpc.on('a', (params) => seen.push(params));
        network.socket.say({ method: 'a', params: 1 });
        assert.deepEqual(seen, [1]);
        await pass(5000);
        assert.deepEqual(acks(), []);
    });
    test('what else the framework says is no notification of the application', async () => {
        await connect();
        const seen = [];
        rpc.on('notification', ({ method }) => seen.push(method));
        for (const method of ['rpc.ack', 'rpc.detached', 'rpc.future']) network.socket.say({ method, params: { rcv: 0, reason: 'x' } });
        network.socket.say({ method: 'rpc.future' });
        assert.deepEqual(seen, []);
        assert.equal(rpc.state, 'connected');
    });
});

suite('coming back', () => {
    test('it tells where it is, and sends again what the server has not got, before anything new', async () => {
        await connect();
        const events = record(rpc);
        const calls = ['a', 'b', 'c'].map((name) => rpc.call(name));
        network.state.heard = 1;
        network.say({ method: 'tick' });
        network.socket.lose();
        calls.push(rpc.call('d'));
        await comeBack();
        const { params } = network.socket.last;
        assert.deepEqual(params, { sessionId: 'session-1', resume: back({ at: 2, token: 'token-1', rcv: 1, sent: 3 }) });
        assert.deepEqual(numbers(), []);
        network.resume();
        assert.deepEqual(numbers(), ['2 b', '3 c', '4 d']);
        network.hear();
        for (const name of 'abcd') {
            const { id } = [...network.sockets[0].sent, ...network.socket.sent].find(({ method }) => method === name);
            network.say({ id, result: name });
        }
        assert.deepEqual(await Promise.all(calls), ['a', 'b', 'c', 'd']);
        assert.deepEqual(events, ['reconnecting', 'reconnected: same']);
    });
    test('what it sends again are the same bytes', async () => {
        await connect();
        rpc.notify('a', { x: 'ü' });
        network.socket.lose();
        await comeBack();
        const [before] = network.sockets[0].sent.slice(-1);
        network.state.heard = 0;
        network.resume();
        assert.deepEqual(network.socket.last, before);
    });
    test('what the server sends again and it has is dropped, what was lost arrives once', async () => {
        await connect();
        const seen = [];
        rpc.on('tick', (n) => seen.push(n));
        network.say({ method: 'tick', params: 1 });
        const first = network.socket;
        network.say({ method: 'tick', params: 2 });
        first.readyState = 3;
        network.say({ method: 'tick', params: 3 });
        first.lose();
        network.say({ method: 'tick', params: 4 });
        await comeBack();
        assert.equal(network.socket.last.params.resume.rcv, 2);
        network.resume({}, network.socket);
        network.socket.say(network.state.kept[1]);
        assert.deepEqual(seen, [1, 2, 3, 4]);
    });
    test('each attempt has a number of its own, and each answer a new token', async () => {
        await connect({ openTimeout: 100 });
        network.socket.lose();
        await comeBack();
        assert.equal(network.socket.last.params.resume.at, 2);
        await pass(100);
        await comeBack(1000);
        assert.deepEqual([network.socket.last.params.resume.at, network.socket.last.params.resume.token], [3, 'token-1']);
        network.resume();
        network.socket.lose();
        await comeBack(1000);
        assert.deepEqual([network.socket.last.params.resume.at, network.socket.last.params.resume.token], [4, 'token-2']);
    });
    test('an answer of the application that could not be sent is', async () => {
        await connect();
        let finish;
        rpc.method('confirm', () => new Promise((resolve) => (finish = resolve)));
        network.say({ id: 's-1', method: 'confirm' });
        await settled();
        network.socket.lose();
        finish('kept');
        await settled();
        await comeBack();
        network.resume();
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: 'kept', id: 's-1', seq: 1, rcv: 1 });
    });
    for (const code of [4408, 4410, 4411, 1001, 1006]) {
        test(`closed with ${code} it comes back to its session`, async () => {
            await connect();
            network.socket.lose(code);
            await comeBack();
            assert.equal(network.socket.last.params.sessionId, 'session-1');
            network.resume();
            assert.equal(rpc.state, 'connected');
        });
    }
    test('closed with 4409 it does not: somebody who knows the token has the session', async () => {
        await connect();
        const call = kindOf(rpc.call('a'));
        network.socket.lose(4409);
        await comeBack();
        assert.equal(network.socket.last.params.sessionId, undefined);
        network.open();
        assert.equal(await call, 'outcome-unknown');
    });
    test('a later attempt has the session: once more, later yet, and then no more', async () => {
        await connect();
        network.socket.lose();
        await comeBack();
        network.socket.refuse('rpc.connect', -32056);
        await comeBack(1000);
        assert.equal(network.socket.last.params.resume.at, 3);
        network.resume();
        assert.equal(rpc.sessionId, 'session-1');
        network.socket.lose();
        await comeBack(1000);
        network.socket.refuse('rpc.connect', -32056);
        await comeBack(2000);
        network.socket.refuse('rpc.connect', -32056);
        await comeBack(4000);
        assert.equal(network.socket.last.params.sessionId, undefined);
        network.open();
        assert.equal(rpc.sessionId, 'session-2');
    });
    test('while it asks, a refusal that is neither leaves the session as it is', async () => {
        await connect();
        network.socket.lose();
        await comeBack();
        network.socket.refuse('rpc.connect', -32053);
        await comeBack(1000);
        assert.equal(network.socket.last.params.sessionId, 'session-1');
    });
});

suite('a session that is gone', () => {
    const refuse = (data) => network.socket.say({ id: network.socket.request('rpc.connect').id, error: { code: 40007, message: 'gone', data } });

    test('known how far the server came: what it has not got is sent in the new one, what it may have run fails', async () => {
        await connect();
        const events = record(rpc);
        const calls = ['a', 'b', 'c'].map((name) => rpc.call(name));
        rpc.notify('note');
        network.say({ method: 'confirm', id: 's-1' });
        await settled(); // Its answer is the fifth message, and belongs to the old session.
        network.socket.lose();
        calls.push(rpc.call('d'));
        rpc.on('reconnected', () => rpc.notify('login'));
        await comeBack();
        refuse({ resume: { state: 'expired', rcv: 2 } });
        network.open();
        assert.deepEqual(numbers(), ['1 login', '2 c', '3 note', '4 d']);
        network.hear();
        for (const name of 'cd') network.say({ id: network.socket.request(name).id, result: name });
        assert.deepEqual(await Promise.all(calls.map(kindOf)), ['outcome-unknown', 'outcome-unknown', { value: 'c' }, { value: 'd' }]);
        assert.deepEqual(events, ['reconnecting', 'reconnected: new']);
    });
    test('not known: all that was sent fails, what was not is sent', async () => {
        await connect();
        const sent = kindOf(rpc.call('a'));
        rpc.notify('note');
        network.socket.lose();
        const waiting = rpc.call('b');
        await comeBack();
        refuse({ resume: { state: 'expired' } });
        network.open();
        assert.equal(await sent, 'outcome-unknown');
        assert.deepEqual(numbers(), ['1 b']);
        network.hear();
        network.say({ id: network.socket.request('b').id, result: 1 });
        assert.equal(await waiting, 1);
    });
    test('a number that cannot be is none', async () => {
        for (const rcv of [9, -1, 'x', 1.5]) {
            await connect();
            const sent = kindOf(rpc.call('a'));
            network.socket.lose();
            await comeBack();
            refuse({ resume: { state: 'expired', rcv } });
            network.open();
            assert.equal(await sent, 'outcome-unknown', String(rcv));
            await rpc.close();
            network = resumeNetwork();
        }
    });
    test('of another time: the next connection opens a new one', async () => {
        await connect();
        const call = kindOf(rpc.call('a'));
        network.socket.lose();
        await comeBack();
        network.socket.refuse('rpc.connect', -32600, 'counters');
        network.socket.lose(4400);
        await comeBack(1000);
        network.open();
        assert.equal(await call, 'outcome-unknown');
        assert.equal(rpc.sessionId, 'session-2');
    });
    for (const [name, answer] of [['without resume', { resume: undefined }], ['without a token', { resume: { v: 1, rcv: 0, next: 1 } }], ['that has more than was sent', { resume: { v: 1, token: 't', rcv: 9, next: 1 } }]]) {
        test(`an answer ${name} is no return`, async () => {
            await connect();
            network.socket.lose();
            await comeBack();
            network.socket.answer('rpc.connect', { sessionId: 'session-1', ...answer });
            network.open();
            assert.equal(rpc.sessionId, 'session-2');
        });
    }
});

suite('violations', () => {
    const cases = {
        'a message too far': () => network.socket.say({ method: 'a', seq: 2 }),
        'message 0': () => network.socket.say({ method: 'a', seq: 0 }),
        'a number that is none': () => network.socket.say({ method: 'a', seq: '1' }),
        'a number beyond 2^53': () => network.socket.onmessage({ data: '{"jsonrpc":"2.0","method":"a","seq":9007199254740993}' }),
        'a request without a number': () => network.socket.say({ method: 'a', id: 1 }),
        'an answer without a number': () => network.socket.answer('mine', 1),
        'an acknowledgement of what was not sent': () => network.socket.say({ method: 'a', seq: 1, rcv: 2 }),
        'the same in an ack': () => network.socket.say({ method: 'rpc.ack', params: { rcv: 2 } }),
        'an ack of nothing': () => network.socket.say({ method: 'rpc.ack' }),
        'a negative one': () => network.socket.say({ method: 'a', seq: 1, rcv: -1 }),
    };
    for (const [name, violate] of Object.entries(cases)) {
        test(`${name}: the link is closed with 4400, the session is taken up again`, async () => {
            await connect();
            const seen = [];
            rpc.on('notification', ({ method }) => seen.push(method));
            rpc.call('mine').catch(() => {});
            const { socket } = network;
            violate();
            assert.equal(socket.closedWith, 4400);
            assert.equal(rpc.state, 'reconnecting');
            await comeBack();
            assert.equal(network.socket.last.params.sessionId, 'session-1');
            assert.deepEqual(seen, []);
        });
    }
    test('the third in a row without progress ends the session', async () => {
        await connect();
        for (const [index, id] of ['session-1', 'session-1', undefined].entries()) {
            if (index % 2) network.socket.lose(4400);
            else cases['a message too far']();
            await comeBack(5000);
            assert.equal(network.socket.last.params.sessionId, id);
            if (id) network.resume();
        }
    });
    test('not if there was progress between', async () => {
        await connect();
        for (let i = 0; i < 4; i += 1) {
            network.socket.say({ method: 'a', seq: 99 });
            await comeBack(5000);
            network.resume();
            network.say({ method: 'a' });
        }
        assert.equal(rpc.sessionId, 'session-1');
    });
    test('a late answer to a ping is none', async () => {
        await connect({ heartbeat: 1000, heartbeatTimeout: 100 });
        const { id } = network.socket.request('rpc.ping');
        network.say({ method: 'a' });
        await pass(100);
        network.socket.say({ id, result: 'pong' });
        assert.equal(rpc.state, 'connected');
    });
});

suite('what is missing', () => {
    const listen = () => {
        const gaps = [];
        rpc.on('gap', (gap) => gaps.push(gap));
        return gaps;
    };

    test('on a link: the application is told, and what follows goes on', async () => {
        await connect();
        const gaps = listen();
        const seen = [];
        rpc.on('a', (n) => seen.push(n));
        network.socket.say({ method: 'a', params: 1, seq: 1 });
        network.socket.say({ method: 'rpc.gap', params: { from: 2, to: 4, why: 'overflow' } });
        network.socket.say({ method: 'a', params: 5, seq: 5 });
        network.socket.say({ method: 'rpc.gap', params: { from: 2, to: 4, why: 'overflow' } });
        assert.deepEqual(gaps, [{ from: 2, to: 4, why: 'overflow' }]);
        assert.deepEqual(seen, [1, 5]);
        await pass(1000);
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', method: 'rpc.ack', params: { rcv: 5 } });
    });
    test('when it comes back: only what it does not have', async () => {
        await connect();
        const gaps = listen();
        network.socket.say({ method: 'a', seq: 1 });
        network.socket.say({ method: 'a', seq: 2 });
        network.socket.lose();
        await comeBack();
        network.resume({ state: 'gap', next: 6, gaps: [{ from: 2, to: 5, why: 'overflow' }] });
        network.socket.say({ method: 'a', seq: 6 });
        assert.deepEqual(gaps, [{ from: 3, to: 5, why: 'overflow' }]);
        assert.equal(rpc.state, 'connected');
    });
    test('in the middle of what is still there', async () => {
        await connect();
        const gaps = listen();
        const seen = [];
        rpc.on('a', (n) => seen.push(n));
        network.socket.lose();
        await comeBack();
        network.resume({ state: 'gap', next: 1, gaps: [{ from: 2, to: 3, why: 'overflow' }, { from: 5, to: 5, why: 'age' }] });
        for (const n of [1, 4, 6]) network.socket.say({ method: 'a', params: n, seq: n });
        assert.deepEqual(gaps, [{ from: 2, to: 3, why: 'overflow' }, { from: 5, to: 5, why: 'age' }]);
        assert.deepEqual(seen, [1, 4, 6]);
    });
    test('what was acknowledged before and is not here', async () => {
        await connect();
        const gaps = listen();
        network.socket.lose();
        await comeBack();
        network.resume({ next: 4 });
        assert.deepEqual(gaps, [{ from: 1, to: 3, why: 'acknowledged' }]);
    });
    for (const [name, lose] of [
        ['on a link', () => network.socket.say({ method: 'rpc.gap', params: { from: 1, to: 4, why: 'overflow' } })],
        ['when it comes back', async () => {
            network.socket.lose();
            await comeBack();
            network.resume({ state: 'gap', next: 5, gaps: [{ from: 1, to: 4, why: 'overflow' }] });
        }],
    ]) {
        test(`${name}, and nobody listens: the session ends, and another begins`, async () => {
            await connect();
            const call = kindOf(rpc.call('a'));
            const ends = [];
            const fetch = mock.method(globalThis, 'fetch', async (address, { body }) => ends.push(JSON.parse(body)));
            await lose();
            fetch.mock.restore();
            assert.deepEqual(ends.map(({ method, params }) => [method, params.sessionId]), [['rpc.close', 'session-1']]);
            assert.equal(rpc.state, 'reconnecting');
            assert.equal(await call, 'outcome-unknown');
            const back = new Promise((resolve) => rpc.on('reconnected', resolve));
            await comeBack(1000);
            assert.equal(network.socket.last.params.sessionId, undefined);
            network.open();
            assert.equal((await back).sameSession, false);
        });
    }
    test('its reason says why', async () => {
        await connect();
        const reason = new Promise((resolve) => rpc.on('reconnecting', (detail) => resolve(detail.reason)));
        network.socket.say({ method: 'rpc.gap', params: { from: 1, to: 4, why: 'overflow' } });
        assert.match(await reason, /1 to 4.*overflow.*gap/);
    });
});

suite('leaving', () => {
    test('it ends its session over its link', async () => {
        await connect();
        rpc.close({ closeSession: true });
        assert.deepEqual([network.socket.last.method, network.socket.last.seq], ['rpc.close', undefined]);
    });
    test('or without one, with the token', async () => {
        await connect();
        network.socket.lose();
        const bodies = [];
        const fetch = mock.method(globalThis, 'fetch', async (address, { body }) => bodies.push(JSON.parse(body)));
        await rpc.close({ closeSession: true });
        fetch.mock.restore();
        assert.deepEqual(bodies, [{ jsonrpc: '2.0', method: 'rpc.close', params: { sessionId: 'session-1', resume: { token: 'token-1' } } }]);
    });
    test('no timer is left', async () => {
        await connect();
        network.say({ method: 'a' });
        rpc.call('a').catch(() => {});
        await rpc.close();
        const count = network.socket.sent.length;
        await pass(1000000);
        assert.equal(network.socket.sent.length, count);
    });
});

suite('moving', () => {
    const sessions = () => network.sockets.filter(({ sent }) => sent.length > 0);

    /** The server wants to be left: a second socket opens, and proves itself. */
    async function leave() {
        network.socket.say({ method: 'rpc.goAway', params: { after: 1000, deadline: 20000 } });
        await pass(999);
        assert.equal(network.sockets.length, 1);
        await pass(1001);
        assert.equal(network.sockets.length, 2);
        network.socket.accept();
        assert.equal(network.socket.last.method, 'rpc.ping');
        network.socket.answer('rpc.ping', 'pong');
        assert.deepEqual(network.socket.last.params.resume, back({ at: 2, token: 'token-1', rcv: network.socket.last.params.resume.rcv, sent: network.socket.last.params.resume.sent, migrate: true }));
        return network.sockets;
    }

    test('there is no pause: both links carry, and what comes twice is taken once', async () => {
        await connect();
        const seen = [];
        rpc.on('a', (n) => seen.push(n));
        const [old, next] = await leave();
        rpc.notify('up');
        network.hear(old);
        network.say({ method: 'a', params: 1 }, old);
        assert.deepEqual(seen, [1]);
        network.resume({}, next); // Says 1 again, as the client had not got it when it asked.
        rpc.notify('up');
        assert.deepEqual(numbers(next), ['2 up']);
        network.hear(next);
        network.say({ method: 'a', params: 2 }, next);
        old.say(network.state.kept[0]);
        network.say({ method: 'a', params: 3 }, old); // On its way when the session moved.
        assert.deepEqual(seen, [1, 2, 3]);
        old.say({ method: 'rpc.detached', params: { reason: 'migrated' } });
        old.lose(4410);
        assert.equal(rpc.state, 'connected');
        assert.equal(sessions().length, 2);
    });
    test('what did not arrive over the old link is sent again over the new one', async () => {
        await connect();
        const [, next] = await leave();
        rpc.notify('a');
        rpc.notify('b');
        network.state.heard = 1;
        network.resume({}, next);
        assert.deepEqual(numbers(next), ['2 b']);
    });
    test('the old link is left after 3 s of silence', async () => {
        await connect();
        const [old, next] = await leave();
        network.resume({}, next);
        await pass(2999);
        assert.equal(old.closedWith, undefined);
        await pass(1);
        assert.equal(old.closedWith, 'no code');
    });
    test('the new link dies before its answer: it stays on the old one, with a number raised', async () => {
        await connect();
        const [old, next] = await leave();
        next.lose();
        assert.equal(rpc.state, 'connected');
        rpc.notify('a');
        assert.deepEqual(numbers(old), ['1 a']);
        old.lose();
        await comeBack();
        assert.equal(network.socket.last.params.resume.at, 3);
    });
    test('it was moved all the same: the old link is closed with 4410, and it comes back', async () => {
        await connect();
        const [old, next] = await leave();
        next.lose();
        old.lose(4410);
        await comeBack();
        network.resume();
        assert.equal(rpc.sessionId, 'session-1');
        assert.equal(rpc.state, 'connected');
    });
    test('the old link dies while it asks: the answer is taken', async () => {
        await connect();
        const [old, next] = await leave();
        old.lose();
        network.resume({}, next);
        assert.equal(rpc.state, 'connected');
        assert.equal(network.sockets.length, 2);
    });
    test('both die: it comes back', async () => {
        await connect();
        const [old, next] = await leave();
        old.lose();
        next.lose();
        await comeBack();
        network.resume();
        assert.equal(rpc.state, 'connected');
    });
    test('a violation on the old link ends that one only', async () => {
        await connect();
        const [old, next] = await leave();
        network.resume({}, next);
        old.say({ method: 'a', seq: 9 });
        assert.equal(rpc.state, 'connected');
        assert.equal(old.closedWith, 'no code');
    });
    test('missing messages are told of in a move too', async () => {
        await connect();
        const gaps = [];
        rpc.on('gap', (gap) => gaps.push(gap));
        const [, next] = await leave();
        network.resume({ next: 3, gaps: [{ from: 1, to: 2, why: 'overflow' }] }, next);
        assert.deepEqual(gaps, [{ from: 1, to: 2, why: 'overflow' }]);
    });
});
