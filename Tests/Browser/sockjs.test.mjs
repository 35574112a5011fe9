// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { afterEach, suite, test } from 'node:test';
import { addressesOf } from '../../Sources/HoldfastJS/src/address.js';
import { PollLink } from '../../Sources/HoldfastJS/src/transports/sockjs-poll.js';
import { StreamLink } from '../../Sources/HoldfastJS/src/transports/sockjs-stream.js';
import { SockJSServer } from './support/sockjs-server.mjs';

let server;
let link;

afterEach(async () => {
    link?.drop();
    await server?.close();
});

/** A link to a server that `handle` plays; `log` has what the link tells, `closed` is a promise of its end. */
async function open(Class, handle, query = '') {
    server = await SockJSServer.start(handle);
    link = new Class('test', addressesOf(server.url + query).http, 'include');
    const log = [];
    link.onopen = () => log.push('open');
    link.onmessage = (text) => log.push(text);
    const closed = new Promise((resolve) => {
        link.onclose = (why) => {
            log.push('close');
            resolve(why);
        };
    });
    return { log, closed };
}

const item = (text) => ({ text });
const PRELUDE = `${'h'.repeat(2048)}\n`;

suite('streaming', () => {
    test('frames may be split at every byte, also inside a character', async () => {
        const text = `${PRELUDE}o\nh\na["ü€😀","two"]\nm"three"\nc[3000,"Go away!"]\n`;
        const bytes = Buffer.from(text).subarray(2040);
        const { log, closed } = await open(StreamLink, async (transport, request, response) => {
            response.write('h'.repeat(2040));
            for (const byte of bytes) {
                response.write(Buffer.of(byte));
                await new Promise((resolve) => setImmediate(resolve));
            }
        });
        assert.deepEqual(await closed, { code: 3000, reason: 'Go away!', unsent: [] });
        assert.deepEqual(log, ['open', 'ü€😀', 'two', 'three', 'close']);
    });
    test('a stream that the server ends is asked for again in the same session', async () => {
        let count = 0;
        const { log, closed } = await open(StreamLink, (transport, request, response) => {
            count += 1;
            response.end(`${PRELUDE}${count === 1 ? 'o\n' : ''}a["${count}"]\n${count === 3 ? 'c[1000,""]\n' : ''}`);
        });
        await closed;
        assert.deepEqual(log, ['open', '1', '2', '3', 'close']);
        assert.equal(new Set(server.requests.map(({ session }) => session)).size, 1);
        assert.match(server.requests[0].server, /^\d{3}$/);
        assert.match(server.requests[0].session, /^[a-v0-9]{26}$/);
    });
    test('a stream that ends without a frame ends the link, so that nobody asks for ever', async () => {
        const { closed } = await open(StreamLink, (transport, request, response) => response.end(PRELUDE));
        assert.equal((await closed).code, 1006);
        assert.equal(server.requests.length, 1);
    });
    test('a broken stream ends the link', async () => {
        const { log, closed } = await open(StreamLink, (transport, request, response) => {
            response.write(`${PRELUDE}o\n`);
            setImmediate(() => response.destroy());
        });
        assert.equal((await closed).code, 1006);
        assert.deepEqual(log, ['open', 'close']);
    });
    test('a second o means that the server lost the session', async () => {
        const { closed } = await open(StreamLink, (transport, request, response) => response.end(`${PRELUDE}o\n`));
        assert.equal((await closed).code, 1006);
    });
    test('a broken frame ends the link', async () => {
        const { closed } = await open(StreamLink, (transport, request, response) => response.write('o\na["\n'));
        assert.equal((await closed).code, 1006);
    });
});

suite('polling', () => {
    test('one frame a response, and the next poll at once', async () => {
        const frames = ['o\n', 'a["1"]\n', 'h\n', 'a["2","3"]\n', 'c[1000,"bye"]\n'];
        const { log, closed } = await open(PollLink, (transport, request, response) => response.end(frames.shift()));
        assert.deepEqual(await closed, { code: 1000, reason: 'bye', unsent: [] });
        assert.deepEqual(log, ['open', '1', '2', '3', 'close']);
    });
    test('another status than 200 ends the link', async () => {
        const { closed } = await open(PollLink, (transport, request, response) => response.writeHead(503).end());
        assert.match((await closed).reason, /503/);
    });
    test('an empty response ends the link', async () => {
        const { closed } = await open(PollLink, (transport, request, response) => response.end());
        assert.equal((await closed).code, 1006);
    });
    test('the query stays on every request', async () => {
        const { closed } = await open(PollLink, (transport, request, response) => response.end('c[1000,""]\n'), '?token=1');
        await closed;
        assert.match(server.requests[0].url, /\/xhr\?token=1$/);
    });
});

suite('sending', () => {
    /** Opens a link and answers each xhr_send by `answer(response, count)`. */
    async function openForSending(answer) {
        let count = 0;
        let isOpen;
        const opened = new Promise((resolve) => (isOpen = resolve));
        const result = await open(StreamLink, (transport, request, response) => {
            if (transport === 'xhr_streaming') return response.write(`${PRELUDE}o\n`);
            answer(response, (count += 1));
        });
        link.onopen = isOpen;
        await opened;
        return result;
    }
    const sends = () => server.requests.filter(({ transport }) => transport === 'xhr_send');

    test('one request at a time; what comes meanwhile travels together and in order', async () => {
        const waiting = [];
        let arrived;
        const next = () => new Promise((resolve) => (arrived = resolve));
        let arrival = next();
        await openForSending((response) => {
            waiting.push(response);
            arrived();
        });
        link.send(item('1'));
        link.send(item('2'));
        await arrival;
        link.send(item('3'));
        link.send(item('4'));
        arrival = next();
        waiting[0].writeHead(204).end();
        await arrival;
        assert.deepEqual(sends().map(({ body }) => JSON.parse(body)), [['1', '2'], ['3', '4']]);
        assert.equal(sends()[0].headers['content-type'], 'text/plain');
    });
    test('a batch ends at 32 KiB, but a large message goes alone', async () => {
        let arrived;
        const all = new Promise((resolve) => (arrived = resolve));
        await openForSending((response, count) => {
            response.writeHead(204).end();
            if (count === 3) arrived();
        });
        const large = 'x'.repeat(100000);
        for (const text of [large, 'a'.repeat(32767), 'b', 'c']) link.send(item(text));
        await all;
        assert.deepEqual(sends().map(({ body }) => JSON.parse(body).length), [1, 2, 1]);
    });
    test('404 means that nobody read it: it comes back as unsent, with what waited', async () => {
        const { closed } = await openForSending((response) => {
            link.send(item('later'));
            response.writeHead(404).end();
        });
        link.send(item('now'));
        assert.deepEqual((await closed).unsent, [item('now'), item('later')]);
    });
    test('after any other failure only what waited comes back, since the rest may have been read', async () => {
        for (const fail of [(response) => response.writeHead(500).end(), (response) => response.destroy()]) {
            const { closed } = await openForSending((response) => {
                link.send(item('later'));
                fail(response);
            });
            link.send(item('now'));
            assert.deepEqual((await closed).unsent, [item('later')]);
            await server.close();
        }
    });
    test('close sends what was given before, and says nothing more', async () => {
        let arrived;
        const all = new Promise((resolve) => (arrived = resolve));
        const { log } = await openForSending((response) => {
            response.writeHead(204).end();
            arrived();
        });
        link.send(item('bye'));
        link.close();
        await all;
        assert.deepEqual(JSON.parse(sends()[0].body), ['bye']);
        assert.ok(!log.includes('close'));
    });
    test('drop ends at once and gives back what waited', async () => {
        await openForSending(() => {});
        link.send(item('1'));
        assert.deepEqual(link.drop(), [item('1')]);
        assert.equal(sends().length, 0);
    });
});
