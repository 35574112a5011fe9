// SPDX-License-Identifier: Apache-2.0
import { fakeNetwork } from './fake.mjs';

/** A network whose server has agreed to lose nothing: it counts what it says and hears; a test says when and where. */
export function resumeNetwork() {
    const network = fakeNetwork();
    const state = { said: 0, heard: 0, kept: [], tokens: 0, opened: 0 };
    const grant = () => `token-${(state.tokens += 1)}`;
    const ack = { msgs: 32, bytes: 65536, ms: 1000 };
    return Object.assign(network, {
        state,
        /** Answers the first `connect`; `more` replaces what is agreed. */
        open(more = {}) {
            const sessionId = `session-${(state.opened += 1)}`;
            Object.assign(state, { said: 0, heard: 0, kept: [] });
            const buf = { msgs: 1024, bytes: 1048576 };
            network.socket.answer('rpc.connect', { sessionId, resume: { v: 1, epoch: 'epoch', token: grant(), window: 60000, ack, buf, ...more } });
        },
        /** Answers a `connect` that comes back, then says all that the client has not got. */
        resume(more = {}, socket = network.socket) {
            const { sessionId, resume } = socket.request('rpc.connect').params;
            const next = resume.rcv + 1;
            const agreed = { v: 1, state: resume.migrate ? 'migrated' : 'resumed', epoch: 'epoch', token: grant(), rcv: state.heard, next, top: state.said };
            socket.answer('rpc.connect', { sessionId, resume: { ...agreed, ...more } });
            for (const message of state.kept) if (message.seq > resume.rcv) socket.say(message);
        },
        /** Says a counted message, which is lost with its connection if nobody comes back for it. */
        say(message, socket = network.socket) {
            state.said += 1;
            state.kept.push({ ...message, seq: state.said, rcv: state.heard });
            if (socket.readyState === 1) socket.say(state.kept.at(-1));
        },
        /** Takes the counted messages that came over a socket and have not been taken, in order; gives them. */
        hear(socket = network.socket) {
            const fresh = socket.sent.filter(({ seq }) => seq > state.heard);
            for (const { seq } of fresh) {
                if (seq !== state.heard + 1) throw new Error(`message ${seq} came after message ${state.heard}`);
                state.heard = seq;
            }
            return fresh;
        },
        acknowledge(rcv = state.heard, socket = network.socket) {
            socket.say({ method: 'rpc.ack', params: { rcv } });
        },
    });
}

/** A storage, as a page has them; `copy` is what a duplicated tab gets. */
export class FakeStorage {
    items;

    constructor(items = new Map()) {
        this.items = items;
    }

    getItem(key) {
        return this.items.get(key) ?? null;
    }

    setItem(key, value) {
        this.items.set(key, String(value));
    }

    removeItem(key) {
        this.items.delete(key);
    }

    get copy() {
        return new FakeStorage(new Map(this.items));
    }
}

/** The locks of a browser, for all pages; `release()` is what happens when a page goes. */
export class FakeLocks {
    #held = new Map();

    request(name, { signal }, held) {
        return new Promise((resolve, reject) => {
            const tryIt = () => {
                if (this.#held.has(name)) return false;
                let gone;
                const isGone = new Promise((end) => (gone = end));
                this.#held.set(name, gone);
                Promise.race([held(), isGone]).then(() => {
                    this.#held.delete(name);
                    for (const next of this.#waiting.splice(0)) next();
                    resolve();
                });
                return true;
            };
            if (tryIt()) return;
            let isOver = false;
            signal.addEventListener('abort', () => {
                isOver = true;
                reject(signal.reason);
            });
            const again = () => isOver || tryIt() || this.#waiting.push(again);
            this.#waiting.push(again);
        });
    }

    #waiting = [];

    get names() {
        return [...this.#held.keys()];
    }

    /** A page that held locks is gone. */
    release() {
        for (const gone of this.#held.values()) gone();
    }
}
