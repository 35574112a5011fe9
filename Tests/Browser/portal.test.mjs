// SPDX-License-Identifier: Apache-2.0
// Somebody else answers in the server's place, with success: to the client that is a failed attempt like any other.
import assert from 'node:assert/strict';
import { afterEach, suite, test } from 'node:test';
import { Client, JsonRpcClient, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { next } from './support/exercise.mjs';
import { record } from './support/fake.mjs';
import { ANSWERS, Portal } from './support/portal.mjs';

const url = process.env.HOLDFAST_URL;
const BACKOFF = { min: 20, max: 40 };
const FAILURES = 4;
// A redirect is followed up to twenty times, by fetch itself.
const REQUESTS = { 'a redirect to a page': 2, 'a redirect to itself': 21 };

let portal;
let rpc;

afterEach(async () => {
    await rpc?.close();
    await portal?.stop();
    rpc = portal = undefined;
});

/** Resolves with the errors when so many attempts have failed. */
function failures(count = FAILURES) {
    const errors = [];
    return new Promise((resolve) => {
        rpc.on('connectionFailed', ({ error }) => errors.push(error) === count && resolve(errors));
    });
}

suite('a portal at the first connection', { timeout: 60000 }, () => {
    const lists = [['xhr-streaming'], ['xhr-polling'], TRANSPORTS];
    for (const [name, answer] of Object.entries(ANSWERS)) {
        for (const transports of lists) {
            test(`${name}, with ${transports.join(', ')}`, async () => {
                portal = await Portal.start(answer);
                rpc = new Client(`${portal.url}/rpc`, { transports, backoff: BACKOFF, openTimeout: 500 });
                const events = record(rpc);
                const errors = await failures();
                assert.deepEqual(events, ['failed 1', 'failed 2', 'failed 3', 'failed 4']);
                const most = FAILURES * transports.length * (REQUESTS[name] ?? 1);
                assert.ok(portal.requests <= most, `${portal.requests} requests, at most ${most} are right`);
                for (const error of errors) assert.equal(error.cause.length, transports.filter((one) => one !== 'websocket' || globalThis.WebSocket).length);
            });
        }
    }
    test('the error says what answered', async () => {
        portal = await Portal.start(ANSWERS['a page']);
        rpc = new Client(`${portal.url}/rpc`, { transports: ['xhr-polling'], backoff: BACKOFF });
        const [error] = await failures(1);
        assert.match(error.message, /^xhr-polling: Not a SockJS server, or a proxy answered for it: text\/html/);
    });
    test('the documented client does not take it for a connection either', async () => {
        portal = await Portal.start(ANSWERS['a text that begins like a frame']);
        const events = [];
        await new Promise((resolve) => {
            const callback = (event) => () => events.push(event) === 2 && resolve();
            const ws = { uri: `${portal.url}/rpc`, useSockJS: true, backoff: BACKOFF };
            for (const event of ['onconnected', 'onreconnecting', 'onerror']) ws[event] = callback(event);
            rpc = new JsonRpcClient({ ws });
        });
        assert.deepEqual(events, ['onerror', 'onreconnecting']);
    });
});

suite('a portal in mid-session', { skip: !url && 'no HOLDFAST_URL', timeout: 60000 }, () => {
    for (const transport of TRANSPORTS) {
        const skip = transport === 'websocket' && !globalThis.WebSocket && 'no WebSocket here';
        for (const [name, answer] of Object.entries(ANSWERS)) {
            test(`${name}, over ${transport}`, { skip }, async () => {
                portal = await Portal.start(null, url);
                const transports = [transport];
                rpc = new Client(`${portal.url}/rpc/session`, { transports, backoff: BACKOFF, heartbeat: 200, heartbeatTimeout: 300, openTimeout: 500 });
                await next(rpc, 'connected');
                const { sessionId } = rpc;
                assert.deepEqual(await rpc.call('echo', { n: 1 }), { n: 1 });
                portal.requests = 0;
                const failed = failures(2);
                const lost = next(rpc, 'reconnecting');
                portal.close(answer);
                const calls = [rpc.call('echo', { n: 2 }), rpc.call('echo', { n: 3 })].map((call) => call.catch((error) => error.kind));
                await lost;
                await failed;
                // Heartbeats may come ten times at once before that is too many; a ping, a call and two attempts go out besides.
                assert.ok(portal.requests <= 20 + 4 * (REQUESTS[name] ?? 1), `${portal.requests} requests`);
                portal.open();
                assert.deepEqual(await next(rpc, 'reconnected'), { sameSession: true, sessionId, transport });
                assert.deepEqual(await rpc.call('echo', { n: 4 }), { n: 4 });
                await rpc.close();
                for (const result of await Promise.all(calls)) assert.ok(result.n || result === 'closed', `${result}`);
            });
        }
    }
    test('a message that a portal took is not taken for sent', async () => {
        portal = await Portal.start(null, url);
        rpc = new Client(`${portal.url}/rpc/session`, { transports: ['xhr-streaming'], backoff: BACKOFF, heartbeat: 0 });
        await next(rpc, 'connected');
        const lost = next(rpc, 'reconnecting');
        portal.answer = ANSWERS['a page'];
        rpc.notify('note', { count: 1 });
        assert.match((await lost).reason, /^xhr_send answered 200/);
    });
});
