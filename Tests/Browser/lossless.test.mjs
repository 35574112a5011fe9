// SPDX-License-Identifier: Apache-2.0
// A thousand connections that break after some byte or other, go dead, or are left while the server still has them, over every
// transport and on the way from each to each: nothing is lost, repeated or out of order, and no handler starts twice for a call.
// HOLDFAST_SEED repeats the choices of a run, HOLDFAST_CUTS changes their number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { next } from './support/exercise.mjs';
import { Proxy } from './support/proxy.mjs';
import { Random } from './support/random.mjs';

const url = process.env.HOLDFAST_URL;
const CUTS = Number(process.env.HOLDFAST_CUTS ?? 1000);
const SEED = Number(process.env.HOLDFAST_SEED ?? Math.floor(Math.random() * 2 ** 32));
const CLIENTS = 3;
// A few times what a new connection takes.
const LONGEST = { websocket: 3000, 'xhr-streaming': 9000, 'xhr-polling': 9000 };
const ENDINGS = ['cut', 'cut', 'cut', 'cut', 'cut', 'cut', 'linger', 'linger', 'linger', 'stall'];
const HANG = 60000;

/** A client that talks in four lanes until its share of cuts is done, over one transport or, from one to the other, two. */
class Talker {
    cuts = 0;
    moves = 0;
    counts = { echoes: 0, notes: 0, said: 0, asked: 0 };
    #random;
    #transports;
    #proxy;
    #rpc;
    #isOver = false;
    #asked = new Set();
    #said = [];
    #problem;

    constructor(random, transports) {
        this.#random = random;
        this.#transports = transports;
    }

    async run(cuts) {
        const proxy = (this.#proxy = await Proxy.to(url));
        const rpc = (this.#rpc = new Client(`${proxy.url}/rpc/session`, {
            transports: this.#transports,
            requestTimeout: 0,
            heartbeat: 200,
            heartbeatTimeout: 800,
            openTimeout: 1500,
            probeDelay: 1000000,
            backoff: { min: 1, max: 5 },
        }));
        const sessions = new Set();
        rpc.on('reconnected', ({ sessionId }) => sessions.add(sessionId));
        rpc.on('gap', (gap) => this.#fail(new Error(`A gap: ${JSON.stringify(gap)}`)));
        rpc.on('said', ({ count }) => this.#said.push(count));
        rpc.method('confirm', ({ question }) => {
            if (this.#asked.has(question)) this.#fail(new Error(`Handled twice: ${question}`));
            this.#asked.add(question);
            return { answer: question };
        });
        await next(rpc, 'connected');
        const { sessionId } = rpc;
        const done = new Promise((resolve) => {
            proxy.oncut = () => {
                this.cuts += 1;
                if (this.cuts < cuts) this.#arm();
                else resolve();
            };
        });
        this.#arm();
        try {
            const lane = async (exchange) => {
                while (!this.#isOver && !this.#problem) await exchange();
            };
            const lanes = [this.#echo, this.#note, this.#say, this.#ask].map((exchange) => lane(exchange.bind(this)));
            const moves = this.#transports.length > 1 ? lane(() => this.#move()) : undefined;
            await this.#within(Promise.race([done, new Promise((resolve) => (this.onproblem = resolve))]), 'the cuts', cuts * 5000);
            this.#isOver = true;
            await this.#within(Promise.all([...lanes, moves]), 'the end');
            if (this.#problem) throw this.#problem;
            const { notes } = this.counts;
            assert.deepEqual(await this.#within(rpc.call('notes'), 'notes'), Array.from({ length: notes }, (_, index) => index + 1));
            assert.deepEqual(this.#said, Array.from({ length: this.counts.said }, (_, index) => (index % 3) + 1));
            assert.equal(rpc.sessionId, sessionId);
            assert.deepEqual([...sessions].filter((id) => id !== sessionId), []);
        } finally {
            this.#isOver = true;
            await rpc.close();
            await proxy.close();
        }
    }

    #fail(problem) {
        this.#problem ??= problem;
        this.onproblem?.();
    }

    #arm() {
        this.#proxy.resets = this.#random.below(2) === 0;
        this.#proxy.ending = this.#random.pick(ENDINGS);
        // A move needs connections that hold a little longer.
        this.#proxy.cutAfter = this.#random.below(LONGEST[this.#random.pick(this.#transports)] * (2 * this.#transports.length - 1));
    }

    async #within(promise, name, limit = HANG) {
        let timer;
        const hang = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error(`${name} hangs; the client is ${this.#rpc.state}`)), limit);
        });
        return Promise.race([promise, hang]).finally(() => clearTimeout(timer));
    }

    async #echo() {
        const payload = { n: this.#random.next(), text: 'ü'.repeat(this.#random.below(50)) };
        assert.deepEqual(await this.#within(this.#rpc.call('echo', payload), 'echo'), payload);
        this.counts.echoes += 1;
    }

    async #note() {
        for (let i = this.#random.below(3); i >= 0; i -= 1) this.#rpc.notify('note', { count: (this.counts.notes += 1) });
        await this.#within(this.#rpc.call('value', { value: 1 }), 'value');
    }

    async #say() {
        this.counts.said += 3;
        assert.equal(await this.#within(this.#rpc.call('say', { count: 3 }), 'say'), 3);
    }

    /** The server waits for 2 s for the answer of a client that may be away. */
    async #ask() {
        const question = (this.counts.asked += 1);
        try {
            assert.deepEqual(await this.#within(this.#rpc.call('ask', { question }), 'ask'), { answer: question });
        } catch (error) {
            if (error.kind !== 'remote') throw error;
        }
    }

    async #move() {
        const { transport } = this.#rpc;
        const name = this.#transports.find((other) => other !== transport);
        const isMoved = await this.#within(this.#rpc.forceTransport(name), 'a move').then(() => true, () => false);
        if (isMoved) this.moves += 1;
        await this.#within(this.#rpc.call('echo', {}), 'echo');
    }
}

test(`${CUTS} ends of connections, and nothing lost`, { skip: !url && 'no HOLDFAST_URL', timeout: 600000 }, async (context) => {
    const names = TRANSPORTS.filter((name) => name !== 'websocket' || globalThis.WebSocket);
    const ways = names.flatMap((name) => [[name], ...names.filter((other) => other !== name).map((other) => [name, other])]);
    const count = ways.length * CLIENTS;
    const talkers = Array.from({ length: count }, (_, index) => new Talker(new Random(SEED + index), ways[index % ways.length]));
    try {
        await Promise.all(talkers.map((talker, index) => talker.run(Math.floor((CUTS + index) / count))));
    } catch (error) {
        error.message += ` (repeat with HOLDFAST_SEED=${SEED})`;
        throw error;
    }
    const sum = (pick) => talkers.reduce((total, talker) => total + pick(talker), 0);
    const { echoes, notes, said, asked } = Object.fromEntries(Object.keys(talkers[0].counts).map((name) => [name, sum(({ counts }) => counts[name])]));
    context.diagnostic(`seed ${SEED}: ${sum(({ cuts }) => cuts)} ends, ${sum(({ moves }) => moves)} moves, ${echoes} echoes, ${notes} notes, ${said} said, ${asked} asked`);
    assert.equal(sum(({ cuts }) => cuts), CUTS);
});

/** What `sessionStorage` is to a page. */
class Storage {
    #items = new Map();

    getItem(key) {
        return this.#items.get(key) ?? null;
    }

    setItem(key, text) {
        this.#items.set(key, text);
    }

    removeItem(key) {
        this.#items.delete(key);
    }
}

for (const name of TRANSPORTS.filter((one) => one !== 'websocket' || globalThis.WebSocket)) {
    test(`${name}: clients that go in the middle of it and leave their session to the next, and nothing lost`, { skip: !url && 'no HOLDFAST_URL', timeout: 120000 }, async () => {
        const random = new Random(SEED);
        const proxy = await Proxy.to(url);
        const persist = new Storage();
        const said = [];
        let notes = 0;
        let speeches = 0;
        let rpc;
        let heard;
        const open = () => {
            rpc = new Client(`${proxy.url}/rpc/session`, { transports: [name], persist, requestTimeout: 0, heartbeat: 200, heartbeatTimeout: 800, backoff: { min: 1, max: 5 } });
            rpc.on('said', ({ count }) => {
                said.push(count);
                heard?.();
            });
        };
        try {
            open();
            const { sessionId } = await next(rpc, 'connected');
            for (let round = 0; round < 30; round += 1) {
                for (let i = random.below(4); i > 0; i -= 1) rpc.notify('note', { count: (notes += 1) });
                rpc.call('say', { count: 20 }).catch(() => {});
                speeches += 1;
                // A page may go before it was connected, then, or when the first word has come.
                const waits = random.below(3);
                if (waits > 0 && rpc.state !== 'connected') await next(rpc, 'connected');
                if (waits > 1) await new Promise((resolve) => (heard = resolve));
                for (let i = random.below(2); i > 0; i -= 1) rpc.notify('note', { count: (notes += 1) });
                if (random.below(2) === 0) proxy.cut();
                rpc.close();
                open();
            }
            const told = await next(rpc, 'connected');
            assert.deepEqual(told, { sameSession: true, sessionId, transport: name });
            assert.deepEqual(await rpc.call('notes'), Array.from({ length: notes }, (_, index) => index + 1));
            assert.equal(await rpc.call('value', { value: 1 }), 1);
            assert.deepEqual(said, Array.from({ length: speeches * 20 }, (_, index) => (index % 20) + 1));
        } catch (error) {
            error.message += ` (repeat with HOLDFAST_SEED=${SEED})`;
            throw error;
        } finally {
            await rpc.close();
            await proxy.close();
        }
    });
}
