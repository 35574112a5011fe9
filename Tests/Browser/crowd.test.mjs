// SPDX-License-Identifier: Apache-2.0
// More tabs than a browser opens connections to a host over HTTP/1.1, which are six.
import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import { Client } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Chromium, chromiumPath } from './support/chromium.mjs';
import { next } from './support/exercise.mjs';
import { Portal } from './support/portal.mjs';

const url = process.env.HOLDFAST_URL;
const TABS = 10;
const OPEN_TIMEOUT = 1000;
/** An HTTP connection that is free answers in milliseconds; who waits for one of the others' attempts takes all of theirs. */
const GOOD = 700;

suite('ten tabs in Chromium', { skip: (!url && 'no HOLDFAST_URL') || (!chromiumPath && 'no Chromium'), timeout: 90000 }, () => {
    let browser;
    let tabs = [];

    before(async () => {
        browser = await Chromium.start();
    });
    after(() => browser.close());
    afterEach(async () => {
        for (const tab of tabs) await tab.close();
        tabs = [];
    });

    async function open(script) {
        const tab = await browser.open(`${url}/plaintext`, { width: 300, height: 300 });
        tabs.push(tab);
        await tab.until('location.host && document.readyState === "complete"');
        await tab.evaluate(script);
        return tab;
    }

    const client = (options) => `(async () => {
        const { Client } = await import('/holdfast.mjs');
        globalThis.rpc = new Client('/rpc/session', ${JSON.stringify(options)});
        globalThis.losses = 0;
        rpc.on('reconnecting', () => (losses += 1));
    })()`;

    /** The slowest of some calls of a tab, one after the other, ms. */
    const slowest = (tab) => tab.evaluate(`(async () => {
        const times = [];
        for (let n = 0; n < 10; n += 1) {
            const started = performance.now();
            await rpc.call('echo', { n });
            times.push(performance.now() - started);
        }
        return Math.round(Math.max(...times));
    })()`);

    test('over xhr-streaming: those without a connection poll, briefly, and nobody is slow', async (context) => {
        const options = { transports: ['xhr-streaming', 'xhr-polling'], openTimeout: { 'xhr-streaming': OPEN_TIMEOUT } };
        for (let n = 0; n < TABS; n += 1) {
            const tab = await open(client(options));
            await tab.until("rpc.state === 'connected'");
        }
        const transports = await Promise.all(tabs.map((tab) => tab.evaluate('rpc.transport')));
        assert.deepEqual(transports, [...Array(5).fill('xhr-streaming'), ...Array(5).fill('xhr-polling')]);
        const times = await Promise.all(tabs.map(slowest));
        context.diagnostic(`slowest calls, ms: ${times.join(', ')}`);
        for (const time of times) assert.ok(time < GOOD, `${times}`);
        // What the server says reaches those who poll as well.
        const said = await tabs.at(-1).evaluate(`(async () => {
            const said = [];
            rpc.on('said', ({ count }) => said.push(count));
            await rpc.call('say', { count: 3 });
            return said;
        })()`);
        assert.deepEqual(said, [1, 2, 3]);
        // Nobody remembers it for others: when the crowd is gone, a new tab streams again.
        assert.deepEqual(await tabs[9].evaluate('Object.values(localStorage)'), []);
    });

    test('opened at once, as when a browser starts again', async (context) => {
        const options = { transports: ['xhr-streaming', 'xhr-polling'], openTimeout: { 'xhr-streaming': OPEN_TIMEOUT } };
        await Promise.all(Array.from({ length: TABS }, () => open(client(options))));
        await Promise.all(tabs.map((tab) => tab.until("rpc.state === 'connected'")));
        const times = await Promise.all(tabs.map(slowest));
        context.diagnostic(`slowest calls, ms: ${times.join(', ')}`);
        for (const time of times) assert.ok(time < GOOD, `${times}`);
    });

    test('with one client in a shared worker all of them have a stream', async (context) => {
        const worker = `
            import { Client } from '${url}/holdfast.mjs';
            const rpc = new Client('/rpc/session', { transports: ['xhr-streaming'] });
            onconnect = ({ ports: [port] }) => {
                port.onmessage = async ({ data: { id, method, params } }) => port.postMessage({ id, result: await rpc.call(method, params) });
                rpc.on('said', (params) => port.postMessage({ said: params }));
            };`;
        // Each tab must have the same address for it, and the server has no such file: the first tab keeps it.
        const first = await open(`globalThis.address = URL.createObjectURL(new Blob([${JSON.stringify(worker)}], { type: 'text/javascript' }))`);
        const blob = await first.evaluate('address');
        const script = `(() => {
            const { port } = new SharedWorker('${blob}', { type: 'module' });
            const waiting = new Map();
            let id = 0;
            globalThis.said = [];
            port.onmessage = ({ data }) => (data.said ? said.push(data.said.count) : waiting.get(data.id)(data.result));
            globalThis.rpc = { call: (method, params) => new Promise((resolve) => { waiting.set(++id, resolve); port.postMessage({ id, method, params }); }) };
        })()`;
        await first.evaluate(script);
        for (let n = 1; n < TABS; n += 1) await open(script);
        const times = await Promise.all(tabs.map(slowest));
        context.diagnostic(`slowest calls, ms: ${times.join(', ')}`);
        for (const time of times) assert.ok(time < GOOD, `${times}`);
        await tabs[0].evaluate("rpc.call('say', { count: 2 })");
        for (const tab of tabs) await tab.until("said.join() === '1,2'");
    });
});

suite('a page whose HTTP requests get no answer', { timeout: 20000 }, () => {
    let portal;
    let rpc;

    before(async () => {
        portal = await Portal.start(() => {});
        globalThis.location = { href: 'http://page.test/' };
    });
    after(async () => {
        await portal.stop();
        delete globalThis.location;
    });
    afterEach(() => rpc.close());

    const OPTIONS = { openTimeout: 50, backoff: { min: 10, max: 10 } };

    test('the error names the bound and the ways out; polling is tried, and the pauses are longer', async () => {
        rpc = new Client(`${portal.url}/rpc`, { ...OPTIONS, transports: ['xhr-streaming', 'xhr-polling'] });
        const { error, retryIn } = await next(rpc, 'connectionFailed');
        assert.deepEqual(error.cause.map(({ transport, kind }) => [transport, kind]), [['xhr-streaming', 'timeout'], ['xhr-polling', 'timeout']]);
        for (const { message } of error.cause) assert.match(message, /not open within 50 ms; .*six connections.*SharedWorker.*HTTP\/2/);
        assert.ok(retryIn >= 20 && retryIn <= 40, `${retryIn}`);
    });
    test('where a WebSocket gets none either, the network is to blame: the pauses are the usual ones', async () => {
        class Silent {
            close() {}
        }
        rpc = new Client(`${portal.url}/rpc`, { ...OPTIONS, WebSocket: Silent });
        const { retryIn } = await next(rpc, 'connectionFailed');
        assert.ok(retryIn <= 10, `${retryIn}`);
    });
    test('an answer that refuses is no sign of a crowd', async () => {
        const refusing = await Portal.start((request, response) => response.writeHead(503).end());
        rpc = new Client(`${refusing.url}/rpc`, { ...OPTIONS, transports: ['xhr-streaming'] });
        const { retryIn, error } = await next(rpc, 'connectionFailed');
        assert.ok(retryIn <= 10, `${retryIn}`);
        assert.doesNotMatch(error.message, /six connections/);
        await refusing.stop();
    });
});
