// SPDX-License-Identifier: Apache-2.0
import { Client } from '/holdfast.mjs';

const byId = (id) => document.getElementById(id);

// A WebSocket that this page can forbid, as a proxy would.

let isBlocked = false;
const sockets = new Set();

class GuardedWebSocket extends WebSocket {
    constructor(url) {
        if (isBlocked) throw new Error('blocked on this page');
        super(url);
        sockets.add(this);
        this.addEventListener('close', () => sockets.delete(this));
    }
}

const rpc = new Client('/rpc', { WebSocket: GuardedWebSocket });

// Messages

function show(text, kind = '') {
    const list = byId('messages');
    const item = document.createElement('li');
    const time = document.createElement('time');
    const words = document.createElement('span');
    time.textContent = new Date().toLocaleTimeString([], { hour12: false });
    words.textContent = text;
    words.className = kind;
    item.append(time, words);
    list.prepend(item);
    while (list.children.length > 200) list.lastChild.remove();
}

async function call(method, params, options) {
    const asked = params === undefined ? method : `${method} ${JSON.stringify(params)}`;
    if (rpc.state !== 'connected') show(`${asked} waits for the connection`, 'wait');
    const started = performance.now();
    try {
        const result = await rpc.call(method, params, options);
        show(`${asked} → ${JSON.stringify(result)} (${Math.round(performance.now() - started)} ms)`);
        return result;
    } catch (error) {
        show(`${asked} failed: ${error.message}`, 'bad');
    }
}

// State

let reconnections = 0;

function showState() {
    byId('state').textContent = rpc.state;
    byId('state').dataset.state = rpc.state;
    byId('transport').textContent = rpc.transport ?? '–';
    byId('session').textContent = rpc.sessionId ?? '–';
    byId('reconnections').textContent = reconnections;
}

rpc.on('state', showState);
rpc.on('transport', (name, previous) => {
    if (previous) show(`Now over ${name}`, 'good');
    showState();
});
rpc.on('connected', ({ transport }) => {
    show(`Connected over ${transport}`, 'good');
    showState();
});
rpc.on('reconnecting', ({ reason }) => show(`Connection lost: ${reason}`, 'wait'));
rpc.on('connectionFailed', ({ error, retryIn }) => {
    show(`${error.message}; next try in ${Math.round(retryIn / 100) / 10} s`, 'wait');
});
rpc.on('reconnected', ({ sameSession }) => {
    reconnections += 1;
    show(sameSession ? 'Back in the same session' : 'Back, in a new session', sameSession ? 'good' : 'bad');
    if (!sameSession) press(byId('ticker'), false);
    showState();
});
rpc.on('tick', (params) => show(`tick ${JSON.stringify(params)}`));
rpc.on('welcome', (params) => show(`welcome ${JSON.stringify(params)}`));
rpc.method('confirm', (params) => {
    show(`The server asks: ${JSON.stringify(params)}`);
    return { confirmed: true, by: 'the page' };
});

// Buttons

const press = (button, isPressed) => button.setAttribute('aria-pressed', isPressed);
const isPressed = (button) => button.getAttribute('aria-pressed') === 'true';

byId('echo').addEventListener('submit', (event) => {
    event.preventDefault();
    call('echo', { text: byId('text').value });
});
byId('sum').addEventListener('click', () => call('sum', { a: 2, b: 3 }));
byId('slow').addEventListener('click', () => call('slow', {}, { timeout: 30000 }));
byId('callback').addEventListener('click', () => call('callMeBack', {}));
byId('ticker').addEventListener('click', async ({ currentTarget: button }) => {
    const on = !isPressed(button);
    if ((await call('ticker', { on })) !== undefined) press(button, on);
});
byId('cut').addEventListener('click', () => rpc.reconnect({ delay: 3000 }));
byId('block').addEventListener('click', ({ currentTarget: button }) => {
    isBlocked = !isBlocked;
    press(button, isBlocked);
    show(isBlocked ? 'WebSocket is blocked' : 'WebSocket is allowed; it is tried again in a few seconds', 'wait');
    if (isBlocked) for (const socket of sockets) socket.close();
    else if (choice === '') rpc.forceTransport(null);
});
byId('clear').addEventListener('click', () => byId('messages').replaceChildren());

// A hundred numbered messages each way, on a link that breaks five times

const COUNT = 100;
const CUT_AFTER = [15, 30, 45, 60, 75];
const [upBar, downBar] = document.querySelectorAll('.lossless progress');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const isWhole = (numbers) => numbers.length === COUNT && numbers.every((number, index) => number === index + 1);

function showCount(up, down) {
    [byId('up').textContent, byId('down').textContent] = [up, down];
    [upBar.value, downBar.value] = [up, down];
}

function verdict(text, kind) {
    byId('verdict').textContent = text;
    byId('verdict').className = kind;
}

async function count() {
    const came = [];
    const stop = rpc.on('number', ({ number, received }) => {
        came.push(number);
        showCount(received, came.length);
    });
    showCount(0, 0);
    verdict('Under way …', 'wait');
    let cuts = 0;
    try {
        const done = rpc.call('count', undefined, { timeout: 60000 });
        for (let number = 1; number <= COUNT; number += 1) {
            await pause(20);
            rpc.notify('number', { number });
            if (!CUT_AFTER.includes(number)) continue;
            cuts += 1;
            rpc.reconnect({ delay: 100 });
        }
        await done;
        const arrived = await rpc.call('numbers');
        showCount(arrived.length, came.length);
        const isGood = isWhole(arrived) && isWhole(came);
        verdict(
            isGood
                ? `${cuts} cuts, none of 2 × ${COUNT} messages missing, repeated or out of order`
                : `Not as sent: ${arrived.length} at the server, ${came.length} here`,
            isGood ? 'good' : 'bad',
        );
    } catch (error) {
        verdict(`Failed: ${error.message}`, 'bad');
    } finally {
        stop();
    }
}

byId('count').addEventListener('click', async ({ currentTarget: button }) => {
    button.disabled = true;
    await count();
    button.disabled = false;
});

// The choice of a transport

let choice = '';
const radios = document.getElementsByName('transport');

function showChoice() {
    for (const radio of radios) radio.checked = radio.value === choice;
}

for (const radio of radios) {
    radio.addEventListener('change', async () => {
        try {
            await rpc.forceTransport(radio.value || null);
            choice = radio.value;
        } catch (error) {
            show(`Not changed to ${radio.value}: ${error.message}`, 'bad');
            choice = '';
            showChoice();
            rpc.forceTransport(null);
        }
    });
}
// A browser may fill in what was chosen before the page was loaded again, before or after this script runs.
showChoice();
addEventListener('pageshow', showChoice);

// Round trips

const SECONDS = 60;
const WIDTH = 600;
const HEIGHT = 140;
const samples = []; // Milliseconds, or null for a second without a connection.

function shape(name, attributes) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
}

function draw() {
    const step = WIDTH / (SECONDS - 1);
    const offset = SECONDS - samples.length;
    const x = (index) => (offset + index) * step;
    const top = Math.max(10, ...samples.map((sample) => sample ?? 0)) * 1.15;
    const y = (sample) => HEIGHT - 2 - (sample / top) * (HEIGHT - 4);
    const parts = [0.25, 0.5, 0.75].map((part) =>
        shape('line', { class: 'grid', x1: 0, x2: WIDTH, y1: HEIGHT * part, y2: HEIGHT * part }),
    );
    let run = [];
    const endRun = () => {
        if (run.length > 0) {
            const points = run.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(' ');
            const [first, last] = [run[0][0], run[run.length - 1][0]];
            parts.push(shape('polygon', { class: 'area', points: `${first},${HEIGHT} ${points} ${last},${HEIGHT}` }));
            parts.push(shape('polyline', { class: 'line', points }));
        }
        run = [];
    };
    samples.forEach((sample, index) => {
        if (sample !== null) return run.push([x(index), y(sample)]);
        endRun();
        parts.push(shape('rect', { class: 'away', x: x(index) - step / 2, y: 0, width: step, height: HEIGHT }));
    });
    endRun();
    byId('chart').replaceChildren(...parts);
    const known = samples.filter((sample) => sample !== null);
    const latest = known[known.length - 1];
    byId('rtt').textContent = latest === undefined ? '–' : latest.toFixed(1);
    byId('peak').textContent = latest === undefined ? '–' : Math.max(...known).toFixed(1);
}

async function measure() {
    let sample = null;
    if (rpc.state === 'connected') {
        const started = performance.now();
        try {
            await rpc.call('rpc.ping', undefined, { timeout: 5000 });
            sample = performance.now() - started;
        } catch {
            // Stays a gap.
        }
    }
    samples.push(sample);
    if (samples.length > SECONDS) samples.shift();
    draw();
    setTimeout(measure, 1000);
}

rpc.on('connected', measure);
showState();
