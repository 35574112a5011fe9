// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { addressesOf } from '../../Sources/HoldfastJS/src/address.js';
import { Answers } from '../../Sources/HoldfastJS/src/answers.js';
import { Backoff } from '../../Sources/HoldfastJS/src/backoff.js';
import { Emitter } from '../../Sources/HoldfastJS/src/emitter.js';
import { encodeAnswer } from '../../Sources/HoldfastJS/src/envelope.js';

suite('addresses', () => {
    test('an http URL gives the WebSocket URL of the same path, and SockJS URLs below it', () => {
        const { ws, http } = addressesOf('http://h:8080/rpc');
        assert.equal(ws(), 'ws://h:8080/rpc');
        assert.equal(ws('/websocket'), 'ws://h:8080/rpc/websocket');
        assert.equal(http('/1/2/xhr'), 'http://h:8080/rpc/1/2/xhr');
    });
    test('TLS stays TLS', () => {
        assert.equal(addressesOf('https://h/rpc').ws(), 'wss://h/rpc');
        assert.equal(addressesOf('wss://h/rpc').http('/x'), 'https://h/rpc/x');
    });
    test('a query is kept behind every path', () => {
        const { ws, http } = addressesOf('ws://h/rpc?token=a%20b');
        assert.equal(ws(), 'ws://h/rpc?token=a%20b');
        assert.equal(http('/1/2/xhr'), 'http://h/rpc/1/2/xhr?token=a%20b');
    });
    test('a closing slash stays for WebSocket and goes for SockJS', () => {
        const { ws, http } = addressesOf('ws://h/rpc/');
        assert.equal(ws(), 'ws://h/rpc/');
        assert.equal(http('/1'), 'http://h/rpc/1');
    });
    test('a relative URL belongs to the page', () => {
        globalThis.location = { href: 'https://h/app/index.html' };
        try {
            assert.equal(addressesOf('/rpc').ws(), 'wss://h/rpc');
            assert.equal(addressesOf('rpc').ws(), 'wss://h/app/rpc');
        } finally {
            delete globalThis.location;
        }
    });
    test('a relative URL belongs to what the document takes for its base, not to its own address', () => {
        globalThis.location = { href: 'about:srcdoc' };
        globalThis.document = { baseURI: 'https://h/base/page.html' };
        try {
            assert.equal(addressesOf('/rpc').ws(), 'wss://h/rpc');
            assert.equal(addressesOf('rpc').http('/x'), 'https://h/base/rpc/x');
        } finally {
            delete globalThis.location;
            delete globalThis.document;
        }
    });
    test('in a worker that was made of a blob it belongs to the origin of that', () => {
        globalThis.location = { href: 'blob:https://h:8443/5d7c0f9e-2c1b' };
        try {
            assert.equal(addressesOf('/rpc').ws(), 'wss://h:8443/rpc');
        } finally {
            delete globalThis.location;
        }
    });
    test('a URL object does as well', () => {
        assert.equal(addressesOf(new URL('https://h/rpc')).ws(), 'wss://h/rpc');
    });
    test('an item of the query comes last', () => {
        for (const [query, expected] of [['', '?x'], ['?', '?x'], ['?a=1', '?a=1&x']]) {
            assert.equal(addressesOf(`http://h/rpc${query}`).http('/1', 'x'), `http://h/rpc/1${expected}`);
        }
    });
    test('anything else is refused at once, in a page too, and the error says what is wanted', () => {
        const texts = ['ftp://h/rpc', 'javascript:alert(1)', 'localhost:8080/rpc', 'http://', '', ' ', undefined, null, 7, NaN, true, {}, [], () => {}, Symbol('x')];
        const isRefused = (text) => {
            assert.throws(() => addressesOf(text), { name: 'SyntaxError', message: /^Wanted is a ws, wss, http or https URL, or one relative to a page; / }, String(text));
        };
        for (const text of ['/rpc', ...texts]) isRefused(text);
        globalThis.location = { href: 'https://h/app/index.html' };
        try {
            for (const text of texts) isRefused(text);
        } finally {
            delete globalThis.location;
        }
    });
});

suite('backoff', () => {
    const delays = (random) => {
        const backoff = new Backoff({ min: 100, max: 1000, random: () => random });
        return [0, 1, 2, 3, 4, 50].map((n) => backoff.delay(n));
    };
    test('the longest pauses double from the first up to the cap', () => {
        assert.deepEqual(delays(1), [100, 200, 400, 800, 1000, 1000]);
    });
    test('the shortest are half of them, and none before the first attempt', () => {
        assert.deepEqual(delays(0), [0, 100, 200, 400, 500, 500]);
    });
});

suite('emitter', () => {
    test('listeners are called in order, and the same one twice if added twice', () => {
        const emitter = new Emitter();
        const seen = [];
        const one = () => seen.push(1);
        emitter.on('a', one);
        emitter.on('a', () => seen.push(2));
        const remove = emitter.on('a', one);
        emitter.emit('a');
        remove();
        emitter.emit('a');
        assert.deepEqual(seen, [1, 2, 1, 1, 2]);
    });
    test('off removes one listener, or all', () => {
        const emitter = new Emitter();
        let count = 0;
        const add = () => (count += 1);
        emitter.on('a', add);
        emitter.on('a', () => (count += 10));
        emitter.off('a', add);
        emitter.emit('a');
        emitter.off('a');
        emitter.emit('a');
        assert.equal(count, 10);
    });
    test('what a listener throws is reported and harms no other', () => {
        const report = mock.method(console, 'error', () => {});
        const emitter = new Emitter();
        let isCalled = false;
        emitter.on('a', () => {
            throw new Error('broken');
        });
        emitter.on('a', () => (isCalled = true));
        emitter.emit('a');
        report.mock.restore();
        assert.ok(isCalled);
        assert.equal(report.mock.callCount(), 1);
    });
});

suite('answers to the server', () => {
    test('a request is answered once', () => {
        const sent = [];
        new Answers().answer(1, (reply) => (reply(null, 'a'), reply(null, 'b')), (text) => sent.push(text));
        assert.deepEqual(sent, ['{"jsonrpc":"2.0","result":"a","id":1}']);
    });
    test('a repeated id is not handled again and gets the same answer', () => {
        const answers = new Answers();
        const sent = [];
        let handled = 0;
        for (let i = 0; i < 3; i += 1) {
            answers.answer('x', (reply) => reply(null, ++handled), (text) => sent.push(text));
        }
        assert.equal(handled, 1);
        assert.deepEqual(new Set(sent).size, 1);
        assert.equal(sent.length, 3);
    });
    test('1 and "1" are two ids', () => {
        const answers = new Answers();
        const sent = [];
        for (const id of [1, '1']) answers.answer(id, (reply) => reply(null, id), (text) => sent.push(JSON.parse(text).id));
        assert.deepEqual(sent, [1, '1']);
    });
    test('an answer that is no JSON becomes an internal error', () => {
        const sent = [];
        new Answers().answer(1, (reply) => reply(null, 1n), (text) => sent.push(JSON.parse(text)));
        assert.equal(sent[0].error.code, -32603);
    });
    test('256 ids are remembered, the 257th displaces the first', () => {
        const answers = new Answers();
        let handled = 0;
        const ask = (id) => answers.answer(id, (reply) => reply(null, ++handled), () => {});
        for (let id = 0; id < 256; id += 1) ask(id);
        ask(0);
        assert.equal(handled, 256);
        ask(256);
        ask(0);
        assert.equal(handled, 258);
    });
    test('an Error keeps its integer code; another gets -32603', () => {
        const failure = Object.assign(new Error('no'), { code: 7, data: [1] });
        assert.deepEqual(JSON.parse(encodeAnswer(1, failure)).error, { code: 7, message: 'no', data: [1] });
        const system = Object.assign(new Error('no'), { code: 'ENOENT' });
        assert.deepEqual(JSON.parse(encodeAnswer(1, system)).error, { code: -32603, message: 'no' });
    });
});
