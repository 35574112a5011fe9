// SPDX-License-Identifier: Apache-2.0
import { guarded } from '../errors.js';

/** How long a page waits for the one before it to be gone. */
const HANDOVER = 500;

/**
 * Where a session outlives its page: a storage that keeps texts by name, such as `sessionStorage`.
 *
 * A browser copies that to a tab that is duplicated, so a page holds a lock as long as it has the session, and what is stored
 * beside a lock that somebody holds is a copy. Without locks (a page that is not served securely) nothing is kept.
 */
export class Store {
    #storage;
    #key;
    #release = () => {};
    #isOff = false;
    /** Between which numbers there may be messages. */
    #acked = 0;
    #end = 0;

    constructor(storage, key) {
        this.#storage = storage;
        this.#key = key;
    }

    /** Finds what a page before this one left; `done(record?)`, with its messages as `texts` and those not numbered as `waiting`. */
    open(done) {
        const record = guarded(() => this.#read());
        if (!record) return done();
        hold(record.id, (release) => {
            if (!release) this.clear();
            else if (this.#take(release)) return done(record);
            done();
        });
    }

    /** A new session: what was stored of another one goes. */
    begin(id) {
        this.clear();
        hold(id, (release) => {
            if (release) this.#take(release);
            else this.#fail();
        });
    }

    save(record) {
        this.#acked = record.acked;
        this.#end = record.end;
        this.#set('', JSON.stringify(record));
    }

    put(seq, text) {
        this.#set(`:${seq}`, text);
    }

    remove(from, to) {
        for (let seq = from; seq <= to; seq += 1) this.#drop(`:${seq}`);
    }

    /** What waits and has no number yet. */
    wait(texts) {
        if (texts.length > 0) this.#set(':', JSON.stringify(texts));
        else this.#drop(':');
    }

    /** Lets another page, or client, have it. */
    leave() {
        this.#isOff = true;
        this.#release();
    }

    clear() {
        this.#release();
        this.remove(this.#acked + 1, this.#end);
        this.wait([]);
        this.#drop('');
    }

    /** Keeps a lock, unless it has come too late. */
    #take(release) {
        if (this.#isOff) release();
        else this.#release = release;
        return !this.#isOff;
    }

    #read() {
        const record = JSON.parse(this.#get(''));
        if (typeof record?.token !== 'string') return;
        this.#acked = record.acked;
        this.#end = record.end;
        const texts = [];
        for (let seq = record.acked + 1; seq <= record.end; seq += 1) texts.push(this.#get(`:${seq}`));
        if (texts.every((text) => text)) return { ...record, texts, waiting: JSON.parse(this.#get(':')) ?? [] };
        this.clear();
    }

    #get(name) {
        return this.#storage.getItem(this.#key + name);
    }

    #set(name, text) {
        if (!this.#isOff && !guarded(() => this.#storage.setItem(this.#key + name, text) ?? true)) this.#fail();
    }

    #drop(name) {
        guarded(() => this.#storage.removeItem(this.#key + name));
    }

    /** What is stored in part is of no use to another page. */
    #fail() {
        this.clear();
        this.#isOff = true;
    }
}

/** Has the lock of a session, for `release` to end that; `done(release?)`, without one if somebody holds it for so long. */
function hold(id, done) {
    const locks = globalThis.navigator?.locks;
    // Where there are no documents there are no tabs that could be copied.
    if (!locks) return done(globalThis.document ? undefined : () => {});
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), HANDOVER);
    const held = () => {
        clearTimeout(timer);
        return new Promise(done);
    };
    locks.request(`holdfast:${id}`, { signal: abort.signal }, held).catch(() => done());
}
