// SPDX-License-Identifier: Apache-2.0
// The client against the real server: each transport, each kind of trouble.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { Client, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { exercise, next } from './support/exercise.mjs';
import { record } from './support/fake.mjs';
import { Proxy } from './support/proxy.mjs';
import { Server, serverPath } from './support/server.mjs';

const url = process.env.HOLDFAST_URL;
const OPTIONS = { heartbeat: 500, heartbeatTimeout: 2000, backoff: { min: 20, max: 50 } };

let proxy;
let rpc;
let events;

afterEach(async () => {
    await rpc?.close();
    await proxy?.close();
});

/** A connected client behind a proxy. */
async function connect(options = {}, path = '/rpc/session') {
    rpc = new Client(proxy.url + path, { ...OPTIONS, ...options });
    events = record(rpc);
    await next(rpc, 'connected');
    return rpc;
}

const kindOf = (promise) => promise.then((value) => ({ value }), (error) => error.kind);

for (const name of TRANSPORTS) {
    const needed = name === 'websocket' && !globalThis.WebSocket && 'no WebSocket here';
    suite(`the client over ${name}`, { skip: (!url && 'no HOLDFAST_URL') || needed, timeout: 30000 }, () => {
        beforeEach(async () => {
            proxy = await Proxy.to(url);
        });

        test('fresh', async () => {
            await connect({ transports: [name] });
            assert.equal(await rpc.call('transport'), name);
            await exercise(rpc);
            assert.equal(rpc.transport, name);
            assert.equal(rpc.state, 'connected');
            assert.deepEqual(events, ['connected']);
        });
        test('unknown methods and bad parameters are errors, and harm nothing', async () => {
            await connect({ transports: [name] });
            await assert.rejects(rpc.call('nothing'), { kind: 'remote', code: -32601 });
            await assert.rejects(rpc.call('say', { count: 'many' }), { kind: 'remote', code: -32602 });
            await assert.rejects(rpc.call('ask', {}), { kind: 'remote', code: -32601 });
            await exercise(rpc);
        });
        test('cut while both sides wait for an answer', async () => {
            await connect({ transports: [name] });
            await exercise(rpc);
            const { sessionId } = rpc;
            const held = rpc.call('hold', { n: 1 });
            let answer;
            const asked = new Promise((resolve) => {
                rpc.method('confirm', (params) => {
                    resolve(params);
                    return new Promise((later) => (answer = later));
                });
            });
            const confirmed = rpc.call('ask', { n: 2 });
            assert.deepEqual(await asked, { n: 2 });

            const lost = next(rpc, 'reconnecting');
            const back = next(rpc, 'reconnected');
            proxy.cut();
            await lost;
            assert.equal(rpc.state, 'reconnecting');
            const waiting = rpc.call('echo', { n: 3 });
            answer({ n: 'answered while away' });
            assert.deepEqual(await back, { sameSession: true, sessionId, transport: name });
            assert.deepEqual(await waiting, { n: 3 });
            assert.deepEqual(await confirmed, { n: 'answered while away' });
            await rpc.call('release');
            assert.deepEqual(await held, { n: 1 });
            await exercise(rpc);
            assert.deepEqual(events, ['connected', 'reconnecting', 'reconnected: same']);
        });
        test('a link that goes dead is noticed by the heartbeat', async () => {
            // Requests may be given a dead connection that was kept for them: those attempts end after openTimeout.
            await connect({ transports: [name], heartbeat: 100, heartbeatTimeout: 200, openTimeout: 300 });
            const { sessionId } = rpc;
            const held = rpc.call('hold', { n: 1 });
            await rpc.call('echo', {});
            const back = next(rpc, 'reconnected');
            proxy.stall();
            assert.deepEqual(await back, { sameSession: true, sessionId, transport: name });
            // So may this call, which is then lost with its connection and has to be made again.
            while ((await kindOf(rpc.call('release', undefined, { timeout: 600 }))) === 'timeout');
            assert.deepEqual(await held, { n: 1 });
            assert.equal(rpc.sessionId, sessionId);
        });
        for (const resume of [true, false]) test(`an expired session, resume: ${resume}`, async () => {
            await connect({ transports: [name], resume }, '/rpc/brief');
            await exercise(rpc);
            const { sessionId } = rpc;
            const held = kindOf(rpc.call('hold', {}));
            await rpc.call('echo', {});
            const observer = new Client(`${url}/rpc/brief`, { transports: [name] });
            const ended = observer.call('ended', { id: sessionId });
            const failed = next(rpc, 'connectionFailed');
            const back = next(rpc, 'reconnected');
            proxy.refuses = true;
            proxy.cut();
            await failed;
            await ended;
            await observer.close();
            const waiting = rpc.call('echo', { n: 1 });
            proxy.refuses = false;
            assert.equal((await back).sameSession, false);
            assert.equal(await held, resume ? 'outcome-unknown' : 'session-lost');
            assert.deepEqual(await waiting, { n: 1 });
            assert.notEqual(rpc.sessionId, sessionId);
            await exercise(rpc);
            assert.equal(rpc.transport, name);
        });
        for (const upgrade of ['forbid', 'strip', 'swallow']) {
            test(`a proxy that does not let WebSocket through (${upgrade})`, async () => {
                proxy.upgrade = upgrade;
                if (name !== 'websocket') {
                    await connect({ transports: [name] });
                    return exercise(rpc);
                }
                await connect({ openTimeout: { websocket: 300 }, probeDelay: 50 });
                const { sessionId } = rpc;
                assert.equal(rpc.transport, 'xhr-streaming');
                await exercise(rpc);

                const held = rpc.call('hold', { n: 1 });
                const moved = next(rpc, 'transport', (to) => to === 'websocket');
                proxy.upgrade = 'pass';
                await moved;
                await rpc.call('release');
                assert.deepEqual(await held, { n: 1 });
                await exercise(rpc);
                assert.equal(rpc.sessionId, sessionId);
                assert.deepEqual(events, ['connected']);

                const back = next(rpc, 'reconnected');
                proxy.upgrade = upgrade;
                proxy.cut();
                assert.deepEqual(await back, { sameSession: true, sessionId, transport: 'xhr-streaming' });
                await exercise(rpc);
            });
        }
        test('a proxy that buffers', async () => {
            proxy.buffers = true;
            if (name !== 'xhr-streaming') {
                await connect({ transports: [name] });
                return exercise(rpc);
            }
            await connect({ transports: ['xhr-streaming', 'xhr-polling'], openTimeout: { 'xhr-streaming': 300 }, probeDelay: 60000 });
            assert.equal(rpc.transport, 'xhr-polling');
            await exercise(rpc);
        });
        test('a slow link', async () => {
            Object.assign(proxy, { delay: 40, rate: 32 });
            await connect({ transports: [name], heartbeat: 100 });
            await exercise(rpc);
            const text = 'x'.repeat(20000);
            assert.deepEqual(await rpc.call('echo', { text }), { text });
            assert.deepEqual(events, ['connected']);
        });
        test('a server that is restarted', { skip: !serverPath && 'no HOLDFAST_CONFORMANCE_SERVER' }, async () => {
            const server = await Server.start();
            try {
                await proxy.close();
                proxy = await Proxy.to(server.url);
                await connect({ transports: [name] });
                await exercise(rpc);
                for (const signal of ['SIGKILL', 'SIGTERM']) {
                    const { sessionId } = rpc;
                    const held = signal === 'SIGKILL' ? kindOf(rpc.call('hold', {})) : 'outcome-unknown';
                    await rpc.call('echo', {});
                    const lost = next(rpc, 'reconnecting');
                    const code = server.stop(signal);
                    await lost;
                    const waiting = rpc.call('echo', { n: 1 });
                    assert.equal(await code, signal === 'SIGTERM' ? 0 : null);
                    const back = next(rpc, 'reconnected');
                    await server.start();
                    assert.equal((await back).sameSession, false);
                    assert.equal(await held, 'outcome-unknown');
                    assert.deepEqual(await waiting, { n: 1 });
                    assert.notEqual(rpc.sessionId, sessionId);
                    await exercise(rpc);
                }
            } finally {
                await rpc.close();
                await server.stop();
            }
        });
    });
}
