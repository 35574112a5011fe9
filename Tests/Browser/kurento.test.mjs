// SPDX-License-Identifier: Apache-2.0
// The documented client, and that it does not have the original's faults.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { JsonRpcClient } from '../../Sources/HoldfastJS/holdfast.mjs';
import { fakeNetwork, freshUrl, settled } from './support/fake.mjs';

/** What a loss is told by: as documented, the error first. */
const LOST = ['ondisconnect with an argument', 'onreconnecting'];

let network;
let client;
let events;

beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    network = fakeNetwork();
    events = [];
});

afterEach(() => {
    client?.close();
    mock.timers.tick(60000);
    client = undefined;
    mock.timers.reset();
});

const pass = async (milliseconds) => {
    mock.timers.tick(milliseconds);
    await settled();
};

async function start({ rpc = {}, ws = {}, ...configuration } = {}) {
    const note = (name) => (...args) => events.push(args.length > 0 ? `${name} with an argument` : name);
    client = new JsonRpcClient({
        ...configuration,
        ws: {
            uri: freshUrl(),
            WebSocket: network.WebSocket,
            onconnected: note('onconnected'),
            ondisconnect: note('ondisconnect'),
            onreconnecting: note('onreconnecting'),
            onreconnected: note('onreconnected'),
            onerror: () => events.push('onerror'),
            ...ws,
        },
        rpc,
    });
    await pass(0);
    return client;
}

async function connect(configuration) {
    await start(configuration);
    network.socket.accept();
    await settled();
    return client;
}

async function comeBack(milliseconds = 500) {
    const count = network.sockets.length;
    await pass(milliseconds);
    assert.equal(network.sockets.length, count + 1);
    network.socket.accept();
}

/** Sends a request and collects what the callback gets. */
function send(...args) {
    const outcomes = [];
    client.send(...args, (error, result) => outcomes.push({ error, result }));
    return outcomes;
}

suite('JsonRpcClient as documented', () => {
    test('nothing is sent at first, ids begin at 0, callbacks get no argument', async () => {
        await connect();
        assert.deepEqual(network.socket.sent, []);
        assert.deepEqual(events, ['onconnected']);
        client.send('echo', { a: 1 }, () => {});
        client.send('echo', null);
        assert.deepEqual(network.socket.sent, [
            { jsonrpc: '2.0', method: 'echo', params: { a: 1 }, id: 0 },
            { jsonrpc: '2.0', method: 'echo', id: 1 },
        ]);
    });
    test('the result is as on the wire', async () => {
        await connect();
        const outcomes = send('echo', {});
        network.socket.answer('echo', { value: 1, sessionId: 'S' });
        assert.deepEqual(outcomes, [{ error: undefined, result: { value: 1, sessionId: 'S' } }]);
    });
    test("an error is the server's object with the time of the request", async () => {
        await connect();
        const outcomes = send('echo', {});
        network.socket.say({ id: 0, error: { code: 7, message: 'no', data: 1, type: 'T' } });
        const { requestTime, ...error } = outcomes[0].error;
        assert.deepEqual(error, { code: 7, message: 'no', data: 1, type: 'T' });
        assert.equal(typeof requestTime, 'number');
    });
    test('requestTimeout holds; the error has the text of the request and can try again with the same id', async () => {
        await connect({ rpc: { requestTimeout: 100 } });
        const outcomes = send('echo', { a: 1 });
        await pass(99);
        assert.equal(outcomes.length, 0);
        await pass(1);
        const { error } = outcomes[0];
        assert.equal(error.message, 'Request has timed out');
        assert.equal(error.request, '{"jsonrpc":"2.0","method":"echo","params":{"a":1},"id":0}');
        error.retry();
        assert.deepEqual(network.socket.sent[1], network.socket.sent[0]);
        await pass(199);
        network.socket.say({ id: 0, result: { value: 2 } });
        assert.deepEqual(outcomes[1], { error: undefined, result: { value: 2 } });
    });
    test('requestTimeout is 5 s by default', async () => {
        await connect();
        const outcomes = send('echo', {});
        await pass(4999);
        assert.equal(outcomes.length, 0);
        await pass(1);
        assert.equal(outcomes.length, 1);
    });
    test('the server calls a handler, which replies', async () => {
        const rpc = {
            confirm(params, request) {
                request.reply(null, { got: params, method: request.method });
            },
        };
        await connect({ rpc });
        network.socket.say({ id: 's-1', method: 'confirm', params: { x: 1 } });
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: { got: { x: 1 }, method: 'confirm' }, id: 's-1' });
    });
    test('a handler of a notification gets {} for absent params, and nothing to reply with', async () => {
        const seen = [];
        await connect({ rpc: { treeStopped: (params, request) => seen.push([params, typeof request.reply]) } });
        network.socket.say({ method: 'treeStopped' });
        assert.deepEqual(seen, [[{}, 'undefined']]);
    });
    test('reply() answers null, reply(e) the error as it is, and only the first counts', async () => {
        let request;
        await connect({ rpc: { confirm: (params, one) => (request = one) } });
        network.socket.say({ id: 1, method: 'confirm' });
        request.reply();
        request.reply(null, 'again');
        network.socket.say({ id: 2, method: 'confirm' });
        request.reply({ code: 3, message: 'm' });
        assert.deepEqual(network.socket.sent, [
            { jsonrpc: '2.0', result: null, id: 1 },
            { jsonrpc: '2.0', error: { code: 3, message: 'm' }, id: 2 },
        ]);
    });
    test('pull is answered with push', async () => {
        await connect();
        network.socket.say({ id: 1, method: 'pull' });
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', result: 'push', id: 1 });
    });
    test('heartbeat: a ping at once with the interval, then plain ones', async () => {
        await connect({ heartbeat: 1000 });
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', method: 'ping', params: { interval: 1000 }, id: 0 });
        network.socket.answer('ping', { value: 'pong' });
        await pass(1000);
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', method: 'ping', id: 1 });
    });
    test('heartbeatRequestTimeout is that of pings, and requestTimeout without it', async () => {
        for (const rpc of [{ heartbeatRequestTimeout: 300, requestTimeout: 900 }, { requestTimeout: 300 }]) {
            events = [];
            await connect({ heartbeat: 1000, rpc });
            await pass(299);
            assert.deepEqual(events, ['onconnected']);
            await pass(1);
            assert.deepEqual(events, ['onconnected', ...LOST]);
            client.close();
        }
    });
    test('close without sendCloseMessage closes without a code', async () => {
        await connect();
        client.close();
        assert.deepEqual(network.socket.sent, []);
        assert.equal(network.socket.closedWith, 'no code');
        assert.deepEqual(events, ['onconnected']);
    });
    test('close with sendCloseMessage says so first and waits for the answer or the timeout', async () => {
        await connect({ sendCloseMessage: true });
        client.close();
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', method: 'closeSession', id: 0 });
        assert.equal(network.socket.closedWith, undefined);
        network.socket.answer('closeSession', 'bye');
        assert.equal(network.socket.closedWith, 'no code');

        await connect({ sendCloseMessage: true, rpc: { requestTimeout: 100 } });
        client.close();
        await pass(100);
        assert.equal(network.socket.closedWith, 'no code');
    });
    test('reconnect closes and opens', async () => {
        await connect();
        client.reconnect();
        await comeBack(0);
        assert.deepEqual(events, ['onconnected', ...LOST, 'onreconnected']);
    });
    test('reconnect while reconnecting is ignored', async () => {
        await connect();
        client.reconnect();
        client.reconnect();
        await comeBack(0);
        assert.equal(network.sockets.length, 2);
        assert.deepEqual(events, ['onconnected', ...LOST, 'onreconnected']);
    });
    test('ondisconnect is called at each loss with the reason, not by close()', async () => {
        const reasons = [];
        await connect({ ws: { ondisconnect: (error) => reasons.push(error.message) } });
        network.socket.lose(1011, 'the server broke');
        await comeBack();
        network.socket.lose(1012);
        await comeBack(1000);
        client.close();
        assert.deepEqual(reasons, ['the server broke', 'closed with 1012']);
    });
    test('a callback may close the client: no other is called then', async () => {
        await connect({ ws: { ondisconnect: () => client.close() } });
        network.socket.lose();
        await pass(10000);
        assert.deepEqual(events, ['onconnected']);
        assert.equal(network.sockets.length, 1);
    });
    test('requests made in onconnected go out after those that waited', async () => {
        await start({ ws: { onconnected: () => client.send('b', {}) } });
        client.send('a', {});
        network.socket.accept();
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['a', 'b']);
    });
    test('requests made while away belong to the session: they fail if it is lost, since nothing else tells of that', async () => {
        await connect();
        client.send('echo', {});
        network.socket.answer('echo', { value: 1, sessionId: 'S' });
        network.socket.lose();
        const waiting = send('pay', {});
        await comeBack();
        network.socket.refuse('connect', 40007);
        assert.deepEqual(network.socket.sent.map(({ method }) => method), ['connect']);
        assert.equal(waiting[0].error.kind, 'session-lost');
        assert.equal(events.at(-1), 'onreconnected');
    });
    test('requests made while away go out when the session is taken up, and when there was none', async () => {
        for (const sessionId of ['S', undefined]) {
            await connect();
            client.send('echo', {});
            network.socket.answer('echo', { value: 1, sessionId });
            network.socket.lose();
            client.send('pay', {});
            await comeBack();
            if (sessionId) network.socket.answer('connect', { value: 'reconnection successful', sessionId });
            assert.equal(network.socket.last.method, 'pay');
            client.close();
        }
    });
    test('a configuration without an address says what is wanted', () => {
        for (const configuration of [undefined, {}, { ws: {} }, { ws: { uri: '' } }, { ws: { uri: 7 } }]) {
            assert.throws(() => new JsonRpcClient(configuration), { name: 'SyntaxError', message: /^Wanted is a ws, wss, http or https URL/ });
        }
    });
    test('newWsUriOnReconnection that throws, or gives no address, is an attempt that failed; it answers once', async () => {
        const answers = [
            () => {
                throw new Error('broken');
            },
            (callback) => callback(null, 'nowhere'),
            (callback) => callback(null, 7),
            (callback) => callback(null, 'ws://one.test/rpc') || callback(null, 'ws://two.test/rpc'),
        ];
        await connect({ ws: { newWsUriOnReconnection: (callback) => answers.shift()(callback) } });
        network.socket.lose();
        for (const milliseconds of [500, 1000, 2000, 4000]) await pass(milliseconds);
        assert.deepEqual(network.sockets.slice(1).map(({ url }) => url), ['ws://one.test/rpc']);
    });
    test('newWsUriOnReconnection is asked before each attempt, and an error means later', async () => {
        const answers = [[new Error('not now')], [null, 'ws://elsewhere.test/rpc']];
        await connect({ ws: { newWsUriOnReconnection: (callback) => callback(...answers.shift()) } });
        network.socket.lose();
        await pass(500);
        assert.equal(network.sockets.length, 1);
        await pass(1000);
        assert.equal(network.socket.url, 'ws://elsewhere.test/rpc');
    });
    test('send and the others work without their object', async () => {
        await connect();
        const { send: detached, close } = client;
        detached('echo', {});
        close();
        assert.equal(network.socket.sent.length, 1);
    });
    test('the configuration is not changed', async () => {
        const rpc = Object.freeze({ requestTimeout: 100 });
        const ws = Object.freeze({ uri: freshUrl(), WebSocket: network.WebSocket });
        client = new JsonRpcClient(Object.freeze({ ws, rpc }));
    });
    test('useSockJS takes a SockJS constructor, with the http address', async () => {
        await start({ ws: { uri: 'http://sock.test/rpc', useSockJS: true, SockJS: network.WebSocket } });
        assert.equal(network.socket.url, 'http://sock.test/rpc');
        network.socket.transport = 'xhr-polling';
        network.socket.accept();
        assert.equal(client.transport, 'xhr-polling');
    });
    test('useSockJS without a constructor tries the WebSocket below the SockJS address first', async () => {
        await start({ ws: { uri: 'http://sock2.test/rpc', useSockJS: true } });
        assert.equal(network.socket.url, 'ws://sock2.test/rpc/websocket');
    });
});

suite("the original's faults", () => {
    test('B1: close while reconnecting ends it, with and without sendCloseMessage', async () => {
        for (const sendCloseMessage of [true, false]) {
            await connect({ heartbeat: 1000, sendCloseMessage });
            network.socket.lose();
            client.close();
            const count = network.sockets.length;
            await pass(100000);
            assert.equal(network.sockets.length, count);
        }
    });
    test('B2: a tick of the heartbeat while connecting does nothing', async () => {
        await connect({ heartbeat: 1000, rpc: { requestTimeout: 100 }, ws: { openTimeout: 50000 } });
        network.socket.lose();
        await pass(500);
        await pass(5000);
        assert.deepEqual(network.socket.sent, []);
    });
    test('B3: the session is taken up again', async () => {
        await connect();
        client.send('echo', {});
        network.socket.answer('echo', { value: 1, sessionId: 'S' });
        const pending = send('slow', {});
        const { id } = network.socket.last;
        network.socket.lose();
        await comeBack();
        assert.deepEqual(network.socket.last, { jsonrpc: '2.0', method: 'connect', params: { sessionId: 'S' }, id: 2 });
        assert.deepEqual(events, ['onconnected', ...LOST]);
        network.socket.answer('connect', { value: 'reconnection successful', sessionId: 'S' });
        assert.deepEqual(events, ['onconnected', ...LOST, 'onreconnected']);
        network.socket.say({ id, result: { value: 5, sessionId: 'S' } });
        assert.equal(pending[0].result.value, 5);
    });
    test('B3: an answer without a session id does not lose it; an unknown session is forgotten', async () => {
        await connect();
        client.send('echo', {});
        network.socket.answer('echo', { value: 1, sessionId: 'S' });
        client.send('nothing', {});
        network.socket.answer('nothing', '');
        assert.equal(client.sessionId, 'S');
        network.socket.lose();
        await comeBack();
        network.socket.refuse('connect', 40007);
        assert.equal(client.sessionId, null);
        assert.equal(network.socket.sent.length, 1);
        assert.equal(events.at(-1), 'onreconnected');
    });
    test('B4: onreconnected is called once, whatever it returns, and may be missing', async () => {
        let count = 0;
        await connect({ ws: { onreconnected: () => (count += 1) } });
        network.socket.lose();
        await comeBack();
        assert.equal(count, 1);
        client.close();
        await connect({ ws: { onreconnected: undefined } });
        network.socket.lose();
        await comeBack();
        network.socket.lose();
        await comeBack(1000);
    });
    test('B5: an error of a socket that came back starts no second round', async () => {
        await connect();
        network.socket.lose();
        await comeBack();
        network.socket.onerror({ message: 'broken' });
        await pass(10000);
        assert.equal(network.sockets.length, 2);
        network.socket.lose();
        await comeBack(1000);
        assert.equal(network.sockets.length, 3);
    });
    test('B6: an attempt that ends without an error is followed by the next', async () => {
        await connect();
        network.socket.lose();
        await pass(500);
        network.socket.lose(1002, 'Cannot connect to server');
        await comeBack(1000);
        assert.equal(events.at(-1), 'onreconnected');
    });
    test('B7: pauses grow, and ondisconnect is called at the loss and when it gives up', async () => {
        await connect({ ws: { backoff: { min: 1, max: 1 } } });
        network.socket.lose();
        for (let i = 0; i < 2001; i += 1) {
            mock.timers.tick(2);
            if (network.socket.readyState === 0) network.socket.lose();
        }
        assert.equal(network.sockets.length, 2001);
        assert.deepEqual(events, ['onconnected', ...LOST, LOST[0]]);
        await pass(100000);
        assert.equal(network.sockets.length, 2001);
    });
    test('B8: heartbeat 0 and false are off', async () => {
        for (const heartbeat of [0, false, undefined]) {
            await connect({ heartbeat });
            await pass(60000);
            assert.deepEqual(network.socket.sent, []);
        }
    });
    test('B9: unknown methods and failing handlers are answered', async () => {
        const report = mock.method(console, 'error', () => {});
        const rpc = {
            breaks() {
                throw new Error('broken');
            },
            async rejects() {
                throw new Error('later');
            },
            requestTimeout: 100,
        };
        await connect({ rpc });
        const cases = [
            ['breaks', -32603], ['rejects', -32603], ['absent', -32601], ['requestTimeout', -32601], ['toString', -32601],
            ['constructor', -32601],
        ];
        for (const [method, code] of cases) {
            network.socket.say({ id: method, method });
            await settled();
            assert.equal(network.socket.last.id, method);
            assert.equal(network.socket.last.error.code, code, method);
        }
        report.mock.restore();
    });
    test('B10: forceClose with a time stays away for that long and comes back', async () => {
        await connect();
        client.forceClose(2000);
        assert.deepEqual(events, ['onconnected', ...LOST]);
        await pass(1999);
        assert.equal(network.sockets.length, 1);
        await comeBack(1);
        assert.equal(events.at(-1), 'onreconnected');
    });
    test('B11: ids that a new session uses again are handled anew', async () => {
        let count = 0;
        await connect({ rpc: { confirm: (params, request) => request.reply(null, (count += 1)) } });
        network.socket.say({ id: 1, method: 'confirm' });
        network.socket.say({ id: 1, method: 'confirm' });
        assert.equal(count, 1);
        network.socket.lose();
        await comeBack();
        network.socket.say({ id: 1, method: 'confirm' });
        assert.equal(count, 2);
    });
    test('B12: calls whose session is gone fail at once', async () => {
        await connect();
        const outcomes = send('slow', {});
        network.socket.lose();
        await comeBack();
        assert.equal(outcomes[0].error.kind, 'session-lost');
    });
    test('B13: the callback may come second', async () => {
        await connect();
        let outcome;
        client.send('echo', (error, result) => (outcome = result));
        network.socket.answer('echo', 'x');
        assert.equal(outcome, 'x');
    });
    test('B14: onconnected is called when the first connection comes late', async () => {
        await start();
        network.socket.lose();
        assert.deepEqual(events, ['onerror', 'onreconnecting']);
        await comeBack(1000);
        assert.deepEqual(events, ['onerror', 'onreconnecting', 'onconnected']);
    });
    test('what is sent before the connection is there waits for it', async () => {
        await start();
        const outcomes = send('echo', {});
        network.socket.accept();
        network.socket.answer('echo', 'x');
        assert.equal(outcomes[0].result, 'x');
    });
    test('a result with a member dest arrives', async () => {
        await connect();
        const outcomes = send('echo', {});
        network.socket.answer('echo', { dest: 'here' });
        assert.deepEqual(outcomes[0].result, { dest: 'here' });
    });
    test('a callback that throws is reported and harms nobody else', async () => {
        const report = mock.method(console, 'error', () => {});
        await connect();
        client.send('a', {}, () => {
            throw new Error('broken');
        });
        network.socket.answer('a', 1);
        report.mock.restore();
        assert.equal(report.mock.callCount(), 1);
        const outcomes = send('b', {});
        network.socket.answer('b', 2);
        assert.equal(outcomes[0].result, 2);
    });
});
