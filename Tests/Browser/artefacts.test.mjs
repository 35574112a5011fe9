// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';

const TSC = '/usr/bin/tsc';
const root = fileURLToPath(new URL('../../Sources/HoldfastJS/', import.meta.url));

test('the artefacts are what the sources give', () => {
    execFileSync(process.execPath, [`${root}build.mjs`, '--check']);
});

test('each minified artefact is under 12 KiB gzipped', () => {
    for (const name of ['holdfast.min.mjs', 'holdfast.min.js']) {
        assert.ok(gzipSync(readFileSync(root + name), { level: 9 }).length < 12288, name);
    }
});

for (const name of ['holdfast.js', 'holdfast.min.js']) {
    test(`${name} defines Holdfast and, for old code, RpcBuilder`, () => {
        const page = {};
        page.globalThis = page;
        runInNewContext(readFileSync(root + name, 'utf8'), page);
        assert.equal(typeof page.Holdfast.Client, 'function');
        assert.equal(typeof page.Holdfast.RpcError, 'function');
        assert.equal(page.RpcBuilder.clients.JsonRpcClient, page.Holdfast.JsonRpcClient);
    });

    test(`${name} leaves an RpcBuilder that is there already`, () => {
        const original = {};
        const page = { RpcBuilder: original };
        runInNewContext(readFileSync(root + name, 'utf8'), page);
        assert.equal(page.RpcBuilder, original);
    });
}

test('the minified module passes the tests that need no server', () => {
    const files = ['session', 'resume', 'persist', 'kurento', 'network', 'times', 'wire'].map((name) => fileURLToPath(new URL(`${name}.test.mjs`, import.meta.url)));
    const hook = new URL('support/minified.mjs', import.meta.url).href;
    const { HOLDFAST_URL, HOLDFAST_CONFORMANCE_SERVER, NODE_TEST_CONTEXT, ...env } = process.env;
    try {
        execFileSync(process.execPath, ['--import', hook, '--test', ...files], { env, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
        assert.fail(error.stdout || error.message);
    }
});

test('minifying changes no name that an application, a server or a storage knows', async () => {
    const own = readFileSync(`${root}build.mjs`, 'utf8').match(/const OWN = `([^`]*)`/)[1].trim().split(/\s+/);
    const declared = new Set([...readFileSync(`${root}holdfast.d.ts`, 'utf8').matchAll(/^\s+(?:readonly )?(\w+)[?(:<]/gm)].map(([, name]) => name));
    assert.ok(declared.size > 30);
    const stored = ['id', 'epoch', 'token', 'ack', 'buf', 'at', 'rcv', 'acked', 'end', 'nextId', 'msgs', 'bytes', 'ms'];
    const sent = ['v', 'seq', 'sent', 'migrate', 'sessionId', 'resume', 'from', 'to', 'why', 'next', 'gaps', 'after', 'interval', 'reason'];
    assert.deepEqual(own.filter((name) => declared.has(name) || stored.includes(name) || sent.includes(name)), []);
    const { Client } = await import(`${root}holdfast.min.mjs`);
    const members = ['call', 'close', 'forceTransport', 'method', 'notify', 'off', 'on', 'reconnect', 'sessionId', 'state', 'transport'];
    assert.deepEqual(Object.getOwnPropertyNames(Client.prototype).filter((name) => name !== 'constructor').sort(), members);
});

test('the module exports what its declarations name', async () => {
    const names = Object.keys(await import(`${root}holdfast.mjs`)).sort();
    assert.deepEqual(names, ['Client', 'JsonRpcClient', 'RpcError', 'TRANSPORTS']);
    const declarations = readFileSync(`${root}holdfast.d.ts`, 'utf8');
    for (const name of names) assert.match(declarations, new RegExp(`export (class|const) ${name}\\b`));
});

test('code that uses the declarations compiles', { skip: !existsSync(TSC) && 'no tsc' }, () => {
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'es2022', '--lib', 'es2022,dom', '--moduleResolution', 'node'];
    try {
        execFileSync(TSC, [...flags, fileURLToPath(new URL('types.ts', import.meta.url))], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
        assert.fail(error.stdout || error.message);
    }
});
