// SPDX-License-Identifier: Apache-2.0
// What both sides of a session keep and count, by itself: examples, then every schedule of a small world.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Counter } from '../../Sources/HoldfastJS/src/resume/counter.js';
import { Ledger } from '../../Sources/HoldfastJS/src/resume/ledger.js';

const LIMITS = { msgs: 4, bytes: 100 };

suite('the ledger', () => {
    test('keeps messages in order until they are acknowledged', () => {
        const ledger = new Ledger(LIMITS);
        for (const text of ['a', 'b', 'c']) assert.ok(ledger.append(text, 10));
        assert.deepEqual([0, 1, 2, 3].map((cursor) => ledger.after(cursor)), ['a', 'b', 'c', undefined]);
        assert.deepEqual(ledger.acknowledge(2), ['a', 'b']);
        assert.deepEqual([ledger.acked, ledger.end, ledger.bytes], [2, 3, 10]);
        assert.deepEqual([0, 1, 2, 3].map((cursor) => ledger.after(cursor)), [undefined, undefined, 'c', undefined]);
    });
    test('an acknowledgement from before changes nothing, one from beyond the end is not believed', () => {
        const ledger = new Ledger(LIMITS);
        for (const text of ['a', 'b']) ledger.append(text, 1);
        ledger.acknowledge(1);
        assert.deepEqual(ledger.acknowledge(0), []);
        assert.deepEqual(ledger.acknowledge(1), []);
        assert.deepEqual(ledger.acknowledge(9), ['b']);
        assert.deepEqual([ledger.acked, ledger.end, ledger.bytes], [2, 2, 0]);
    });
    test('is bounded by count', () => {
        const ledger = new Ledger(LIMITS);
        assert.deepEqual([1, 2, 3, 4, 5].map((text) => ledger.append(text, 1)), [true, true, true, true, false]);
        ledger.acknowledge(1);
        assert.ok(ledger.append(5, 1));
    });
    test('is bounded by bytes', () => {
        const ledger = new Ledger(LIMITS);
        assert.deepEqual([60, 41, 40, 1].map((size) => ledger.append('a', size)), [true, false, true, false]);
    });
    test('notifications leave a quarter to answers and calls', () => {
        const ledger = new Ledger(LIMITS);
        assert.deepEqual([1, 2, 3, 4].map(() => ledger.append('a', 1, true)), [true, true, true, false]);
        assert.ok(ledger.append('answer', 1));
        assert.equal(ledger.append('answer', 1), false);
        const other = new Ledger(LIMITS);
        assert.deepEqual([75, 1].map((size) => other.append('a', size, true)), [true, false]);
    });
    test('a message larger than all room finds it when nothing else is kept', () => {
        const ledger = new Ledger(LIMITS);
        assert.ok(ledger.append('a', 1000, true));
        assert.equal(ledger.append('b', 1), false);
        ledger.acknowledge(1);
        ledger.append('b', 1);
        assert.equal(ledger.append('a', 1000), false);
    });
    test('says when more than half of the room is taken', () => {
        const byCount = new Ledger(LIMITS);
        assert.deepEqual([1, 2, 3].map(() => byCount.append('a', 1) && byCount.isHalfFull), [false, false, true]);
        const byBytes = new Ledger(LIMITS);
        assert.deepEqual([50, 1].map((size) => byBytes.append('a', size) && byBytes.isHalfFull), [false, true]);
    });
    test('goes on where another one ended', () => {
        const ledger = new Ledger(LIMITS, 7);
        ledger.restore('h', 1);
        assert.deepEqual([ledger.end, ledger.after(7), ledger.after(6)], [8, 'h', undefined]);
    });
});

suite('the counter', () => {
    const POLICY = { msgs: 3, bytes: 100 };

    test('takes each message once and in order', () => {
        const counter = new Counter(POLICY);
        assert.deepEqual([1, 2, 2, 1, 4, 3].map((seq) => counter.accept(seq)), ['new', 'new', 'repeated', 'repeated', 'violation', 'new']);
        assert.equal(counter.last, 3);
    });
    test('what is no number is a violation', () => {
        for (const seq of [NaN, undefined, 'x', {}]) assert.equal(new Counter(POLICY).accept(seq), 'violation');
    });
    test('is due after so many messages, or bytes, that the other side was not told of', () => {
        const counter = new Counter(POLICY);
        const due = (seq, bytes) => counter.accept(seq, bytes) && counter.isDue;
        assert.deepEqual([due(1, 1), due(2, 1), due(3, 1)], [false, false, true]);
        assert.equal(counter.tell(), 3);
        assert.deepEqual([due(4, 99), due(5, 1)], [false, true]);
        assert.equal(counter.tell(), 5);
        assert.ok(!counter.hasNews && !counter.isDue);
    });
    test('a repeated message is news: the other side does not know', () => {
        const counter = new Counter(POLICY);
        counter.accept(1);
        counter.tell();
        counter.accept(1);
        assert.ok(counter.hasNews && !counter.isDue);
    });
    test('messages that will not come count as received', () => {
        const counter = new Counter(POLICY);
        counter.accept(1);
        assert.deepEqual(counter.lose(1, 4), [{ from: 2, to: 4 }]);
        assert.equal(counter.last, 4);
        assert.equal(counter.accept(5), 'new');
        assert.deepEqual(counter.lose(2, 5), []);
        assert.ok(counter.hasNews);
    });
    test('also when they are named before their turn', () => {
        const counter = new Counter(POLICY);
        assert.deepEqual(counter.lose(2, 3), [{ from: 2, to: 3 }]);
        assert.deepEqual(counter.lose(5, 5), [{ from: 5, to: 5 }]);
        assert.deepEqual(counter.lose(2, 3), []);
        assert.deepEqual([counter.accept(1), counter.last], ['new', 3]);
        assert.deepEqual([counter.accept(4), counter.last], ['new', 5]);
        assert.equal(counter.accept(6), 'new');
    });
    test('or twice, in parts and around each other', () => {
        const counter = new Counter(POLICY);
        counter.lose(3, 3);
        counter.lose(6, 7);
        assert.deepEqual(counter.lose(2, 8), [{ from: 2, to: 2 }, { from: 4, to: 5 }, { from: 8, to: 8 }]);
        assert.deepEqual(counter.lose(1, 1), [{ from: 1, to: 1 }]);
        assert.equal(counter.last, 8);
        assert.deepEqual([counter.lose(9, 8), counter.lose(1, 8)], [[], []]);
    });
});

const ROOM = { msgs: 3, bytes: 1000 };

/**
 * Two sides that have so many messages each, and links between them: the present one, and one that was left but still delivers
 * what was on it. Cuts lose what is on its way; a side that comes back tells how far it has the other's messages.
 */
class World {
    sides = [0, 1].map(() => ({ ledger: new Ledger(ROOM), counter: new Counter(ROOM), cursor: 0, said: 0, got: [] }));
    /** By receiver: what is on its way over the present link, and over the one before. */
    now = [[], []];
    old = [[], []];
    cuts = 0;

    constructor(counts, mostCuts) {
        Object.assign(this, { counts, mostCuts });
    }

    /** The same, as another world; both sides go on from what they would have stored. */
    get copy() {
        const copy = new World(this.counts, this.mostCuts);
        copy.sides = this.sides.map(({ ledger, counter, got, ...rest }) => {
            const side = { ledger: new Ledger(ROOM, ledger.acked), counter: new Counter(ROOM, counter.last), got: [...got], ...rest };
            for (let seq = ledger.acked; seq < ledger.end; seq += 1) side.ledger.restore(ledger.after(seq), 1);
            side.counter.hasNews = counter.hasNews;
            return side;
        });
        copy.now = this.now.map((way) => [...way]);
        copy.old = this.old.map((way) => [...way]);
        copy.cuts = this.cuts;
        return copy;
    }

    /** What can happen, by name. */
    get choices() {
        const all = [];
        for (const me of [0, 1]) {
            const { ledger, counter, cursor, said } = this.sides[me];
            if (said < this.counts[me] && ledger.end - ledger.acked < ROOM.msgs) all.push(`say ${me}`);
            if (cursor < ledger.end) all.push(`send ${me}`);
            if (counter.hasNews) all.push(`ack ${me}`);
            if (this.now[me].length > 0) all.push(`take ${me}`);
            if (this.old[me].length > 0) all.push(`late ${me}`);
        }
        if (this.cuts < this.mostCuts) all.push('cut', 'move');
        return all;
    }

    do(choice) {
        const [name, who] = choice.split(' ');
        if (name === 'cut' || name === 'move') return this.#change(name === 'move');
        const me = Number(who);
        const side = this.sides[me];
        if (name === 'say') assert.ok(side.ledger.append((side.said += 1), 1));
        else if (name === 'send') {
            this.now[1 - me].push({ seq: side.cursor + 1, n: side.ledger.after(side.cursor), rcv: side.counter.tell() });
            side.cursor += 1;
        } else if (name === 'ack') this.now[1 - me].push({ rcv: side.counter.tell() });
        else if (name === 'take') this.#take(me, this.now[me].shift());
        else this.#take(me, this.old[me].shift());
    }

    #take(me, { seq, n, rcv }) {
        const { ledger, counter, got } = this.sides[me];
        assert.ok(rcv <= ledger.end);
        ledger.acknowledge(rcv);
        if (seq === undefined) return;
        const verdict = counter.accept(seq, 1);
        assert.notEqual(verdict, 'violation');
        if (verdict === 'new') got.push(n);
    }

    #change(isMove) {
        this.cuts += 1;
        this.old = isMove ? this.now : [[], []];
        this.now = [[], []];
        for (const me of [0, 1]) {
            const { ledger } = this.sides[me];
            const rcv = this.sides[1 - me].counter.tell();
            assert.ok(rcv <= ledger.end && rcv >= ledger.acked);
            ledger.acknowledge(rcv);
            this.sides[me].cursor = rcv;
        }
    }

    /** What is promised at all times. */
    check() {
        for (const { got } of this.sides) assert.ok(got.every((n, index) => n === index + 1), String(got));
    }

    get key() {
        const sides = this.sides.map(({ ledger, counter, cursor, said, got }) => [ledger.acked, ledger.end, counter.last, counter.hasNews, cursor, said, got.length]);
        return JSON.stringify([sides, this.now, this.old, this.cuts]);
    }
}

/** Goes through every state that can be reached; gives how many there are. */
function explore(counts, mostCuts) {
    const seen = new Set();
    let ends = 0;
    const worlds = [new World(counts, mostCuts)];
    while (worlds.length > 0) {
        const world = worlds.pop();
        const { choices } = world;
        for (const choice of choices) {
            const next = world.copy;
            next.do(choice);
            next.check();
            if (seen.has(next.key)) continue;
            seen.add(next.key);
            worlds.push(next);
        }
        if (choices.length > 0) continue;
        ends += 1;
        const lengths = world.sides.map(({ got }) => got.length);
        assert.deepEqual(lengths.reverse(), counts, 'nothing is left to do, and all has arrived');
    }
    assert.ok(ends > 0);
    return seen.size;
}

suite('every schedule of a small world: what is delivered is a prefix of what was said, and in the end all of it', () => {
    for (const [counts, cuts] of [[[4, 0], 3], [[3, 1], 1], [[2, 2], 1], [[1, 1], 3]]) {
        test(`${counts.join(' and ')} messages, ${cuts} cuts and moves at every step`, (context) => {
            context.diagnostic(`${explore(counts, cuts)} states`);
        });
    }
});
