#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Drives the public sockjs-client, from node and from Chromium, through nginx and HAProxy in front of a SockJS server.
//   HOLDFAST_URL   the server, with services /echo and /heartbeat_echo (a heartbeat each second)
//   REFERENCE=1    the server sends no X-Accel-Buffering, as sockjs-node: a buffering proxy leaves only polling
//   CHROMIUM       the browser (default /usr/bin/chromium)
// Needs Debian's nginx-light, haproxy, node-sockjs-client and chromium.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire, Module } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = '/usr/share/nodejs';
process.env.NODE_PATH = [process.env.NODE_PATH, modules, '/usr/lib/nodejs'].filter(Boolean).join(':');
Module._initPaths();
const require = createRequire(import.meta.url);
const SockJS = require(join(modules, 'sockjs-client'));
const exercise = require('./exercise.js');

const server = new URL(process.env.HOLDFAST_URL ?? 'http://127.0.0.1:8081');
const fallbacks = ['xhr-streaming', 'eventsource', 'xhr-polling'];
// Through a proxy that buffers, streams pass only when the server asks the proxy to leave them alone.
const buffered = process.env.REFERENCE ? ['xhr-polling'] : fallbacks;
// Longer than the proxies' timeout of 3 s: only heartbeats keep such a link.
const idle = 4000;
const pagePath = '__page';

// What the default list of transports must end in, and what works when asked for alone.
const setups = [
    { name: 'direct', expected: 'websocket', works: ['websocket', ...fallbacks] },
    { name: 'nginx, stock', key: 'STOCK', expected: buffered[0], works: buffered },
    { name: 'nginx, upgrade headers', key: 'UPGRADE', expected: 'websocket', works: ['websocket', ...buffered] },
    { name: 'nginx, upgrade on every request', key: 'CARELESS', expected: 'websocket', works: ['websocket', ...buffered] },
    { name: 'nginx, buffering off', key: 'UNBUFFERED', expected: 'xhr-streaming', works: fallbacks },
    { name: 'HAProxy', key: 'HAPROXY', expected: 'websocket', works: ['websocket', ...fallbacks] },
];
const browserOnly = ['htmlfile', 'jsonp-polling'];

let passed = 0;
let failed = 0;
const latency = new Map(setups.map(({ name }) => [name, {}]));
function check(name, problem) {
    if (problem) failed++;
    else passed++;
    if (problem) console.log(`failed ${name}: ${problem}`);
}

async function freePort() {
    const probe = createServer();
    await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    return port;
}

async function until(port, child) {
    for (let attempt = 0; attempt < 100; attempt++) {
        if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
        const open = await new Promise((resolve) => {
            const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
            socket.on('connect', () => socket.destroy());
        });
        if (open) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${child.spawnfile} does not listen on ${port}`);
}

// Serves the page to Chromium, through the proxies, and takes its results.
function startPageServer() {
    const files = {
        'page.html': [join(here, 'page.html'), 'text/html'],
        'exercise.js': [join(here, 'exercise.js'), 'text/javascript'],
        'sockjs.min.js': [join(modules, 'sockjs-client/dist/sockjs.min.js'), 'text/javascript'],
    };
    let take = () => {};
    const http = createServer((request, response) => {
        const name = new URL(request.url, 'http://page').pathname.split('/').pop();
        if (name === 'result') {
            let body = '';
            request.on('data', (data) => (body += data));
            request.on('end', () => {
                response.end();
                take(JSON.parse(body));
            });
        } else if (files[name]) {
            const [path, type] = files[name];
            response.setHeader('Content-Type', `${type}; charset=utf-8`);
            response.end(readFileSync(path));
        } else {
            response.writeHead(404).end();
        }
    });
    const result = (deadline) =>
        new Promise((resolve, reject) => {
            const limit = setTimeout(() => reject(new Error('the page sent no result')), deadline);
            take = (value) => {
                clearTimeout(limit);
                resolve(value);
            };
        });
    return new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve({ http, port: http.address().port, result })));
}

const address = ({ port }) => (port ? `http://127.0.0.1:${port}` : server.origin);

async function measureOpen(setup) {
    const opens = [];
    for (let round = 0; round < 5; round++) {
        const result = await exercise(SockJS, `${address(setup)}/echo`, { messages: 0 }).catch((error) => ({ error }));
        if (result.error) return check(`node, ${setup.name}: opens`, result.error.message);
        opens.push(result.open);
    }
    latency.get(setup.name).node = opens.sort((a, b) => a - b)[2];
}

async function fromNode(setup) {
    const { name, expected, works } = setup;
    const base = address(setup);
    await Promise.all([
        exercise(SockJS, `${base}/heartbeat_echo`, { idle }).then(
            ({ transport }) =>
                check(`node, ${name}: 1,000 messages and a heartbeat`, transport === expected ? null : `fell to ${transport}`),
            (error) => check(`node, ${name}: 1,000 messages and a heartbeat`, error.message),
        ),
        ...works.map((transports) =>
            exercise(SockJS, `${base}/heartbeat_echo`, { transports, idle }).then(
                () => check(`node, ${name}: ${transports}`),
                (error) => check(`node, ${name}: ${transports}`, error.message),
            )),
    ]);
    if (works.includes('websocket')) return;
    const started = performance.now();
    const refused = await exercise(SockJS, `${base}/echo`, { transports: 'websocket', messages: 1 }).catch((error) => error);
    const took = performance.now() - started;
    const instant = refused instanceof Error && refused.message.includes('2000') && took < 500;
    check(`node, ${name}: a broken upgrade is refused at once`, instant ? null : `${refused.message} after ${took.toFixed(0)} ms`);
}

async function fromChromium(setup, page) {
    const { name, port, expected, works } = setup;
    const plan = [{ name: 'default', path: '/heartbeat_echo', idle }];
    // Without a proxy the page comes from another port than the service, so that htmlfile cannot work.
    const others = port && !process.env.REFERENCE && works.includes('eventsource') ? browserOnly : [];
    for (const transports of [...works, ...others]) plan.push({ name: transports, path: '/echo', transports });
    const query = new URLSearchParams({ plan: JSON.stringify(plan) });
    if (!port) query.set('base', server.origin);
    const profile = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'));
    const result = page.result(90_000);
    const browser = spawn(process.env.CHROMIUM ?? '/usr/bin/chromium', [
        '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
        `--user-data-dir=${profile}`, `http://127.0.0.1:${port ?? page.port}/${pagePath}/page.html?${query}`,
    ], { stdio: 'ignore', detached: true });
    const left = new Promise((resolve) => browser.on('exit', resolve).on('error', resolve));
    try {
        const results = await Promise.race([result, left.then(() => Promise.reject(new Error('Chromium ended early')))]);
        for (const { name: step, transport, open, error } of results) {
            const wanted = step === 'default' ? expected : step;
            check(`Chromium, ${name}: ${step}`, error ?? (transport === wanted ? null : `fell to ${transport}`));
            if (step === 'default' && open) latency.get(name).chromium = open;
        }
    } catch (error) {
        check(`Chromium, ${name}`, error.message);
    } finally {
        if (browser.pid && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
        await left;
        rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
}

async function main() {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-proxies-'));
    chmodSync(directory, 0o755);
    const page = await startPageServer();
    const values = { DIRECTORY: directory, PAGE: pagePath, SERVER: server.host, DRIVER: `127.0.0.1:${page.port}` };
    for (const setup of setups) if (setup.key) values[setup.key] = setup.port = await freePort();
    const children = [];
    try {
        for (const file of ['nginx.conf', 'haproxy.cfg']) {
            const template = readFileSync(join(here, file), 'utf8');
            writeFileSync(join(directory, file), template.replace(/@([A-Z]+)@/g, (_, key) => values[key]));
        }
        const run = (command, ...parameters) => {
            const child = spawn(command, parameters, { stdio: ['ignore', 'inherit', 'inherit'] });
            children.push(child);
            return child;
        };
        const nginx = run('/usr/sbin/nginx', '-p', directory, '-e', join(directory, 'nginx.log'), '-c', join(directory, 'nginx.conf'));
        const haproxy = run('/usr/sbin/haproxy', '-q', '-db', '-f', join(directory, 'haproxy.cfg'));
        for (const { key, port } of setups) if (key) await until(port, key === 'HAPROXY' ? haproxy : nginx);
        for (const setup of setups) await measureOpen(setup);
        await Promise.all(setups.map(fromNode));
        for (const setup of setups) await fromChromium(setup, page);
    } catch (error) {
        check('the proxies start', error.message);
    } finally {
        for (const child of children) child.kill('SIGTERM');
        page.http.closeAllConnections();
        page.http.close();
        rmSync(directory, { recursive: true, force: true });
    }
    for (const [name, { node, chromium }] of latency) {
        console.log(`opens in ${node?.toFixed(0) ?? '?'} ms (node), ${chromium?.toFixed(0) ?? '?'} ms (Chromium): ${name}`);
    }
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
}

await main();
