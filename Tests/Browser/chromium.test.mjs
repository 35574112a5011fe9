// SPDX-License-Identifier: Apache-2.0
// The client in a real browser against the real server: the core of the matrix.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Chromium, chromiumPath } from './support/chromium.mjs';
import { loadClient } from './support/page-client.mjs';
import { Proxy } from './support/proxy.mjs';
import { Server, serverPath } from './support/server.mjs';

const url = process.env.HOLDFAST_URL;
const skip = (!url && 'no HOLDFAST_URL') || (!chromiumPath && 'no Chromium');
const SIZE = { width: 800, height: 600 };

suite('in Chromium', { skip, timeout: 120000 }, () => {
    let browser;
    let proxy;
    let tab;

    before(async () => {
        browser = await Chromium.start();
    });
    after(() => browser.close());
    beforeEach(async () => {
        proxy = await Proxy.to(url);
    });
    afterEach(async () => {
        await tab?.evaluate('rpc.close()');
        assert.deepEqual(tab?.problems, []);
        await tab?.close();
        await proxy.close();
    });

    /** A page from the proxied server with the module's client. */
    async function connect(options, { path = '/rpc/session', page = `${proxy.url}/plaintext`, server = '' } = {}) {
        tab = await browser.open(page, SIZE);
        await loadClient(tab, server + path, options);
    }

    for (const name of TRANSPORTS) {
        suite(name, { timeout: 40000 }, () => {
            test('fresh', async () => {
                await connect({ transports: [name] });
                await tab.evaluate('exercise(rpc)');
                assert.deepEqual(await tab.evaluate('[rpc.transport, rpc.state, events]'), [name, 'connected', []]);
            });
            test('from another origin', async () => {
                const other = await Proxy.to(url);
                try {
                    await connect({ transports: [name] }, { page: `${other.url}/plaintext`, server: proxy.url });
                    await tab.evaluate('exercise(rpc)');
                    assert.equal(await tab.evaluate('rpc.transport'), name);
                } finally {
                    await other.close();
                }
            });
            test('cut while both sides wait for an answer', async () => {
                await connect({ transports: [name] });
                const before = await tab.evaluate(`(async () => {
                    globalThis.held = rpc.call('hold', { n: 1 });
                    const asked = new Promise((resolve) => {
                        rpc.method('confirm', (params) => {
                            resolve();
                            return new Promise((later) => (globalThis.answer = later));
                        });
                    });
                    globalThis.confirmed = rpc.call('ask', { n: 2 });
                    await asked;
                    globalThis.back = next(rpc, 'reconnected');
                    globalThis.lost = next(rpc, 'reconnecting');
                    return rpc.sessionId;
                })()`);
                // Chromium tries a broken request again by itself; only if it cannot is there something to come back from.
                proxy.refuses = true;
                proxy.cut();
                await tab.evaluate(`lost.then(() => {
                    globalThis.waiting = rpc.call('echo', { n: 3 });
                    answer({ n: 'answered while away' });
                })`);
                proxy.refuses = false;
                const after = await tab.evaluate(`(async () => {
                    const { sessionId } = await back;
                    const results = [await waiting, await confirmed];
                    await rpc.call('release');
                    results.push(await held);
                    await exercise(rpc);
                    return { sessionId, results, events };
                })()`);
                assert.deepEqual(after, {
                    sessionId: before,
                    results: [{ n: 3 }, { n: 'answered while away' }, { n: 1 }],
                    events: ['reconnecting', 'reconnected: same'],
                });
            });
            test('an expired session', async () => {
                await connect({ transports: [name] }, { path: '/rpc/brief' });
                const before = await tab.evaluate(`(async () => {
                    globalThis.held = kindOf(rpc.call('hold', {}));
                    await rpc.call('echo', {});
                    globalThis.back = next(rpc, 'reconnected');
                    return rpc.sessionId;
                })()`);
                const observer = await browser.open(`${url}/plaintext`, SIZE);
                await observer.until('location.host && document.readyState === "complete"');
                await observer.evaluate(`import('/holdfast.mjs').then(async ({ Client }) => {
                    globalThis.rpc = new Client('/rpc/brief');
                    globalThis.ended = rpc.call('ended', { id: '${before}' });
                    await rpc.call('echo', {});
                })`);
                proxy.refuses = true;
                proxy.cut();
                await observer.evaluate('ended.then(() => rpc.close())');
                await observer.close();
                proxy.refuses = false;
                const after = await tab.evaluate('back.then(async ({ sameSession }) => [sameSession, await held, rpc.sessionId])');
                assert.deepEqual(after.slice(0, 2), [false, 'outcome-unknown']);
                assert.notEqual(after[2], before);
                await tab.evaluate('exercise(rpc)');
            });
            test('a slow link', async () => {
                await connect({ transports: [name], heartbeat: 200 });
                Object.assign(proxy, { delay: 40, rate: 32 });
                await tab.evaluate('exercise(rpc)');
                assert.deepEqual(await tab.evaluate('events'), []);
            });
            test('a server that is restarted', { skip: !serverPath && 'no HOLDFAST_CONFORMANCE_SERVER' }, async () => {
                const server = await Server.start();
                try {
                    await proxy.close();
                    proxy = await Proxy.to(server.url);
                    await connect({ transports: [name] });
                    const before = await tab.evaluate(`(async () => {
                        globalThis.held = kindOf(rpc.call('hold', {}));
                        await rpc.call('echo', {});
                        globalThis.lost = next(rpc, 'reconnecting');
                        globalThis.back = next(rpc, 'reconnected');
                        return rpc.sessionId;
                    })()`);
                    await server.stop();
                    await tab.evaluate(`lost.then(() => { globalThis.waiting = rpc.call('echo', { n: 1 }); })`);
                    await server.start();
                    const after = await tab.evaluate(`(async () => {
                        const { sameSession } = await back;
                        return [sameSession, await held, await waiting, rpc.sessionId];
                    })()`);
                    assert.deepEqual(after.slice(0, 3), [false, 'outcome-unknown', { n: 1 }]);
                    assert.notEqual(after[3], before);
                    await tab.evaluate('exercise(rpc)');
                } finally {
                    await tab?.evaluate('rpc.close()');
                    await server.stop();
                }
            });
        });
    }

    for (const upgrade of ['forbid', 'strip']) {
        test(`a proxy that does not let WebSocket through (${upgrade})`, async () => {
            proxy.upgrade = upgrade;
            await connect({ probeDelay: 100 });
            assert.equal(await tab.evaluate('rpc.transport'), 'xhr-streaming');
            const sessionId = await tab.evaluate(`(async () => {
                await exercise(rpc);
                globalThis.held = rpc.call('hold', { n: 1 });
                globalThis.moved = next(rpc, 'transport', (to) => to === 'websocket');
                return rpc.sessionId;
            })()`);
            proxy.upgrade = 'pass';
            const result = await tab.evaluate(`(async () => {
                await moved;
                await rpc.call('release');
                const answer = await held;
                await exercise(rpc);
                return [answer, rpc.sessionId, events];
            })()`);
            assert.deepEqual(result, [{ n: 1 }, sessionId, []]);
        });
    }

    test('the classic script in a page, with the documented client', async () => {
        tab = await browser.open(`${proxy.url}/plaintext`, SIZE);
        await tab.until('location.host && document.readyState === "complete"');
        await tab.evaluate(`new Promise((resolve, reject) => {
            const script = Object.assign(document.createElement('script'), { src: '/holdfast.js', onload: resolve, onerror: reject });
            document.body.append(script);
        })`);
        const result = await tab.evaluate(`new Promise((resolve) => {
            const uri = location.href.replace(/^http/, 'ws').replace('/plaintext', '/rpc/echo');
            const client = new RpcBuilder.clients.JsonRpcClient({
                ws: { uri, onconnected: () => client.send('echo', { a: 1 }, (error, result) => resolve([error ?? null, result.a])) },
                rpc: {},
            });
            globalThis.rpc = client;
        })`);
        assert.deepEqual(result, [null, 1]);
        assert.equal(await tab.evaluate('Holdfast.JsonRpcClient === RpcBuilder.clients.JsonRpcClient'), true);
    });
});
