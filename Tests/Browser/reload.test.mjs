// SPDX-License-Identifier: Apache-2.0
// A page with `persist: sessionStorage` is reloaded, left and returned to, killed, duplicated: it is in its session, nothing is lost,
// and a copy has a session of its own.
import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import { TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Chromium, chromiumPath } from './support/chromium.mjs';

const url = process.env.HOLDFAST_URL;

/**
 * Runs in every page of a tab. What the page has said and heard is kept in the tab's storage, in the very turn in which it happens.
 * `rpc` is the client, and `told` what `connected` said.
 */
const PAGE = (options) => `(async () => {
    const list = (name) => JSON.parse(sessionStorage.getItem(name) ?? '[]');
    const add = (name, value) => sessionStorage.setItem(name, JSON.stringify([...list(name), value]));
    const { Client } = await import('/holdfast.min.mjs');
    const rpc = new Client('/rpc/session', { persist: sessionStorage, requestTimeout: 0, backoff: { min: 1, max: 20 }, ...${JSON.stringify(options)} });
    rpc.on('said', ({ count }) => add('said', count));
    rpc.on('gap', (gap) => add('gaps', gap));
    rpc.method('confirm', ({ question }) => (add('asked', question), { question }));
    Object.assign(globalThis, { rpc, list });
    globalThis.note = () => {
        add('noted', list('noted').length + 1);
        rpc.notify('note', { count: list('noted').length });
    };
    globalThis.told = new Promise((resolve) => rpc.on('connected', resolve));
    globalThis.isReady = true;
})()`;

suite('a page that keeps its session', { skip: (!url && 'no HOLDFAST_URL') || (!chromiumPath && 'no Chromium'), timeout: 120000 }, () => {
    let browser;
    let tab;

    before(async () => {
        browser = await Chromium.start();
    });
    after(() => browser.close());
    afterEach(async () => {
        const { problems } = tab;
        await tab.close();
        assert.deepEqual(problems, []);
    });

    async function open(options = {}) {
        tab = await browser.open('about:blank', { width: 800, height: 600 });
        await tab.send('Page.addScriptToEvaluateOnNewDocument', { source: `if (location.protocol === 'http:') ${PAGE(options)}` });
        await tab.send('Page.navigate', { url: `${url}/plaintext` });
        return ready(tab);
    }

    /** The client of a page is connected. */
    async function ready(page) {
        await page.until('globalThis.isReady');
        return page.evaluate('told');
    }

    /** Does something to the page from inside, and waits for the next one. */
    async function again(script, page = tab) {
        await page.evaluate(`globalThis.isReady = false; ${script}`);
        return ready(page);
    }

    const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1);

    for (const name of TRANSPORTS) {
        test(`${name}: reloaded again and again while both sides talk`, async () => {
            const { sessionId } = await open({ transports: [name] });
            for (let round = 0; round < 5; round += 1) {
                const told = await again("rpc.call('say', { count: 50 }); note(); rpc.call('ask', { question: list('noted').length }); note(); location.reload(); note();");
                assert.equal(told.sessionId, sessionId);
                assert.equal(told.sameSession, true);
            }
            // What was asked before is answered before.
            assert.deepEqual(await tab.evaluate("rpc.call('notes')"), numbers(15));
            await tab.until("list('said').length === 250");
            assert.deepEqual(await tab.evaluate("list('said')"), numbers(5).flatMap(() => numbers(50)));
            const asked = await tab.evaluate("list('asked')");
            assert.deepEqual(asked, [...new Set(asked)]);
            assert.deepEqual(await tab.evaluate("list('gaps')"), []);
        });
    }
    test('what was said without a connection is sent by the next page', async () => {
        const { sessionId } = await open();
        await again("rpc.reconnect({ delay: Infinity }); note(); note(); location.reload()");
        assert.equal(await tab.evaluate('rpc.sessionId'), sessionId);
        assert.deepEqual(await tab.evaluate("rpc.call('notes')"), [1, 2]);
    });
    test('left for another page, and returned to', async () => {
        const { sessionId } = await open();
        await tab.evaluate('note()');
        await tab.send('Page.navigate', { url: 'about:blank' });
        await tab.until("location.protocol === 'about:'");
        await tab.send('Page.navigate', { url: `${url}/plaintext` });
        assert.deepEqual((await ready(tab)).sessionId, sessionId);
        assert.deepEqual(await tab.evaluate("rpc.call('notes')"), [1]);
    });
    test('killed, and restored', async () => {
        const { sessionId } = await open();
        await tab.evaluate('note()');
        await tab.evaluate("rpc.call('notes')");
        const crashed = new Promise((resolve) => browser.on(({ method, sessionId: from }) => method === 'Inspector.targetCrashed' && from === tab.sessionId && resolve()));
        await tab.send('Inspector.enable');
        tab.send('Page.crash').catch(() => {});
        await crashed;
        await tab.send('Page.navigate', { url: `${url}/plaintext` });
        const told = await ready(tab);
        assert.equal(told.sessionId, sessionId);
        assert.equal(told.sameSession, true);
        assert.deepEqual(await tab.evaluate("rpc.call('notes')"), [1]);
    });
    test('duplicated: the copy has what the tab stored, and a session of its own; both live on', async () => {
        const { sessionId } = await open();
        await tab.evaluate("note(); rpc.call('notes')");
        await tab.evaluate("void window.open('/plaintext')");
        const copy = await browser.openedBy(tab);
        await copy.until('location.host && document.readyState === "complete"');
        assert.equal(await copy.evaluate("Object.keys(sessionStorage).some((key) => key.startsWith('holdfast:'))"), true);
        await copy.evaluate(PAGE({}));
        const told = await ready(copy);
        assert.equal(told.sameSession, false);
        assert.notEqual(told.sessionId, sessionId);
        await tab.evaluate('note()');
        assert.deepEqual(await tab.evaluate("rpc.call('notes')"), [1, 2]);
        assert.deepEqual(await copy.evaluate("rpc.call('notes')"), []);
        assert.equal(await tab.evaluate('rpc.sessionId'), sessionId);
        // Each of the two comes back to its own.
        assert.equal((await again('location.reload()')).sessionId, sessionId);
        await copy.send('Page.addScriptToEvaluateOnNewDocument', { source: PAGE({}) });
        assert.equal((await again('location.reload()', copy)).sessionId, told.sessionId);
        await copy.close();
    });
    test('closed with its session, it begins another', async () => {
        const { sessionId } = await open();
        await tab.evaluate("addEventListener('pagehide', () => rpc.close({ closeSession: true }))");
        const told = await again('location.reload()');
        assert.equal(told.sameSession, false);
        assert.notEqual(told.sessionId, sessionId);
    });
});
