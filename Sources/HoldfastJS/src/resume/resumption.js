// SPDX-License-Identifier: Apache-2.0
import { encodeRequest, withNumbers, withoutNumbers } from '../envelope.js';
import { RpcError } from '../errors.js';
import { Counter } from './counter.js';
import { Ledger } from './ledger.js';


/** How much a client keeps until the server has it, unless it is told otherwise. */
export const BUFFER = { msgs: 1024, bytes: 1048576 };

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const violation = (text) => new RpcError('transport', text);
const sizeOf = (text) => new TextEncoder().encode(text).length;

/** What the first `connect` of a session offers. */
export const offer = (buf) => ({ v: [1], at: 1, buf });

/** What a server that answered so to an offer has agreed to, and where both sides are then; nothing if it has agreed to nothing. */
export function agreement(answer, { msgs, bytes }) {
    const { v, epoch, token, ack = {}, buf } = Object(answer);
    if (v !== 1 || typeof epoch !== 'string' || typeof token !== 'string') return;
    const least = (own, other) => (other >= 1 ? Math.min(own, other) : own);
    const room = { msgs: least(msgs, buf?.msgs), bytes: least(bytes, buf?.bytes) };
    return { epoch, token, ack, buf: room, at: 1, rcv: 0, acked: 0 };
}

/** What both sides of a session have agreed on so that nothing is lost (resume version 1), and where they are. */
export class Resumption {
    ledger;
    counter;
    /** How often the other side, or this one, found the numbers wrong since the last that was right. */
    violations = 0;
    /** Whether the last attempt to come back was told that a later one has the session. */
    isSuperseded = false;
    /** Numbers of the server's that will not come and of which the application has not been told, `{from, to, why}`. */
    losses = [];
    #session;
    /** What was agreed, and the number of the last attempt to come back, `{epoch, token, ack, buf, at}`. */
    #agreed;
    /** The number of the last message that the present link was given. */
    #cursor;
    #hasAsked = false;
    /** When the server will be told how far its messages have come. */
    #timer = null;

    constructor(session, { rcv, acked, ...agreed }, texts = []) {
        this.#session = session;
        this.#agreed = agreed;
        this.ledger = new Ledger(agreed.buf, acked);
        this.counter = new Counter(agreed.ack, rcv);
        this.#cursor = acked;
        for (const wire of texts) this.ledger.restore(itemOf(withoutNumbers(wire), wire), sizeOf(wire));
        this.save();
    }

    get token() {
        return this.#agreed.token;
    }

    /** What a `connect` says that brings the session, or with `migrate` moves it, to another link. */
    back(migrate) {
        this.#agreed.at += 1;
        const rcv = this.#tell();
        this.save();
        const { at, epoch, token } = this.#agreed;
        return { v: [1], at, epoch, token, rcv, sent: this.ledger.end, migrate };
    }

    /** Takes the answer to that; false if it makes no sense. What the server has not got is sent over the next link. */
    returned(answer) {
        const { v, token, rcv, next, gaps } = Object(answer);
        if (v !== 1 || typeof token !== 'string' || !this.#isSent(rcv) || !isCount(next)) return false;
        this.#agreed.token = token;
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
        link.send({ text: encodeRequest(undefined, 'rpc.ackNow'), link });
    }

    /** Takes the numbers of a message; false if it has been received before. @throws RpcError if they cannot be. */
    take({ seq, rcv }, size, mustCount) {
        if (rcv !== undefined) this.acknowledge(rcv);
        if (seq === undefined && !mustCount) return true;
        const verdict = isCount(seq) && seq > 0 ? this.counter.accept(seq, size) : 'violation';
        if (verdict === 'violation') throw violation(`Message ${seq} came after ${this.counter.last}`);
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
        if (!this.#isSent(rcv)) throw violation(`Message ${rcv} of ${this.ledger.end} was acknowledged`);
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
        link?.send({ text: encodeRequest(undefined, 'rpc.ack', { rcv: this.#tell() }), link }); // Else the next one begins with it.
    }

    /** A message that is not counted, which tells it too if there is something to tell. */
    telling(text) {
        return this.counter.hasNews ? withNumbers(text, 0, this.#tell()) : text;
    }

    /** Ends it; gives what the server has surely not taken, if it took our messages up to `rcv`. */
    end(rcv) {
        this.#tell();
        if (!this.#isSent(rcv)) return [];
        this.ledger.acknowledge(rcv);
        return this.ledger.acknowledge(this.ledger.end);
    }

    /** Stores where the two sides are. */
    save() {
        const { store, sessionId, nextId } = this.#session;
        const { acked, end } = this.ledger;
        store?.save({ ...this.#agreed, id: sessionId, rcv: this.counter.last, acked, end, nextId });
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
        else if (this.counter.hasNews) this.#timer ??= setTimeout(() => this.tell(), this.#agreed.ack.ms);
    }

    #tell() {
        clearTimeout(this.#timer);
        this.#timer = null;
        return this.counter.tell();
    }
}

/** A message of a page before this one; nobody waits for an answer to it. */
export function itemOf(text, wire) {
    const { method } = JSON.parse(text);
    return { text, wire, method, isAnswer: !method };
}
