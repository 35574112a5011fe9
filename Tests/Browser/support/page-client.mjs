// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

const exercise = readFileSync(new URL('exercise.mjs', import.meta.url), 'utf8');

/** Connects the module's client in a page of the server's; `rpc`, `events`, `kindOf`, `next` and `exercise` are the page's then. */
export async function loadClient(page, address, options = {}) {
    await page.until('location.host && document.readyState === "complete"');
    await page.evaluate(`(async () => {
        const { Client } = await import('/holdfast.mjs');
        const source = new Blob([${JSON.stringify(exercise)}], { type: 'text/javascript' });
        Object.assign(globalThis, await import(URL.createObjectURL(source)));
        globalThis.rpc = new Client('${address}', {
            heartbeat: 500, heartbeatTimeout: 2000, backoff: { min: 20, max: 50 }, ...${JSON.stringify(options)},
        });
        globalThis.events = [];
        rpc.on('reconnecting', () => events.push('reconnecting'));
        rpc.on('reconnected', ({ sameSession }) => events.push(sameSession ? 'reconnected: same' : 'reconnected: new'));
        globalThis.kindOf = (promise) => promise.then((value) => ({ value }), (error) => error.kind);
        await next(rpc, 'connected');
    })()`);
}
