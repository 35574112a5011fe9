// SPDX-License-Identifier: Apache-2.0
// A receiving request that reaches the server late, after the transport's session was forgotten there: what is called meanwhile
// runs in the session that the client knows, or in a new one after the application has been told.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Client } from '../../Sources/HoldfastJS/holdfast.mjs';
import { next } from './support/exercise.mjs';
import { Portal } from './support/portal.mjs';

const url = process.env.HOLDFAST_URL;
const OPTIONS = { heartbeat: 0, requestTimeout: 5000, backoff: { min: 1, max: 1 } };

function gate() {
    const it = {};
    it.opened = new Promise((resolve) => (it.open = resolve));
    return it;
}

suite('no receiving request for longer than the server waits', { skip: !url && 'no HOLDFAST_URL', timeout: 40000, concurrency: true }, () => {
    for (const transport of ['xhr-polling', 'xhr-streaming']) {
        /** Has the next receiving request wait; resolves, when the server has forgotten the session, to what lets it through. */
        async function late(path, context) {
            const portal = await Portal.start(null, url);
            const rpc = new Client(`${portal.url}${path}`, { ...OPTIONS, transports: [transport] });
            context.after(async () => {
                await rpc.close();
                await portal.stop();
            });
            await next(rpc, 'connected');
            rpc.notify('note', { count: 1 });
            assert.deepEqual(await rpc.call('notes'), [1]);
            const [request, held] = [gate(), gate()];
            let address;
            portal.holdRequest = ({ url: one }) => {
                if (!/\/xhr(_streaming)?(\?|$)/.test(one)) return;
                address ??= one;
                held.open();
                return request.opened;
            };
            // Ends a poll, and a stream as well, whose bound is 128 KiB.
            rpc.call('echo', { text: 'x'.repeat(140000) }).catch(() => {});
            await held.opened;
            const send = `${url}${address.replace(/\/xhr.*/, '/xhr_send')}`;
            const isThere = async () => (await fetch(send, { method: 'POST', body: '["{}"]', headers: { 'user-agent': 'node' } })).status !== 404;
            while (await isThere()) await new Promise((resolve) => setTimeout(resolve, 100));
            return { rpc, portal, letThrough: request.open };
        }

        test(`${transport}: a call that meets it halfway`, async (context) => {
            const { rpc, portal, letThrough } = await late('/rpc/session', context);
            const { sessionId } = rpc;
            const [answer, reached] = [gate(), gate()];
            portal.holdAnswer = ({ url: one }) => {
                if (!/\/xhr(_streaming)?\?/.test(one)) return;
                reached.open();
                return answer.opened;
            };
            letThrough();
            await reached.opened;
            // The server has answered, and the client has not heard of it.
            const call = rpc.call('notes');
            const back = next(rpc, 'reconnected');
            portal.holdAnswer = () => {};
            assert.deepEqual(await back, { sameSession: true, sessionId, transport });
            assert.deepEqual(await call, [1]);
            answer.open();
        });
        test(`${transport}: a call before it arrives`, async (context) => {
            const { rpc, letThrough } = await late('/rpc/session', context);
            const call = rpc.call('notes');
            letThrough();
            assert.deepEqual(await call, [1]);
        });
        test(`${transport}: the session is gone too: the application is told before the call runs in a new one`, async (context) => {
            const { rpc, letThrough } = await late('/rpc/brief', context);
            const observer = new Client(`${url}/rpc/brief`);
            await observer.call('ended', { id: rpc.sessionId });
            await observer.close();
            const log = [];
            rpc.on('reconnected', ({ sameSession }) => log.push(`same session: ${sameSession}`));
            const call = rpc.call('notes').then((notes) => log.push(`notes: ${notes.length}`));
            letThrough();
            await call;
            assert.deepEqual(log, ['same session: false', 'notes: 0']);
        });
    }
});
