// SPDX-License-Identifier: Apache-2.0
// A headless Chromium, driven over its DevTools protocol. Needs `node --experimental-websocket` under node 20.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Page } from './page.mjs';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const chromiumPath = CANDIDATES.find((path) => path && existsSync(path));

export class Chromium {
    #process;
    #socket;
    #profile;
    #nextId = 1;
    #waiting = new Map();
    #listeners = [];

    static async start() {
        const browser = new Chromium();
        browser.#profile = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'));
        const flags = [
            '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
            '--remote-debugging-port=0', `--user-data-dir=${browser.#profile}`, 'about:blank',
        ];
        browser.#process = spawn(chromiumPath, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
        const address = await new Promise((resolve, reject) => {
            let text = '';
            browser.#process.stderr.on('data', (data) => {
                text += data;
                const match = text.match(/DevTools listening on (ws:\S+)/);
                if (match) resolve(match[1]);
            });
            browser.#process.on('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${text}`)));
        });
        browser.#socket = new WebSocket(address);
        await new Promise((resolve, reject) => Object.assign(browser.#socket, { onopen: resolve, onerror: reject }));
        browser.#socket.onmessage = (event) => browser.#receive(JSON.parse(event.data));
        return browser;
    }

    #receive({ id, error, result, method, params, sessionId }) {
        if (id === undefined) {
            for (const listener of this.#listeners) listener({ method, params, sessionId });
            return;
        }
        const { resolve, reject } = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (error) reject(new Error(error.message));
        else resolve(result);
    }

    send(method, params = {}, sessionId) {
        const id = this.#nextId++;
        this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
        return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    }

    on(listener) {
        this.#listeners.push(listener);
    }

    /** A new tab; `problems` collects uncaught exceptions and errors on its console. */
    async open(url, { width, height, scheme = 'light', mobile = false, scale = 1 }) {
        const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
        const tab = await this.attach(targetId);
        await tab.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile });
        await tab.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
        await tab.send('Page.navigate', { url });
        return tab;
    }

    /** A tab that is there already, for example one that a page has opened. */
    async attach(targetId) {
        const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
        const tab = new Tab(this, sessionId, targetId);
        await tab.send('Page.enable');
        await tab.send('Runtime.enable');
        await tab.send('Log.enable');
        return tab;
    }

    /** The page that another one has opened. */
    async openedBy(tab) {
        const { targetInfos } = await this.send('Target.getTargets');
        return this.attach(targetInfos.find(({ openerId }) => openerId === tab.targetId).targetId);
    }

    async close() {
        const ended = new Promise((resolve) => this.#process.on('exit', resolve));
        await this.send('Browser.close').catch(() => {});
        await ended;
        this.#socket.close();
        rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
    }
}

class Tab extends Page {
    constructor(browser, sessionId, targetId) {
        super();
        Object.assign(this, { browser, sessionId, targetId });
        browser.on(({ method, params, sessionId: from }) => {
            if (from !== sessionId) return;
            if (method === 'Runtime.exceptionThrown') this.problems.push(params.exceptionDetails.exception?.description);
            if (method === 'Runtime.consoleAPICalled' && params.type === 'error') {
                this.problems.push(params.args.map((arg) => arg.description ?? arg.value).join(' '));
            }
            if (method === 'Log.entryAdded' && params.entry.source === 'security') this.problems.push(params.entry.text);
        });
    }

    send(method, params) {
        return this.browser.send(method, params, this.sessionId);
    }

    /** The value of an expression in the page; a promise is awaited. */
    async evaluate(expression) {
        const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
            expression,
            awaitPromise: true,
            returnByValue: true,
            userGesture: true,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    async key(key, code = key) {
        const event = { key, code, windowsVirtualKeyCode: { Tab: 9, Enter: 13, ' ': 32, ArrowRight: 39 }[key] };
        const text = { Enter: '\r', ' ': ' ' }[key];
        await this.send('Input.dispatchKeyEvent', { type: 'keyDown', text, ...event });
        await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    }

    async screenshot() {
        const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
        return Buffer.from(data, 'base64');
    }

    close() {
        return this.browser.send('Target.closeTarget', { targetId: this.targetId });
    }
}
