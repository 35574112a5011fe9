// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { suite, test } from 'node:test';
import { decode, encodeAnswer, encodeRequest, sessionIdOf, unwrap } from '../../Sources/HoldfastJS/src/envelope.js';

const folder = new URL('../../Fixtures/wire/', import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    suite(`wire vectors: ${file}`, () => {
        const vectors = JSON.parse(readFileSync(new URL(file, folder), 'utf8')).filter((one) => one.reader !== 'server');
        for (const { name, direction, text, expected, encodes, wire } of vectors) {
            if (direction === 'to-client') test(name, () => check(decode(text), expected, wire));
            else if (encodes) test(name, () => assert.equal(encode(expected), text));
        }
    });
}

function encode({ kind, id, method, params, result, error }) {
    return kind === 'request' || kind === 'notification' ? encodeRequest(id, method, params) : encodeAnswer(id, error, result);
}

function check(message, expected, wire) {
    if (expected.kind === 'ignored') return assert.equal(message, null);
    const { value, sessionId, kind, ...members } = expected;
    for (const [name, member] of Object.entries(members)) assert.deepEqual(message[name], member, name);
    assert.equal(message.kind, kind === 'error' ? 'response' : kind);
    if (kind !== 'response' || wire === 'plain') return;
    assert.deepEqual(unwrap(message.result), value);
    assert.equal(sessionIdOf(message.result), sessionId);
}
