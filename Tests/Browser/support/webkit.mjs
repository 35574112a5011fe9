// SPDX-License-Identifier: Apache-2.0
// WebKitGTK's MiniBrowser on a screen of its own (Xvfb), driven over WebDriver (https://www.w3.org/TR/webdriver2/).
import { existsSync } from 'node:fs';
import { asJSON, Page } from './page.mjs';
import { Program } from './program.mjs';
import { freePort } from './server.mjs';

const CANDIDATES = [process.env.WEBKIT_WEBDRIVER, '/usr/bin/WebKitWebDriver'];
export const webkitPath = CANDIDATES.find((path) => path && existsSync(path));

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** A browser with one window: a page ends where the next begins. */
export class WebKit {
    #screen;
    #driver;
    #url;
    #session;

    static async start() {
        const browser = new WebKit();
        browser.#screen = new Program('/usr/bin/Xvfb', ['-displayfd', '1', '-nolisten', 'tcp', '-screen', '0', '1400x1000x24']);
        const [, display] = await browser.#screen.says(/^(\d+)\n/m);
        const port = await freePort();
        browser.#driver = new Program(webkitPath, [`--port=${port}`], { DISPLAY: `:${display}`, GDK_BACKEND: 'x11' });
        await browser.#ready(`http://127.0.0.1:${port}/status`);
        browser.#url = `http://127.0.0.1:${port}/session`;
        const capabilities = { alwaysMatch: { pageLoadStrategy: 'none', timeouts: { script: 60000 } } };
        ({ sessionId: browser.#session } = await browser.#ask('POST', browser.#url, { capabilities }));
        return browser;
    }

    /** The driver does not tell when it listens. */
    async #ready(url, attempts = 250) {
        const status = await fetch(url).catch((error) => error);
        if (status.ok) return;
        if (attempts === 0) throw status;
        await pause();
        await this.#ready(url, attempts - 1);
    }

    async #ask(method, url, body) {
        const response = await fetch(url, { method, body: body && JSON.stringify(body) });
        const { value } = await response.json();
        if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
        return value;
    }

    send(method, path, body) {
        return this.#ask(method, `${this.#url}/${this.#session}/${path}`, body);
    }

    async open(url, { width, height }) {
        await this.send('POST', 'window/rect', { width, height });
        const page = new WebKitPage(this, new URL(url).href);
        for (let attempt = 0; attempt < 20; attempt++) {
            await this.send('POST', 'url', { url });
            if (await page.watch()) return page;
            await page.close();
        }
        throw new Error(`The scripts of ${url} were always faster than its observer`);
    }

    async close() {
        await this.#ask('DELETE', `${this.#url}/${this.#session}`).catch(() => {});
        await this.#driver.stop();
        await this.#screen.stop();
    }
}

// The driver does not tell what is on the console: the page collects it, from before its first script. Returns nothing as long
// as the old page is there, else whether it came before the scripts.
const WATCH = `
    if (location.href !== arguments[0] || globalThis.problems) return null;
    globalThis.problems = [];
    const add = (...parts) => problems.push(parts.map(String).join(' '));
    addEventListener('error', ({ message }) => add(message));
    addEventListener('unhandledrejection', ({ reason }) => add(reason));
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => add(violatedDirective));
    const { error } = console;
    console.error = (...parts) => { add(...parts); error.apply(console, parts); };
    return performance.getEntriesByType('resource').every(({ initiatorType }) => initiatorType !== 'script');`;

class WebKitPage extends Page {
    constructor(browser, url) {
        super();
        Object.assign(this, { browser, url });
    }

    /** Waits for the new page and collects its problems; false when its scripts were there first. */
    async watch() {
        const end = Date.now() + 15000;
        for (;;) {
            const isEarly = await this.browser.send('POST', 'execute/sync', { script: WATCH, args: [this.url] }).catch(() => null);
            if (isEarly !== null) return isEarly;
            if (Date.now() > end) throw new Error(`${this.url} does not load`);
        }
    }

    /** The value of an expression in the page; a promise is awaited. */
    async evaluate(expression) {
        const script = `const done = arguments[0];
            ${asJSON(expression)}.then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const { value, error } = await this.browser.send('POST', 'execute/async', { script, args: [] });
        if (error !== undefined) throw new Error(error);
        return value === undefined || value === null ? undefined : JSON.parse(value);
    }

    async settle() {
        this.problems.push(...(await this.evaluate('problems.splice(0)')));
    }

    async reload() {
        await this.settle();
        await this.browser.send('POST', 'refresh', {});
        await this.watch();
    }

    async screenshot() {
        return Buffer.from(await this.browser.send('GET', 'screenshot'), 'base64');
    }

    async close() {
        await this.browser.send('POST', 'url', { url: 'about:blank' });
        await this.until('location.href === "about:blank"');
    }
}
