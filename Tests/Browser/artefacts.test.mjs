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

test('each artefact is under 12 KiB gzipped', () => {
    for (const name of ['holdfast.mjs', 'holdfast.js']) {
        assert.ok(gzipSync(readFileSync(root + name), { level: 9 }).length < 12288, name);
    }
});

test('the classic script defines Holdfast and, for old code, RpcBuilder', () => {
    const page = {};
    page.globalThis = page;
    runInNewContext(readFileSync(`${root}holdfast.js`, 'utf8'), page);
    assert.equal(typeof page.Holdfast.Client, 'function');
    assert.equal(typeof page.Holdfast.RpcError, 'function');
    assert.equal(page.RpcBuilder.clients.JsonRpcClient, page.Holdfast.JsonRpcClient);
});

test('the classic script leaves an RpcBuilder that is there already', () => {
    const original = {};
    const page = { RpcBuilder: original };
    runInNewContext(readFileSync(`${root}holdfast.js`, 'utf8'), page);
    assert.equal(page.RpcBuilder, original);
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
