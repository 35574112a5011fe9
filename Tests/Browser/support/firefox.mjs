// SPDX-License-Identifier: Apache-2.0
// A headless Firefox, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/). Needs `node --experimental-websocket` under node 20.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asJSON, Page } from './page.mjs';
import { Program } from './program.mjs';

const CANDIDATES = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'];
export const firefoxPath = CANDIDATES.find((path) => path && existsSync(path));

// It is to talk to the server under test only.
const PREFERENCES = {
    'app.normandy.enabled': false,
    'browser.safebrowsing.downloads.remote.enabled': false,
    'browser.search.update': false,
    'datareporting.healthreport.uploadEnabled': false,
    'extensions.update.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'services.settings.server': 'data:,',
    'toolkit.telemetry.server': 'data:,',
};

// Its remarks about a WebSocket that a test has cut.
const REMARK = /^Firefox can’t establish a connection|^The connection to ws/;

export class Firefox {
    #program;
    #profile;
    #socket;
    #nextId = 1;
    #waiting = new Map();
    #pages = new Map();

    static async start() {
        const browser = new Firefox();
        browser.#profile = mkdtempSync(join(tmpdir(), 'holdfast-firefox-'));
        const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
        writeFileSync(join(browser.#profile, 'user.js'), lines.join(''));
        const flags = ['--headless', '--no-remote', '--profile', browser.#profile, '--remote-debugging-port', '0', 'about:blank'];
        browser.#program = new Program(firefoxPath, flags);
        const [, address] = await browser.#program.says(/BiDi listening on (ws:\S+)/);
        browser.#socket = new WebSocket(`${address}/session`);
        await new Promise((resolve, reject) => Object.assign(browser.#socket, { onopen: resolve, onerror: reject }));
        browser.#socket.onmessage = (event) => browser.#receive(JSON.parse(event.data));
        await browser.send('session.new', { capabilities: {} });
        await browser.send('session.subscribe', { events: ['log.entryAdded'] });
        return browser;
    }

    #receive({ type, id, method, params, result, error, message }) {
        if (type === 'event') {
            if (method === 'log.entryAdded') this.#log(params);
            return;
        }
        const { resolve, reject } = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (type === 'error') reject(new Error(`${error}: ${message}`));
        else resolve(result);
    }

    #log({ level, text, source }) {
        if (level === 'error' && !REMARK.test(text)) this.#pages.get(source.context)?.problems.push(text);
    }

    send(method, params = {}) {
        const id = this.#nextId++;
        this.#socket.send(JSON.stringify({ id, method, params }));
        return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    }

    /** A new tab. */
    async open(url, { width, height }) {
        const { context } = await this.send('browsingContext.create', { type: 'tab' });
        const page = new FirefoxPage(this, context);
        this.#pages.set(context, page);
        await this.send('browsingContext.setViewport', { context, viewport: { width, height } });
        await this.send('browsingContext.navigate', { context, url, wait: 'complete' });
        return page;
    }

    async close() {
        await this.send('browser.close').catch(() => {});
        await this.#program.stop();
        rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
    }
}

class FirefoxPage extends Page {
    #marks = 0;

    constructor(browser, context) {
        super();
        Object.assign(this, { browser, context });
    }

    /** The value of an expression in the page; a promise is awaited. */
    async evaluate(expression) {
        const { result, exceptionDetails } = await this.browser.send('script.evaluate', {
            expression: asJSON(expression),
            target: { context: this.context },
            awaitPromise: true,
            userActivation: true,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.text);
        return result.value === undefined ? undefined : JSON.parse(result.value);
    }

    /** Errors on the console and uncaught ones come by ways of their own, each in order: a mark goes along both. */
    async settle() {
        const mark = `mark ${++this.#marks} of the driver`;
        const isMark = (problem) => problem.includes(mark);
        await this.evaluate(`(console.error('${mark}'), void setTimeout(() => { throw new Error('${mark}'); }))`);
        for (const end = Date.now() + 15000; this.problems.filter(isMark).length < 2; ) {
            if (Date.now() > end) throw new Error('Firefox does not tell what is on its console');
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        this.problems = this.problems.filter((problem) => !isMark(problem));
    }

    async reload() {
        await this.browser.send('browsingContext.reload', { context: this.context, wait: 'complete' });
    }

    async screenshot() {
        const { data } = await this.browser.send('browsingContext.captureScreenshot', { context: this.context });
        return Buffer.from(data, 'base64');
    }

    close() {
        return this.browser.send('browsingContext.close', { context: this.context });
    }
}
