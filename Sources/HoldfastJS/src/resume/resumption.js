// SPDX-License-Identifier: Apache-2.0
import { encodeRequest, withNumbers, withoutNumbers } from '../envelope.js';
import { RpcError } from '../errors.js';
import { after } from '../timers.js';
import { Counter } from './counter.js';
import { Ledger } from './ledger.js';

const VERSION = 1;
const ACK = { msgs: 32, bytes: 65536, ms: 1000 };
const ACK_NOW = encodeRequest(undefined, 'rpc.ackNow');

/** How much a client keeps until the server has it, unless it is told otherwise. */
export const BUFFER = { msgs: 1024, bytes: 1048576 };

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const sizeOf = (text) => new TextEncoder().encode(text).length;

/** What the first `connect` of a session offers. */
export const offer = (buf) => ({ v: [VERSION], at: 1, buf });

/** What a server that answered so to an offer has agreed to, and where both sides are then; nothing if it has agreed to nothing. */
export function agreement(answer, { msgs, bytes }) {
    const { v, epoch, token, ack, buf } = Object(answer);
    if (v !== VERSION || typeof epoch !== 'string' || typeof token !== 'string') return;
    const least = (own, other) => (other >= 1 ? Math.min(own, other) : own);
    const room = { msgs: least(msgs, buf?.msgs), bytes: least(bytes, buf?.bytes) };
    return { epoch, token, ack: { ...ACK, ...ack }, buf: room, at: 1, rcv: 0, acked: 0 };
}

/** What both sides of a session have agreed on so that nothing is lost (resume version 1), and where they are. */
export class Resumption {
    ledger;
    counter;
    token;
    /** How often the other side, or this one, found the numbers wrong since the last that was right. */
    violations = 0;
    /** Whether the last attempt to come back was told that a later one has the session. */
    isSuperseded = false;
    /** Numbers of the server's that will not come and of which the application has not been told, `{from, to, why}`. */
    losses = [];
    #session;
    #epoch;
    #attempt;
    #ack;
    #buf;
    /** The number of the last message that the present link was given. */
    #cursor;
    #hasAsked = false;
    #stopTelling = null;

    constructor(session, { epoch, token, ack, buf, at, rcv, acked }, texts = []) {
        this.#session = session;
        this.#epoch = epoch;
        this.token = token;
        this.#attempt = at;
        this.#ack = ack;
        this.#buf = buf;
        this.ledger = new Ledger(buf, acked);
        this.counter = new Counter(ack, rcv);
        this.#cursor = acked;
        for (const wire of texts) this.ledger.restore(itemOf(withoutNumbers(wire), wire), sizeOf(wire));
        this.save();
    }

    /** What a `connect` says that brings the session, or with `migrate` moves it, to another link. */
    back(migrate) {
        this.#attempt += 1;
        const rcv = this.#tell();
        this.save();
        return { v: [VERSION], at: this.#attempt, epoch: this.#epoch, token: this.token, rcv, sent: this.ledger.end, migrate };
    }

    /** Takes the answer to that; false if it makes no sense. What the server has not got is sent over the next link. */
    returned(answer) {
        const { v, token, rcv, next, gaps } = Object(answer);
        if (v !== VERSION || typeof token !== 'string' || !this.#isSent(rcv) || !isCount(next)) return false;
        this.token = token;
        this.isSuperseded = this.#hasAsked = false;
        this.#forget(rcv);
        this.#cursor = this.ledger.acked;
        for (const { from, to, why } of Array.isArray(gaps) ? gaps : []) this.lose(from, to, why);
        this.lose(1, next - 1, 'acknowledged');
        this.save();
        return true;
    }

    /** Numbers a message; false while there is no room. */
    add(item) {
        const seq = this.ledger.end + 1;
        const wire = withNumbers(item.text, seq, this.counter.last);
        if (!this.ledger.append(item, sizeOf(wire), !item.callback && !item.isAnswer)) return false;
        item.wire = wire;
        this.#tell();
        this.#session.store?.put(seq, wire);
        this.save();
        return true;
    }

    /** Gives a link what it has not been given. */
    pump(link) {
        let item;
        while ((item = this.ledger.after(this.#cursor))) {
            this.#cursor += 1;
            link.send({ text: item.wire, link });
        }
        if (!this.ledger.isHalfFull || this.#hasAsked) return;
        this.#hasAsked = true;
        link.send({ text: ACK_NOW, link });
    }

    /** Takes the numbers of a message; false if it has been received before. @throws RpcError if they cannot be. */
    take({ seq, rcv }, size, mustCount) {
        if (rcv !== undefined) this.acknowledge(rcv);
        if (seq === undefined && !mustCount) return true;
        const verdict = isCount(seq) && seq > 0 ? this.counter.accept(seq, size) : 'violation';
        if (verdict === 'violation') throw new RpcError('transport', `Message ${seq} came after message ${this.counter.last}`);
        const isNew = verdict === 'new';
        if (isNew) {
            this.violations = 0;
            // Before the application has it: should the page die there, the message is not taken for a new one.
            this.save();
        }
        this.#tellSoon();
        return isNew;
    }

    /** The server has our messages up to number `rcv`. @throws RpcError if there is none. */
    acknowledge(rcv) {
        if (!this.#isSent(rcv)) throw new RpcError('transport', `Message ${rcv} was acknowledged, the last one is ${this.ledger.end}`);
        if (rcv <= this.ledger.acked) return;
        this.violations = 0;
        this.#hasAsked = false;
        this.#forget(rcv);
        this.save();
        this.#session.flush();
    }

    /** The server's messages `from` to `to` will not come. */
    lose(from, to, why) {
        if (!isCount(from) || !isCount(to)) return;
        for (const part of this.counter.lose(from, to)) this.losses.push({ ...part, why });
        this.#tellSoon();
    }

    /** Tells the server how far its messages have come, if there is a link. */
    tell() {
        const { link } = this.#session;
        if (link) link.send({ text: encodeRequest(undefined, 'rpc.ack', { rcv: this.#tell() }), link });
        else this.#stop(); // The next link begins with it.
    }

    /** A message that is not counted, which tells it too if there is something to tell. */
    telling(text) {
        return this.counter.hasNews ? withNumbers(text, 0, this.#tell()) : text;
    }

    /** Ends it; gives what the server has surely not taken, if it took our messages up to `rcv`. */
    end(rcv) {
        this.#stop();
        if (!this.#isSent(rcv)) return [];
        this.ledger.acknowledge(rcv);
        return this.ledger.acknowledge(this.ledger.end);
    }

    /** Stores where the two sides are. */
    save() {
        const { store, sessionId, nextId } = this.#session;
        const [epoch, at, ack, buf] = [this.#epoch, this.#attempt, this.#ack, this.#buf];
        const { acked, end } = this.ledger;
        store?.save({ id: sessionId, epoch, token: this.token, ack, buf, at, rcv: this.counter.last, acked, end, nextId });
    }

    #isSent(seq) {
        return isCount(seq) && seq <= this.ledger.end;
    }

    #forget(rcv) {
        const { acked } = this.ledger;
        this.ledger.acknowledge(rcv);
        this.#session.store?.remove(acked + 1, rcv);
    }

    #tellSoon() {
        if (this.counter.isDue) this.tell();
        else if (this.counter.hasNews) this.#stopTelling ??= after(this.#ack.ms, () => this.tell());
    }

    #tell() {
        this.#stop();
        return this.counter.tell();
    }

    #stop() {
        this.#stopTelling?.();
        this.#stopTelling = null;
    }
}

/** A message of a page before this one; nobody waits for an answer to it. */
export const itemOf = (text, wire) => ({ text, wire, isAnswer: !JSON.parse(text).method });
