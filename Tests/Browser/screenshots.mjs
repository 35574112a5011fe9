// SPDX-License-Identifier: Apache-2.0
// Takes pictures of the sample page: HOLDFAST_SAMPLE_URL=http://127.0.0.1:8080/ node --experimental-websocket screenshots.mjs [folder]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium } from './support/chromium.mjs';

const url = process.env.HOLDFAST_SAMPLE_URL ?? 'http://127.0.0.1:8080/';
const folder = process.argv[2] ?? 'screenshots';
const SIZES = {
    desktop: { width: 1280, height: 800 },
    phone: { width: 360, height: 1180, mobile: true, scale: 2 },
};

mkdirSync(folder, { recursive: true });
const browser = await Chromium.start();
try {
    for (const [name, size] of Object.entries(SIZES)) {
        for (const scheme of ['light', 'dark']) {
            const tab = await browser.open(url, { ...size, scheme });
            await tab.until("document.querySelector('#state').textContent === 'connected'");
            for (const id of ['sum', 'callback', 'ticker', 'slow']) await tab.evaluate(`document.getElementById('${id}').click()`);
            await tab.evaluate("document.getElementById('echo').requestSubmit()");
            await new Promise((resolve) => setTimeout(resolve, 5000));
            await tab.evaluate("document.getElementById('cut').click()");
            await new Promise((resolve) => setTimeout(resolve, 7000));
            await tab.evaluate("document.getElementById('sum').focus()");
            await tab.key('Tab');
            const overflow = await tab.evaluate('document.documentElement.scrollWidth > innerWidth');
            const file = join(folder, `${name}-${scheme}.png`);
            writeFileSync(file, await tab.screenshot());
            console.log(file, overflow ? 'WIDER THAN THE SCREEN' : 'ok', tab.problems);
            await tab.close();
        }
    }
} finally {
    await browser.close();
}
