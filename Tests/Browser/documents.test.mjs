// SPDX-License-Identifier: Apache-2.0
// The client in documents and workers of every kind, in Chromium: what its address belongs to, what a policy forbids, what the
// browser says of the network, and what tabs tell each other.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Chromium, chromiumPath } from './support/chromium.mjs';
import { Proxy } from './support/proxy.mjs';

const url = process.env.HOLDFAST_URL;
const skip = (!url && 'no HOLDFAST_URL') || (!chromiumPath && 'no Chromium');

suite('documents in Chromium', { skip, timeout: 90000 }, () => {
    let browser;
    let proxy;
    let tabs;

    before(async () => {
        browser = await Chromium.start();
    });
    after(() => browser.close());
    beforeEach(async () => {
        proxy = await Proxy.to(url);
        tabs = [];
    });
    afterEach(async () => {
        for (const tab of tabs) {
            assert.deepEqual(tab.problems, []);
            await tab.close();
        }
        await proxy.close();
    });

    async function open() {
        const tab = await browser.open(`${proxy.url}/plaintext`, { width: 400, height: 300 });
        tabs.push(tab);
        await tab.until('location.host && document.readyState === "complete"');
        await tab.evaluate("import('/holdfast.mjs').then((module) => void Object.assign(globalThis, module))");
        return tab;
    }

    /** A module's text that connects to `address` and tells `to`, which is code, how it went. */
    const module = (address, to, origin = '') => `
        import { Client } from '${origin}/holdfast.mjs';
        try {
            const rpc = new Client(${address}, { transports: ['websocket'] });
            rpc.on('connected', ({ transport }) => ${to}('connected over ' + transport));
            rpc.on('connectionFailed', ({ error }) => ${to}(error.message));
        } catch (error) {
            ${to}(error.message);
        }`;

    suite('an address', () => {
        const told = "globalThis.told = new Promise((resolve) => addEventListener('message', ({ data }) => resolve(data)))";
        const tell = '(text) => parent.postMessage(text, "*")';
        const frame = (content) => `(() => { ${told}; const frame = document.createElement('iframe'); ${content}; return told; })()`;

        for (const [name, head, address] of [
            ['in a srcdoc', '', '/rpc/session'],
            ['in a srcdoc, relative', '', 'rpc/session'],
            ['in a srcdoc with a base of its own', '<base href="/rpc/somewhere">', 'session'],
        ]) {
            test(name, async () => {
                const tab = await open();
                const html = `${head}<script type="module">${module(`'${address}'`, `(${tell})`)}</script>`;
                const result = await tab.evaluate(frame(`frame.srcdoc = ${JSON.stringify(html)}; document.body.append(frame)`));
                assert.equal(result, 'connected over websocket');
            });
        }
        test('in an empty frame', async () => {
            const tab = await open();
            const result = await tab.evaluate(frame(`
                document.body.append(frame);
                const script = frame.contentDocument.createElement('script');
                Object.assign(script, { type: 'module', textContent: ${JSON.stringify(module("'/rpc/session'", `(${tell})`))} });
                frame.contentDocument.body.append(script)`));
            assert.equal(result, 'connected over websocket');
        });
        test('under a base', async () => {
            const tab = await open();
            const result = await tab.evaluate(`new Promise((resolve) => {
                document.head.innerHTML = '<base href="/rpc/somewhere">';
                globalThis.rpc = new Client('session');
                rpc.on('connected', () => resolve('connected'));
                rpc.on('connectionFailed', ({ error }) => resolve(error.message));
            })`);
            assert.equal(result, 'connected');
        });
        test('in a worker made of a blob', async () => {
            const tab = await open();
            const source = module("'/rpc/session'", 'postMessage', proxy.url);
            const result = await tab.evaluate(`new Promise((resolve) => {
                const blob = new Blob([${JSON.stringify(source)}], { type: 'text/javascript' });
                new Worker(URL.createObjectURL(blob), { type: 'module' }).onmessage = ({ data }) => resolve(data);
            })`);
            assert.equal(result, 'connected over websocket');
        });
        test('that is none', async () => {
            const tab = await open();
            for (const address of ['undefined', 'null', '""', '{}', '7', '"ftp://host/rpc"']) {
                const result = await tab.evaluate(`(() => { try { new Client(${address}); } catch (error) { return error.name + ': ' + error.message; } })()`);
                assert.match(result, /^SyntaxError: Wanted is a ws, wss, http or https URL/, address);
            }
        });
    });

    test('a policy that forbids all connections: the reason of each transport is told', async () => {
        const tab = await open();
        const causes = await tab.evaluate(`new Promise((resolve) => {
            document.head.innerHTML = '<meta http-equiv="Content-Security-Policy" content="connect-src \\'none\\'">';
            const rpc = new Client('/rpc/session', { backoff: { min: 60000, max: 60000 } });
            rpc.on('connectionFailed', ({ error }) => {
                rpc.close();
                resolve(error.cause.map(({ transport, message }) => [transport, message]));
            });
        })`);
        assert.deepEqual(causes.map(([name]) => name), TRANSPORTS);
        for (const [name, message] of causes) assert.ok(message.startsWith(`${name}: `) && message.length > name.length + 2, message);
        assert.ok(tab.problems.every((text) => text.includes('Content Security Policy')), tab.problems.join('\n'));
        tab.problems.length = 0;
    });

    test('a tab that only polls does not make others poll', async () => {
        const [polling, free] = [await open(), await open()];
        const transport = (options) => `new Promise((resolve) => {
            const rpc = new Client('/rpc/session', ${options});
            rpc.on('connected', async ({ transport }) => {
                await rpc.close();
                resolve(transport);
            });
        })`;
        assert.equal(await polling.evaluate(transport("{ transports: ['xhr-polling'] }")), 'xhr-polling');
        assert.equal(await free.evaluate(transport('{}')), 'websocket');
    });

    suite('the network', () => {
        const network = (tab, offline) =>
            tab.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
        // Pauses so long that only the browser's word can bring it back in time; a busy machine may take long to connect.
        const options = "{ transports: ['websocket'], backoff: { min: 120000, max: 120000 }, openTimeout: 60000, heartbeat: 60000 }";
        const LIMIT = 30000;
        const source = (origin) => `
            globalThis.log = [];
            globalThis.sockets = globalThis.pings = 0;
            const { Client } = await import('${origin}/holdfast.mjs');
            class Counted extends WebSocket {
                constructor(url) {
                    super(url);
                    sockets += 1;
                }
                send(text) {
                    super.send(text);
                    if (text.includes('"rpc.ping"')) pings += 1;
                }
            }
            globalThis.rpc = new Client('/rpc/session', { ...${options}, WebSocket: Counted });
            for (const event of ['connected', 'reconnecting', 'reconnected', 'connectionFailed']) rpc.on(event, () => log.push(event));`;

        /** Goes through the same in a page and in a worker, where `ask` gives the value of an expression. */
        async function scenario(tab, ask) {
            const until = async (expression) => {
                const end = Date.now() + LIMIT;
                while (!(await ask(expression))) {
                    if (Date.now() > end) throw new Error(`Not true within ${LIMIT} ms: ${expression}; ${await ask('log')}`);
                    await new Promise((resolve) => setTimeout(resolve, 20));
                }
            };
            await until("log.includes('connected')");
            const pings = await ask('pings');
            await network(tab, true);
            // The client has noticed: it asks the link. A worker in Chromium is not told, and looks once a second.
            await until(`pings > ${pings}`);
            proxy.cut();
            await until("log.includes('reconnecting')");
            await network(tab, false);
            await until("log.includes('reconnected')");
            assert.deepEqual(await ask('[log, sockets]'), [['connected', 'reconnecting', 'reconnected'], 2]);
        }

        test('goes and comes back: a page knocks at nobody meanwhile, then at once', async () => {
            const tab = await open();
            await tab.send('Network.enable');
            await tab.evaluate(`(async () => { ${source('')} })()`);
            await scenario(tab, (expression) => tab.evaluate(expression));
        });
        test('the same in a worker', async () => {
            const tab = await open();
            await tab.send('Network.enable');
            await tab.evaluate(`(() => {
                const text = ${JSON.stringify(`${source(proxy.url)}
                    onmessage = ({ data }) => postMessage(eval(data));
                    postMessage('ready');`)};
                globalThis.worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })), { type: 'module' });
                return new Promise((resolve) => (worker.onmessage = resolve)).then(() => true);
            })()`);
            const ask = (expression) => tab.evaluate(`new Promise((resolve) => {
                worker.onmessage = ({ data }) => resolve(data);
                worker.postMessage(${JSON.stringify(expression)});
            })`);
            await scenario(tab, ask);
        });
        test('the link is dead when it comes back: that is noticed by the ping that follows at once', async () => {
            const tab = await open();
            await tab.evaluate(`(async () => {
                globalThis.rpc = new Client('/rpc/session', { transports: ['websocket'], heartbeat: 60000, heartbeatTimeout: 200 });
                await new Promise((resolve) => rpc.on('connected', resolve));
                await rpc.call('echo', {});
                globalThis.lost = new Promise((resolve) => rpc.on('reconnecting', resolve));
            })()`);
            proxy.stall();
            await tab.evaluate("dispatchEvent(new Event('online')), lost.then(({ reason }) => reason)");
        });
    });
});
