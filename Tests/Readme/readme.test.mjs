// SPDX-License-Identifier: Apache-2.0
// Everything that README.md shows, taken from it and run as it stands there. A snippet that nothing here runs is a failure.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Chromium } from '../Browser/support/chromium.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const snippets = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));

/** What each snippet is. Commands of `holdfast` are run by ReadmeTests.swift, `Sample/run` by .ci/run, and `Tests/run` runs this. */
const kinds = {
    manifest: ({ language, text }) => language === 'swift' && text.includes('import PackageDescription'),
    server: ({ language, text }) => language === 'swift' && text.startsWith('import Holdfast\n'),
    client: ({ language, text }) => language === 'swift' && text.startsWith('import HoldfastClient\n'),
    tests: ({ language, text }) => language === 'swift' && text.includes('import Testing\n'),
    page: ({ language }) => language === 'html',
    node: ({ language }) => language === 'js',
    fetch: ({ language, text }) => language === 'sh' && text.startsWith('curl '),
    sample: ({ language, text }) => language === 'sh' && text === 'Sample/run\n',
    runner: ({ language, text }) => language === 'sh' && text === 'Tests/run\n',
    commands: ({ language, text }) => language === 'sh' && text.split('\n').every((line) => !line || line.startsWith('swift run holdfast ')),
};

/** The one snippet of a kind. */
function snippet(kind) {
    const found = snippets.filter(kinds[kind]);
    assert.equal(found.length, 1, `snippets of the kind ${kind}`);
    return found[0].text;
}

/** What the comments at the ends of lines say that is printed. */
const promised = (text) => [...text.matchAll(/(?:print|console\.log)\(.*\/\/ (.+)$/gm)].map(([, value]) => value);

// Beside the package, as its manifest wants it, lies the checkout. The folder stays, so that only the first build is long.
const folder = join(root, '.build-readme');
const app = join(folder, 'App');

const swift = (...args) => promisify(execFile)('swift', args, { cwd: app, maxBuffer: 1 << 26 });

function write(path, text) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    // Written only if it is another, lest all be built again.
    if (existsSync(join(app, path)) && readFileSync(join(app, path), 'utf8') === text) return;
    writeFileSync(join(app, path), text);
}

async function freePort() {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** A program that runs until SIGTERM. */
function start(command, args, options) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const program = { output: '' };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (program.output += data));
    const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
    program.stop = () => {
        child.kill('SIGTERM');
        return ended;
    };
    /** Waits until a check does not throw, or the program has ended. */
    program.until = async (check, limit = 600_000) => {
        let hasEnded = false;
        ended.then(() => (hasEnded = true));
        for (const end = Date.now() + limit; ; ) {
            try {
                return await check();
            } catch (error) {
                if (hasEnded || Date.now() > end) throw new Error(`${command}: ${program.output}`, { cause: error });
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    };
    return program;
}

test('every snippet is run by something, and once', () => {
    for (const one of snippets) {
        const names = Object.keys(kinds).filter((kind) => kinds[kind](one));
        assert.equal(names.length, 1, `nothing runs this snippet, or more than one test does: ${one.text}`);
    }
    for (const kind of Object.keys(kinds)) snippet(kind);
    // Code that the pattern above does not see.
    assert.equal(readme.match(/```/g).length, 2 * snippets.length);
    assert.doesNotMatch(readme.replace(/^```\w*\n.*?^```$/gms, ''), /^(~~~|\t| {4})/m);
});

test('every link leads somewhere', () => {
    const targets = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target);
    assert.ok(targets.length > 5);
    for (const target of targets) assert.ok(existsSync(join(root, target)), target);
});

suite('the package', { timeout: 1_500_000 }, () => {
    let port;
    let server;
    const local = (text) => text.replaceAll(':8080', `:${port}`);

    before(async () => {
        port = await freePort();
        mkdirSync(app, { recursive: true });
        if (!existsSync(join(folder, 'holdfast'))) symlinkSync('..', join(folder, 'holdfast'));
        const pins = join(root, 'Package.resolved');
        if (existsSync(pins)) write('Package.resolved', readFileSync(pins, 'utf8'));
        write('Package.swift', snippet('manifest'));
        write('Sources/App/main.swift', snippet('server'));
        write('Sources/Client/main.swift', snippet('client'));
        write('Tests/AppTests/AppTests.swift', snippet('tests'));
        const { stdout } = await swift('build', '--build-tests').catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
        assert.doesNotMatch(stdout, /\/App\/.*warning:/);
        const env = { ...process.env, HOLDFAST_HOST: '127.0.0.1', HOLDFAST_PORT: `${port}` };
        server = start(join(app, '.build/debug/App'), [], { env });
        await server.until(() => fetch(`http://127.0.0.1:${port}/health/ready`));
    });
    after(async () => {
        if (server) assert.equal(await server.stop(), 0, server.output);
    });

    test('the application answers', async () => {
        const hello = await fetch(`http://127.0.0.1:${port}/hello/you`, { headers: { origin: 'https://example.com' } });
        assert.equal(await hello.text(), 'Hello, you');
        assert.equal(hello.headers.get('access-control-allow-origin'), 'https://example.com');
        assert.equal(await (await fetch(`http://127.0.0.1:${port}/chat`)).text(), 'Welcome to SockJS!\n');
    });

    test('the page works', async () => {
        const browser = await Chromium.start();
        try {
            const tab = await browser.open(`http://127.0.0.1:${port}/health/live`, { width: 800, height: 600 });
            const printed = [];
            browser.on(({ method, params, sessionId }) => {
                if (method !== 'Runtime.consoleAPICalled' || sessionId !== tab.sessionId || params.type !== 'log') return;
                printed.push(params.args.map((arg) => arg.value).join(' '));
            });
            await tab.until("document.body?.textContent.includes('alive')");
            const html = JSON.stringify(snippet('page'));
            await tab.evaluate(`document.body.append(document.createRange().createContextualFragment(${html}))`);
            const expected = promised(snippet('page'));
            assert.equal(expected.length, 2);
            for (const end = Date.now() + 15_000; printed.length < 3 && Date.now() < end; ) {
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
            assert.match(printed[0] ?? '', /^welcome \w{20,}$/);
            assert.deepEqual(printed.slice(1), expected);
            assert.deepEqual(tab.problems, []);
        } finally {
            await browser.close();
        }
    });

    test('the program for node works', async () => {
        const place = mkdtempSync(join(tmpdir(), 'holdfast-readme-'));
        try {
            await promisify(execFile)('/bin/sh', ['-ec', local(snippet('fetch'))], { cwd: place });
            writeFileSync(join(place, 'main.mjs'), local(snippet('node')));
            // Without the flags of the tests: as a reader has it.
            const env = { ...process.env, NODE_OPTIONS: '' };
            const { stdout } = await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: place, env });
            assert.deepEqual(stdout.trimEnd().split('\n'), promised(snippet('node')));
        } finally {
            rmSync(place, { recursive: true });
        }
    });

    test('the Swift client works', async () => {
        const source = snippet('client');
        // The port of the snippet may be taken: it is the only thing that is another.
        write('Sources/Client/main.swift', local(source));
        const { stdout } = await swift('run', 'Client').catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
        assert.deepEqual(stdout.trimEnd().split('\n'), promised(source));
    });

    test('the tests pass', async () => {
        const { stdout } = await swift('test', '--disable-xctest').catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
        assert.match(stdout, /Test run with 1 test in \d+ suites? passed/);
    });
});
