// SPDX-License-Identifier: Apache-2.0
// A page of another origin, in a real browser: it may load the client's scripts and use an endpoint that allows it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { after, afterEach, before, suite, test } from 'node:test';
import { Chromium, chromiumPath } from './support/chromium.mjs';

const url = process.env.HOLDFAST_URL;
const skip = (!url && 'no HOLDFAST_URL') || (!chromiumPath && 'no Chromium');

suite('a page of another origin', { skip, timeout: 60000 }, () => {
    let pages;
    let browser;
    let tab;

    before(async () => {
        // What a page has to ask for before it may measure precisely; it then takes only what is offered to all origins.
        const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
        pages = createServer((request, response) => {
            response.writeHead(200, { 'Content-Type': 'text/html', ...(request.url === '/isolated' ? isolated : {}) });
            response.end('<!doctype html><title>elsewhere</title>');
        });
        await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
        browser = await Chromium.start();
    });
    after(async () => {
        await browser.close();
        pages.closeAllConnections();
        pages.close();
    });
    afterEach(async () => {
        assert.deepEqual(tab.problems, []);
        await tab.close();
    });

    async function open(path = '/') {
        tab = await browser.open(`http://127.0.0.1:${pages.address().port}${path}`, { width: 400, height: 300 });
        await tab.until("document.title === 'elsewhere'");
    }

    /** Calls `echo` with a client of the module. */
    const echo = (client) => `${client}.call('echo', { text: 'from elsewhere' }).then(({ text }) => text)`;

    for (const path of ['/', '/isolated']) {
        test(`imports the module at ${path}`, async () => {
            await open(path);
            const text = await tab.evaluate(
                `import('${url}/holdfast.mjs').then(({ Client }) => ${echo(`new Client('${url}/rpc/session')`)})`,
            );
            assert.equal(text, 'from elsewhere');
        });

        test(`loads the classic script at ${path}, and checks it`, async () => {
            await open(path);
            const bytes = Buffer.from(await (await fetch(`${url}/holdfast.js`)).arrayBuffer());
            const integrity = `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
            await tab.evaluate(`new Promise((resolve, reject) => document.head.append(Object.assign(
                document.createElement('script'),
                { src: '${url}/holdfast.js', integrity: '${integrity}', crossOrigin: 'anonymous', onload: resolve, onerror: reject },
            )))`);
            assert.equal(await tab.evaluate(echo(`new Holdfast.Client('${url}/rpc/session')`)), 'from elsewhere');
        });
    }

    test('imports the module into a sandboxed frame', async () => {
        await open();
        const html = `<script type="module">
            import { Client } from '${url}/holdfast.mjs';
            parent.postMessage(await ${echo(`new Client('${url}/rpc/session')`)}, '*');
        </script>`;
        const text = await tab.evaluate(`new Promise((resolve) => {
            onmessage = ({ data }) => resolve(data);
            const frame = Object.assign(document.createElement('iframe'), { srcdoc: ${JSON.stringify(html).replaceAll('</', '<\\/')} });
            frame.sandbox = 'allow-scripts';
            document.body.append(frame);
        })`);
        assert.equal(text, 'from elsewhere');
    });

    for (const type of ['application/json', 'application/json-rpc', 'application/jsonrequest']) {
        test(`posts ${type} and reads the answer`, async () => {
            await open();
            const answer = await tab.evaluate(`fetch('${url}/rpc/session', {
                method: 'POST',
                headers: { 'Content-Type': '${type}', 'X-Token': 'of the application' },
                body: JSON.stringify({ jsonrpc: '2.0', id: 1.0, method: 'echo', params: { text: 'smile 😀'.slice(0, 7) } }),
            }).then((response) => response.text())`);
            assert.equal(answer, '{"id":1,"result":{"text":"smile \\ud83d"},"jsonrpc":"2.0"}');
        });
    }

    test('reads why its request was refused', async () => {
        await open();
        const refused = await tab.evaluate(`fetch('${url}/rpc/session', { method: 'POST', body: 'text' })
            .then(async (response) => [response.status, await response.text()])`);
        assert.deepEqual(refused, [415, 'the body must be application/json or application/json-rpc']);
    });
});
