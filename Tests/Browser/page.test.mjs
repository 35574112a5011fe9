// SPDX-License-Identifier: Apache-2.0
// The sample page in a real browser, as a visitor uses it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { Chromium, chromiumPath } from './support/chromium.mjs';

const url = process.env.HOLDFAST_SAMPLE_URL;
const skip = (!url && 'no HOLDFAST_SAMPLE_URL') || (!chromiumPath && 'no Chromium');
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740, mobile: true };

suite('the scripts', { skip: !url && 'no HOLDFAST_SAMPLE_URL' }, () => {
    for (const path of ['/holdfast.js', '/holdfast.mjs']) {
        test(`${path} has an ETag and is not sent twice`, async () => {
            const first = await fetch(url + path);
            assert.equal(first.status, 200);
            assert.match(first.headers.get('content-type'), /^text\/javascript/);
            const etag = first.headers.get('etag');
            assert.match(etag, /^"[0-9a-f]+"$/);
            await first.text();
            const again = await fetch(url + path, { headers: { 'if-none-match': etag } });
            assert.equal(again.status, 304);
            assert.equal(await again.text(), '');
            const other = await fetch(url + path, { headers: { 'if-none-match': '"other"' } });
            assert.equal(other.status, 200);
            await other.text();
        });
    }

    test('the module from the server runs in node, and listeners of the same turn miss nothing', () => {
        const folder = mkdtempSync(join(tmpdir(), 'holdfast-node-'));
        try {
            const program = `
                import { writeFileSync } from 'node:fs';
                writeFileSync('holdfast.mjs', await (await fetch('${url}/holdfast.mjs')).text());
                const { Client } = await import('./holdfast.mjs');
                const rpc = new Client('${url}/rpc');
                rpc.on('welcome', ({ id }) => console.log(id.length));
                rpc.method('confirm', async () => true);
                console.log(await rpc.call('sum', { a: 1, b: 2 }), await rpc.call('callMeBack', {}));
                await rpc.close();`;
            writeFileSync(join(folder, 'program.mjs'), program);
            const output = execFileSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8', timeout: 20000 });
            assert.equal(output, '26\n3 true\n');
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});

suite('the sample page', { skip, timeout: 60000 }, () => {
    let browser;
    let tab;

    before(async () => {
        browser = await Chromium.start();
    });
    after(() => browser.close());
    afterEach(async () => {
        assert.deepEqual(tab.problems, []);
        await tab.close();
    });

    async function open(size = DESKTOP) {
        tab = await browser.open(url, size);
        await tab.until("document.querySelector('#state')?.textContent === 'connected'");
    }

    const click = (id) => tab.evaluate(`document.getElementById('${id}').click()`);
    const text = (id) => tab.evaluate(`document.getElementById('${id}').textContent`);
    const messages = () => tab.evaluate("[...document.querySelectorAll('#messages span')].map((span) => span.textContent).reverse()");
    const shows = (words, limit) =>
        tab.until(`[...document.querySelectorAll('#messages span')].some((span) => span.textContent.includes(${JSON.stringify(words)}))`, limit);
    const choose = (name) => tab.evaluate(`document.querySelector('input[name="transport"][value="${name}"]').click()`);
    const overTransport = (name, limit) => tab.until(`document.querySelector('#transport').textContent === '${name}'`, limit);
    const ticks = async () => (await messages()).map((line) => line.match(/^tick \{"count":(\d+)\}/)?.[1]).filter(Boolean).map(Number);
    const assertConsecutive = (counts) => assert.deepEqual(counts, counts.map((_, index) => index + 1));

    for (const [name, size] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
        for (const scheme of ['light', 'dark']) {
            test(`${name}, ${scheme}: nothing is cut off, every control can be hit, every text can be read`, async () => {
                await open({ ...size, scheme });
                const findings = await tab.evaluate(`(() => {
                    const findings = [];
                    if (document.documentElement.scrollWidth > innerWidth) findings.push('wider than the screen');
                    for (const element of document.querySelectorAll('button, input[type=text], .segments label')) {
                        const { width, height, left, right } = element.getBoundingClientRect();
                        if (width < 24 || height < 24 || left < 0 || right > innerWidth) findings.push(element.textContent || element.id);
                    }
                    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
                    const light = (color) => numbers(color).slice(0, 3)
                        .map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
                        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
                    const ground = (element) => {
                        const color = getComputedStyle(element).backgroundColor;
                        return numbers(color)[3] === 0 ? ground(element.parentElement) : color;
                    };
                    for (const element of document.querySelectorAll('h1, h2, p, dt, dd, output, button, input, label, legend, figcaption span, time')) {
                        if (!element.textContent && !element.value) continue;
                        const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
                        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                        if (contrast < 4.5) findings.push(element.textContent + ' has a contrast of ' + contrast.toFixed(2));
                    }
                    return findings;
                })()`);
                assert.deepEqual(findings, []);
            });
        }
    }

    test('it shows session, transport, round trips, and what the server says', async () => {
        await open();
        await shows('welcome');
        const session = await text('session');
        assert.match(session, /^[a-v0-9]{26}$/);
        assert.equal(await text('transport'), 'websocket');
        await tab.until("document.querySelectorAll('#chart .line').length > 0 && Number(document.querySelector('#rtt').textContent) > 0");
        await click('sum');
        await shows('sum {"a":2,"b":3} → 5');
        await click('callback');
        await shows('The server asks: {}');
        await shows('callMeBack {} → {"confirmed":true,"by":"the page"}');
    });

    for (const transport of ['websocket', 'xhr-streaming', 'xhr-polling']) {
        test(`five cuts of ${transport} cost none of a hundred messages each way`, async () => {
            await open();
            await choose(transport);
            await overTransport(transport);
            await click('count');
            await tab.until("document.querySelector('#verdict').className.match(/good|bad/)", 30000);
            assert.equal(await text('verdict'), '5 cuts, none of 2 × 100 messages missing, repeated or out of order');
            assert.equal(await text('up'), '100');
            assert.equal(await text('down'), '100');
        });
    }

    test('it works by keyboard', async () => {
        await open();
        const focused = () => tab.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.tagName");
        const visited = [];
        for (let i = 0; i < 11; i += 1) {
            await tab.key('Tab');
            visited.push(await focused());
            const outline = await tab.evaluate("getComputedStyle(document.activeElement.nextElementSibling?.matches('.segments span') ? document.activeElement.nextElementSibling : document.activeElement).outlineStyle");
            assert.equal(outline, 'solid', `the focus is seen on ${visited.at(-1)}`);
            if (visited.at(-1) === 'text') {
                await tab.key('Enter');
                await shows('echo {"text":"Hello, server"} → {"text":"Hello, server"}');
            }
            if (visited.at(-1) === 'sum') {
                await tab.key(' ', 'Space');
                await shows('→ 5');
            }
            if (visited.at(-1) === 'transport') {
                await tab.key('ArrowRight');
                await tab.key('ArrowRight');
                await overTransport('xhr-streaming');
            }
        }
        assert.deepEqual(visited, ['text', 'BUTTON', 'sum', 'slow', 'callback', 'ticker', 'cut', 'block', 'transport', 'count', 'clear']);
    });

    test('a cut link comes back in the same session, and no tick is missing', async () => {
        await open();
        const session = await text('session');
        await click('ticker');
        await shows('tick {"count":2}');
        await click('slow');
        await click('cut');
        await tab.until("document.querySelector('#state').textContent === 'reconnecting'");
        await click('sum');
        await shows('waits for the connection');
        await shows('Back in the same session');
        await shows('done on');
        await shows('→ 5');
        await shows('tick {"count":7}');
        assertConsecutive(await ticks());
        assert.equal(await text('session'), session);
        assert.equal(await text('reconnections'), '1');
    });

    test('without WebSocket it goes on within about a second, and returns to it when it may', async () => {
        await open();
        const session = await text('session');
        await click('ticker');
        await shows('tick {"count":1}');
        await click('slow');
        const started = performance.now();
        await click('block');
        await overTransport('xhr-streaming');
        assert.ok(performance.now() - started < 1500, `${Math.round(performance.now() - started)} ms`);
        await shows('done on');
        await shows('tick {"count":4}');
        await click('block');
        await overTransport('websocket');
        await shows('tick {"count":7}');
        assertConsecutive(await ticks());
        assert.equal(await text('session'), session);
    });

    // What Firefox does to a page that is loaded again: as the control is made, or once the page is there.
    const restorations = {
        'as it is read': `new MutationObserver((_, observer) => {
            const radio = document.querySelector('input[value="xhr-polling"]');
            if (radio) radio.checked = true;
            if (radio) observer.disconnect();
        }).observe(document, { childList: true, subtree: true })`,
        'when it is there': `addEventListener('load', () => (document.querySelector('input[value="xhr-polling"]').checked = true))`,
    };
    for (const [name, source] of Object.entries(restorations)) {
        test(`a choice that the browser fills in ${name} is not shown, since it is not so`, async () => {
            await open();
            await choose('xhr-polling');
            await overTransport('xhr-polling');
            await tab.send('Page.addScriptToEvaluateOnNewDocument', { source });
            await tab.send('Page.reload');
            await tab.until("document.readyState === 'complete' && document.querySelector('#state')?.textContent === 'connected'");
            assert.equal(await text('transport'), 'websocket');
            await tab.until(`document.querySelector('input[name="transport"]:checked').value === ''`, 1000);
            await choose('xhr-streaming');
            await overTransport('xhr-streaming');
            assert.equal(await tab.evaluate(`document.querySelector('input[name="transport"]:checked').value`), 'xhr-streaming');
        });
    }

    test('changing the transport loses nothing', async () => {
        await open();
        const session = await text('session');
        await click('ticker');
        await shows('tick {"count":1}');
        for (const name of ['xhr-polling', 'websocket', 'xhr-streaming', 'xhr-polling', 'xhr-streaming', 'websocket']) {
            await click('slow');
            await click('sum');
            await choose(name);
            await overTransport(name);
        }
        const count = (await ticks()).length;
        await shows(`tick {"count":${count + 2}}`);
        assertConsecutive(await ticks());
        const lines = await messages();
        assert.equal(lines.filter((line) => line.includes('done on')).length, 6);
        assert.equal(lines.filter((line) => line.includes('→ 5')).length, 6);
        assert.equal(await text('session'), session);
        assert.equal(await text('reconnections'), '0');
    });
});
