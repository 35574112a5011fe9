// SPDX-License-Identifier: Apache-2.0
// A page is left, or its client closed, and the server is to end the session: it does so at once, over every transport.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { Client, JsonRpcClient, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Chromium, chromiumPath } from './support/chromium.mjs';
import { next } from './support/exercise.mjs';
import { Proxy } from './support/proxy.mjs';

const url = process.env.HOLDFAST_URL;
/** A session that nobody ends waits for 10 s. */
const AT_ONCE = 3000;

let observer;

/** Resolves, to how long it took, when the session is gone. */
async function end(sessionId) {
    const started = performance.now();
    await observer.call('ended', { id: sessionId }, { timeout: AT_ONCE });
    return Math.round(performance.now() - started);
}

suite('a page that is left', { skip: (!url && 'no HOLDFAST_URL') || (!chromiumPath && 'no Chromium'), timeout: 120000 }, () => {
    let browser;
    let tab;

    before(async () => {
        browser = await Chromium.start();
    });
    after(() => browser.close());
    beforeEach(async () => {
        observer = new Client(`${url}/rpc/session`);
        await next(observer, 'connected');
    });
    afterEach(async () => {
        assert.deepEqual(tab?.problems, []);
        await tab?.close();
        await observer.close();
    });

    /** A page with a client; `script` says when it closes. Resolves to the session. */
    async function open(options, script, { page = url, server = '', head = '' } = {}) {
        tab = await browser.open(`${page}/plaintext`, { width: 800, height: 600 });
        await tab.until('location.host && document.readyState === "complete"');
        return tab.evaluate(`(async () => {
            document.head.innerHTML = ${JSON.stringify(head)};
            const { Client, JsonRpcClient } = await import('/holdfast.mjs');
            Object.assign(globalThis, { Client, JsonRpcClient });
            globalThis.rpc = new Client('${server}/rpc/session', ${JSON.stringify(options)});
            await new Promise((resolve) => rpc.on('connected', resolve));
            await rpc.call('echo', {});
            const leave = () => rpc.close({ closeSession: true });
            ${script}
            return rpc.sessionId;
        })()`);
    }

    const leave = () => tab.send('Page.navigate', { url: 'about:blank' });
    const AT_PAGEHIDE = "addEventListener('pagehide', leave);";

    for (const name of TRANSPORTS) {
        const transports = [name];
        for (const event of ['pagehide', 'beforeunload', 'unload']) {
            test(`${name}: closed at ${event}`, async (context) => {
                const sessionId = await open({ transports }, `addEventListener('${event}', leave);`);
                await leave();
                context.diagnostic(`${await end(sessionId)} ms`);
            });
        }
        test(`${name}: closed by a listener that comes before the client's own`, async () => {
            const sessionId = await open({ transports }, `
                await rpc.close();
                addEventListener('pagehide', () => rpc.close({ closeSession: true }), true);
                rpc = new Client('/rpc/session', { transports: ['${name}'] });
                await new Promise((resolve) => rpc.on('connected', resolve));`);
            await leave();
            await end(sessionId);
        });
        test(`${name}: of another origin`, async () => {
            const other = await Proxy.to(url);
            try {
                const sessionId = await open({ transports }, AT_PAGEHIDE, { page: other.url, server: url });
                await leave();
                await end(sessionId);
            } finally {
                await other.close();
            }
        });
        test(`${name}: with a referrer policy that hides the origin from what is no CORS request`, async () => {
            const sessionId = await open({ transports }, AT_PAGEHIDE, { head: '<meta name="referrer" content="no-referrer">' });
            await leave();
            await end(sessionId);
        });
        test(`${name}: by reloading`, async () => {
            const sessionId = await open({ transports }, AT_PAGEHIDE);
            await tab.send('Page.reload');
            await end(sessionId);
        });
        test(`${name}: by closing the tab`, async () => {
            const sessionId = await open({ transports }, AT_PAGEHIDE);
            const { problems } = tab;
            await tab.send('Page.close');
            tab = { problems, close: () => {} };
            await end(sessionId);
        });
        test(`${name}: only the client is closed, the page stays`, async () => {
            const sessionId = await open({ transports }, '');
            await tab.evaluate('rpc.close({ closeSession: true })');
            await end(sessionId);
        });
        test(`${name}: closed while there is no connection`, async () => {
            const sessionId = await open({ transports }, '');
            await tab.evaluate("rpc.reconnect({ delay: Infinity }), rpc.close({ closeSession: true })");
            await end(sessionId);
        });
        test(`${name}: closed while there is no connection, of another origin`, async () => {
            const other = await Proxy.to(url);
            try {
                const sessionId = await open({ transports }, '', { page: other.url, server: url });
                await tab.evaluate("rpc.reconnect({ delay: Infinity }), rpc.close({ closeSession: true })");
                await end(sessionId);
            } finally {
                await other.close();
            }
        });
    }
    test('the documented client with sendCloseMessage', async () => {
        const sessionId = await open({}, `
            rpc.close();
            const client = new JsonRpcClient({ sendCloseMessage: true, ws: { uri: '/rpc/session', useSockJS: true, transports: ['xhr-polling'] } });
            await new Promise((resolve) => client.send('echo', {}, resolve));
            addEventListener('pagehide', client.close);
            return client.sessionId;`);
        await leave();
        await end(sessionId);
    });
    test('without closeSession the session waits, as it should', async () => {
        const sessionId = await open({}, "addEventListener('pagehide', () => rpc.close());");
        await leave();
        await assert.rejects(end(sessionId), { kind: 'timeout' });
    });
});

suite('in node', { skip: !url && 'no HOLDFAST_URL', timeout: 30000 }, () => {
    beforeEach(async () => {
        observer = new Client(`${url}/rpc/session`);
        await next(observer, 'connected');
    });
    afterEach(() => observer.close());

    for (const name of TRANSPORTS.filter((one) => one !== 'websocket' || globalThis.WebSocket)) {
        test(`${name}: close({ closeSession: true }) ends the session, with a connection and without`, async () => {
            for (const isAway of [false, true]) {
                const rpc = new Client(`${url}/rpc/session`, { transports: [name] });
                const { sessionId } = await next(rpc, 'connected');
                if (isAway) rpc.reconnect({ delay: Infinity });
                await rpc.close({ closeSession: true });
                await end(sessionId);
            }
        });
        test(`${name}: in the middle of a change of transport`, async () => {
            const rpc = new Client(`${url}/rpc/session`, { transports: [name] });
            const { sessionId } = await next(rpc, 'connected');
            const move = rpc.forceTransport(TRANSPORTS.find((other) => other.startsWith('xhr') && other !== name)).catch((error) => error.kind);
            await rpc.close({ closeSession: true });
            assert.equal(await move, 'transport');
            await end(sessionId);
        });
        test(`${name}: a link that breaks before the answer`, async () => {
            const proxy = await Proxy.to(url);
            const rpc = new Client(`${proxy.url}/rpc/session`, { transports: [name], heartbeat: 0 });
            const { sessionId } = await next(rpc, 'connected');
            const closed = rpc.close({ closeSession: true });
            proxy.cut();
            await closed;
            await end(sessionId);
            await proxy.close();
        });
    }
    test('the documented client', async () => {
        const client = new JsonRpcClient({ sendCloseMessage: true, ws: { uri: `${url}/rpc/session`, useSockJS: true } });
        await new Promise((resolve) => client.send('echo', {}, resolve));
        const { sessionId } = client;
        client.close();
        await end(sessionId);
    });
});
