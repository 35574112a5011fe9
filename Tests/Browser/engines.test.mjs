// SPDX-License-Identifier: Apache-2.0
// The client and the sample page in the browsers beside Chromium: the core of the matrix.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Firefox, firefoxPath } from './support/firefox.mjs';
import { loadClient } from './support/page-client.mjs';
import { Proxy } from './support/proxy.mjs';
import { WebKit, webkitPath } from './support/webkit.mjs';

const url = process.env.HOLDFAST_URL;
const sampleUrl = process.env.HOLDFAST_SAMPLE_URL;
const SIZE = { width: 1280, height: 800 };
const ENGINES = [
    { name: 'Firefox', Browser: Firefox, path: firefoxPath },
    { name: 'WebKitGTK', Browser: WebKit, path: webkitPath },
];

for (const { name: engine, Browser, path } of ENGINES) {
    suite(`in ${engine}`, { skip: !path && `no ${engine}`, timeout: 180000 }, () => {
        let browser;
        let page;

        before(async () => {
            browser = await Browser.start();
        });
        after(() => browser.close());
        afterEach(async () => {
            await page.settle();
            assert.deepEqual(page.problems, []);
            await page.close();
        });

        suite('the client', { skip: !url && 'no HOLDFAST_URL' }, () => {
            let proxy;

            beforeEach(async () => {
                proxy = await Proxy.to(url);
            });
            afterEach(async () => {
                await page.evaluate('globalThis.rpc?.close()');
                await proxy.close();
            });

            async function connect(options, { from = proxy.url, server = '' } = {}) {
                page = await browser.open(`${from}/plaintext`, SIZE);
                await loadClient(page, `${server}/rpc/session`, options);
            }

            test('what goes wrong in a page is seen', async () => {
                page = await browser.open(`${proxy.url}/plaintext`, SIZE);
                await page.evaluate(`new Promise((resolve) => {
                    console.error('told');
                    setTimeout(() => { setTimeout(resolve); throw new Error('thrown'); });
                    Promise.reject(new Error('rejected'));
                })`);
                await page.settle();
                const problems = page.problems.splice(0);
                for (const word of ['told', 'thrown', 'rejected']) {
                    assert.ok(problems.some((problem) => problem.includes(word)), `${word} is not in ${problems}`);
                }
            });
            for (const transport of TRANSPORTS) {
                test(`${transport}: opens, calls, is called and notified`, async () => {
                    await connect({ transports: [transport] });
                    await page.evaluate('exercise(rpc)');
                    assert.deepEqual(await page.evaluate('[rpc.transport, rpc.state, events]'), [transport, 'connected', []]);
                });
                test(`${transport}: from another origin`, async () => {
                    await connect({ transports: [transport] }, { from: url, server: proxy.url });
                    await page.evaluate('exercise(rpc)');
                    assert.equal(await page.evaluate('rpc.transport'), transport);
                });
                test(`${transport}: cut, it comes back to the same session`, async () => {
                    await connect({ transports: [transport] });
                    const session = await page.evaluate(`(async () => {
                        globalThis.held = rpc.call('hold', { n: 1 });
                        await rpc.call('echo', {});
                        globalThis.lost = next(rpc, 'reconnecting');
                        globalThis.back = next(rpc, 'reconnected');
                        return rpc.sessionId;
                    })()`);
                    // Browsers try a broken request again by themselves; only if they cannot is there something to come back from.
                    proxy.refuses = true;
                    proxy.cut();
                    await page.evaluate(`lost.then(() => { globalThis.waiting = rpc.call('echo', { n: 2 }); })`);
                    proxy.refuses = false;
                    const result = await page.evaluate(`(async () => {
                        const { sessionId } = await back;
                        const results = [await waiting];
                        await rpc.call('release');
                        results.push(await held);
                        await exercise(rpc);
                        return { sessionId, results, events, transport: rpc.transport };
                    })()`);
                    assert.deepEqual(result, {
                        sessionId: session,
                        results: [{ n: 2 }, { n: 1 }],
                        events: ['reconnecting', 'reconnected: same'],
                        transport,
                    });
                });
                test(`${transport}: closed, its session ends at the server`, async () => {
                    await connect({ transports: [transport] });
                    const state = await page.evaluate(`(async () => {
                        const observer = new rpc.constructor('/rpc/session');
                        const ended = observer.call('ended', { id: rpc.sessionId });
                        await observer.call('echo', {});
                        await rpc.close({ closeSession: true });
                        await ended;
                        await observer.close();
                        return rpc.state;
                    })()`);
                    assert.equal(state, 'closed');
                });
            }
        });

        suite('the sample page', { skip: !sampleUrl && 'no HOLDFAST_SAMPLE_URL' }, () => {
            const CONNECTED = "document.querySelector('#state')?.textContent === 'connected' && document.querySelector('#transport').textContent !== '–'";

            beforeEach(async () => {
                page = await browser.open(sampleUrl, SIZE);
                await page.until(CONNECTED);
            });

            const click = (selector) => page.evaluate(`document.querySelector('${selector}').click()`);
            const text = (id) => page.evaluate(`document.getElementById('${id}').textContent`);
            const shows = (words) => page.until(`document.getElementById('messages').textContent.includes(${JSON.stringify(words)})`);
            const choose = async (transport) => {
                await click(`input[name="transport"][value="${transport}"]`);
                await page.until(`document.getElementById('transport').textContent === '${transport}'`);
            };

            test('it shows its session, calls and is called', async () => {
                assert.match(await text('session'), /^[a-v0-9]{26}$/);
                assert.equal(await text('transport'), 'websocket');
                await shows('welcome');
                await click('#sum');
                await shows('sum {"a":2,"b":3} → 5');
                await click('#callback');
                await shows('callMeBack {} → {"confirmed":true,"by":"the page"}');
                await click('#ticker');
                await shows('tick {"count":2}');
            });
            for (const transport of TRANSPORTS) {
                test(`${transport}: cut for 3 s, it comes back in the same session`, async () => {
                    await choose(transport);
                    const session = await text('session');
                    await click('#slow');
                    // Its answer shows that the slow call is with the server too.
                    await click('#sum');
                    await shows('→ 5');
                    await click('#cut');
                    await page.until("document.querySelector('#state').textContent === 'reconnecting'");
                    await click('#callback');
                    await shows('waits for the connection');
                    await shows('Back in the same session');
                    await shows('done on');
                    await shows('callMeBack {} → ');
                    assert.deepEqual([await text('session'), await text('transport')], [session, transport]);
                });
            }

            test('reloaded, its radio and its transport agree', async () => {
                await choose('xhr-polling');
                // What the client remembers of this server would hide a page that does not look at its radio.
                await page.evaluate('localStorage.clear()');
                await page.reload();
                await page.until(CONNECTED);
                const [radio, transport] = await page.evaluate(`[
                    document.querySelector('input[name="transport"]:checked').value, document.getElementById('transport').textContent,
                ]`);
                assert.ok(radio === '' || radio === transport, `the radio says ${radio || 'automatic'}, the transport is ${transport}`);
            });
        });
    });
}
