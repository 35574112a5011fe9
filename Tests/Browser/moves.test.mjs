// SPDX-License-Identifier: Apache-2.0
// The transport is changed again and again under load: nothing is lost, doubled or out of order. HOLDFAST_SEED repeats the choices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, TRANSPORTS } from '../../Sources/HoldfastJS/holdfast.mjs';
import { next } from './support/exercise.mjs';
import { Random } from './support/random.mjs';

const url = process.env.HOLDFAST_URL;
const MOVES = 100;
const SEED = Number(process.env.HOLDFAST_SEED ?? Math.floor(Math.random() * 2 ** 32));

for (const resume of [true, false]) test(`${MOVES} changes of transport under load, resume: ${resume}`, { skip: !url && 'no HOLDFAST_URL', timeout: 60000 }, async () => {
    const random = new Random(SEED);
    const names = TRANSPORTS.filter((name) => name !== 'websocket' || globalThis.WebSocket);
    const rpc = new Client(`${url}/rpc/session`, { probeDelay: 1000000, resume });
    const asked = [];
    const said = [];
    let noted = 0;
    let questions = 0;
    let speeches = 0;
    let isOver = false;
    try {
        await next(rpc, 'connected');
        const { sessionId } = rpc;
        rpc.method('confirm', ({ question }) => {
            asked.push(question);
            return { question };
        });
        rpc.on('said', ({ count }) => said.push(count));
        const lane = async (say) => {
            while (!isOver) await say();
        };
        const load = [
            lane(async () => {
                const payload = { n: random.next(), text: 'ü'.repeat(random.below(200)) };
                assert.deepEqual(await rpc.call('echo', payload), payload);
            }),
            lane(async () => {
                const question = (questions += 1);
                assert.deepEqual(await rpc.call('ask', { question }), { question });
            }),
            lane(async () => {
                speeches += 1;
                assert.equal(await rpc.call('say', { count: 5 }), 5);
                for (let i = 0; i < 3; i += 1) rpc.notify('note', { count: (noted += 1) });
            }),
        ];
        const moves = (async () => {
            for (let move = 0; move < MOVES; move += 1) {
                const name = random.pick(names.filter((other) => other !== rpc.transport));
                await rpc.forceTransport(name);
                assert.equal(rpc.transport, name);
                assert.equal((await rpc.call('transport')).length > 0, true);
            }
        })();
        await Promise.all([moves.finally(() => (isOver = true)), ...load]);
        assert.deepEqual(await rpc.call('notes'), Array.from({ length: noted }, (_, index) => index + 1));
        assert.deepEqual(said, Array.from({ length: speeches * 5 }, (_, index) => (index % 5) + 1));
        assert.deepEqual(asked, Array.from({ length: questions }, (_, index) => index + 1));
        assert.equal(rpc.sessionId, sessionId);
    } catch (error) {
        isOver = true;
        error.message += ` (repeat with HOLDFAST_SEED=${SEED})`;
        throw error;
    } finally {
        await rpc.close();
    }
});
