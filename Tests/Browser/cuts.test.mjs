// SPDX-License-Identifier: Apache-2.0
// A thousand connections that break after some byte or other, in sessions that may lose what was on its way: no wrong answer,
// nothing handled twice, no hang.
// HOLDFAST_SEED repeats the choices of a run, HOLDFAST_CUTS changes their number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { Proxy } from './support/proxy.mjs';
import { Random } from './support/random.mjs';

const url = process.env.HOLDFAST_URL;
const CUTS = Number(process.env.HOLDFAST_CUTS ?? 1000);
const SEED = Number(process.env.HOLDFAST_SEED ?? Math.floor(Math.random() * 2 ** 32));
const CLIENTS = 8;
// A few times what a new connection takes.
const LONGEST = { websocket: 3000, 'xhr-streaming': 9000, 'xhr-polling': 9000 };
// A call that was lost with its connection ends after this; nothing may take HANG.
const TIMEOUT = 1000;
const HANG = 15000;

/** A client that talks in three lanes until its share of cuts is done. */
class Talker {
    answered = 0;
    lost = 0;
    cuts = 0;
    #random;
    #transport;
    #proxy;
    #rpc;
    #losses = 0;
    #asked = new Set();
    #notes = 0;
    #problems = [];

    constructor(random, transport) {
        this.#random = random;
        this.#transport = transport;
    }

    async run(cuts) {
        const proxy = (this.#proxy = await Proxy.to(url));
        proxy.oncut = () => {
            this.cuts += 1;
            if (this.cuts < cuts) this.#arm();
        };
        this.#arm();
        const rpc = (this.#rpc = new Client(`${proxy.url}/rpc/session`, {
            transports: [this.#transport],
            resume: false,
            requestTimeout: TIMEOUT,
            heartbeat: 200,
            heartbeatTimeout: 1000,
            openTimeout: 2000,
            backoff: { min: 1, max: 5 },
        }));
        rpc.on('reconnecting', () => (this.#losses += 1));
        rpc.method('confirm', ({ question }) => {
            // Each question is asked once, in a request with an id of its own.
            if (this.#asked.has(question)) this.#problems.push(new Error(`Handled twice: ${question}`));
            this.#asked.add(question);
            return { answer: question };
        });
        try {
            const lane = async () => {
                while (this.cuts < cuts && this.#problems.length === 0) await this.#exchange();
            };
            await Promise.all([lane(), lane(), lane()]);
            if (this.#problems.length === 0) await this.#epilogue();
        } catch (error) {
            this.#problems.push(error);
        } finally {
            await rpc.close();
            await proxy.close();
        }
        if (this.#problems.length > 0) throw this.#problems[0];
    }

    #arm() {
        this.#proxy.resets = this.#random.below(2) === 0;
        this.#proxy.cutAfter = this.#random.below(LONGEST[this.#transport]);
    }

    /** One exchange: the right answer, or a failure that a loss explains. */
    async #exchange() {
        const n = this.#random.next();
        const payload = { n, text: 'ü'.repeat(this.#random.below(50)) };
        const question = `${this.#transport} ${n}`;
        const [method, params, expected] = this.#random.pick([
            ['echo', payload, payload],
            ['ask', { question }, { answer: question }],
            ['say', { count: 3 }, 3],
            ['nothing', {}, { code: -32601 }],
        ]);
        const losses = this.#losses;
        const isConnected = this.#rpc.state === 'connected';
        if (this.#random.below(4) === 0) this.#rpc.notify('note', { count: (this.#notes += 1) });
        try {
            assert.deepEqual(await this.#call(method, params), expected);
            this.answered += 1;
        } catch (error) {
            const isLoss = error.kind === 'timeout' || error.kind === 'session-lost' || (method === 'ask' && error.kind === 'remote');
            if (!isLoss) throw error;
            assert.ok(!isConnected || this.#losses > losses, `${method} was lost although its connection held: ${error.message}`);
            this.lost += 1;
        }
    }

    async #call(method, params) {
        let timer;
        const hang = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error(`${method} hangs; the client is ${this.#rpc.state}`)), HANG);
        });
        try {
            return await Promise.race([this.#rpc.call(method, params), hang]);
        } catch (error) {
            if (error.kind === 'remote' && method !== 'ask') return { code: error.code };
            throw error;
        } finally {
            clearTimeout(timer);
        }
    }

    /** After the last cut all is well, and no notification came twice or out of order. */
    async #epilogue() {
        assert.deepEqual(await this.#rpc.call('echo', { end: true }, { timeout: HANG }), { end: true });
        const notes = await this.#rpc.call('notes', {}, { timeout: HANG });
        assert.deepEqual(notes, [...new Set(notes)].sort((a, b) => a - b));
    }
}

test(`${CUTS} cuts at random bytes`, { skip: !url && 'no HOLDFAST_URL', timeout: 180000 }, async (context) => {
    const transports = TRANSPORTS.filter((name) => name !== 'websocket' || globalThis.WebSocket);
    const count = CLIENTS * transports.length;
    const talkers = Array.from({ length: count }, (_, index) => new Talker(new Random(SEED + index), transports[index % transports.length]));
    try {
        await Promise.all(talkers.map((talker, index) => talker.run(Math.floor((CUTS + index) / count))));
    } catch (error) {
        error.message += ` (repeat with HOLDFAST_SEED=${SEED})`;
        throw error;
    }
    const sum = (name) => talkers.reduce((total, talker) => total + talker[name], 0);
    context.diagnostic(`seed ${SEED}: ${sum('cuts')} cuts, ${sum('answered')} answered, ${sum('lost')} lost with their connection`);
    assert.equal(sum('cuts'), CUTS);
    assert.ok(sum('answered') > CUTS, 'most calls are answered');
});
