// SPDX-License-Identifier: Apache-2.0
import { RpcError } from './errors.js';
import { askForReturn, askForSession } from './greeting.js';
import { after } from './timers.js';

const GRACE = 3000;
const FLUSH_TIMEOUT = 2000;
const PROBE_MIN = 1000;
const PROBE_MAX = 300000;
const PROOF_TIMEOUT = 10000;

/** Moves a session that has a link to another transport, by itself where a better one may be there. */
export class Moves {
    #session;
    #linker;
    /**
     * The move that is under way, if any; `isHolding` while nothing may be sent, `isAsked` when the session may be on the new link
     * already.
     */
    current = null;
    #stopProbe = () => {};
    #release = () => {};

    constructor(session, linker) {
        this.#session = session;
        this.#linker = linker;
    }

    /** Tries the better transport, if there is one, after a while. */
    scheduleProbe(delay) {
        this.stopProbe();
        const { link, isClosing, sessionId, options } = this.#session;
        const name = link && !isClosing && sessionId && this.#linker.better(link.name);
        if (!name) return;
        delay ??= link.isBrief && name !== 'websocket' ? PROBE_MAX : options.probeDelay;
        this.#stopProbe = after(delay, () => {
            if (this.#session.isOffline) return this.scheduleProbe(Math.max(delay, PROBE_MIN));
            const next = Math.min(Math.max(delay * 2, PROBE_MIN), PROBE_MAX);
            this.to([name], (error) => error && this.scheduleProbe(next));
        });
    }

    stopProbe() {
        this.#stopProbe();
    }

    /** The server wants to be left in a while: tries to move, to any transport. */
    goAway(delay) {
        this.stopProbe();
        this.#stopProbe = after(delay, () => this.to(this.#linker.order, (error) => error && this.scheduleProbe()));
    }

    /** Opens a link beside the present one, over one of `names`, and has the server move the session: nothing is lost or reordered. */
    to(names, done) {
        if (this.current) return done(new RpcError('transport', 'Another move is under way'));
        const session = this.#session;
        const old = session.link;
        const move = { isHolding: false, isAsked: false, stop: () => {}, done };
        this.current = move;
        const { resume, sessionId, names: { ping } } = session;
        const prove = (link, proved) => {
            link.onmessage = (text) => session.receive(text, link);
            // What is counted needs no pause: whatever is on its way over the old link is known by its number. Else the answer there
            // says that all we sent has arrived.
            move.isHolding = !resume;
            session.ask(resume ? link : old, ping, undefined, resume ? PROOF_TIMEOUT : FLUSH_TIMEOUT, (error) => {
                if (this.current !== move || link.ended) return;
                if (resume && error) return proved(error);
                move.isAsked = true;
                if (resume) askForReturn(session, link, true, proved);
                else askForSession(session, link, { sessionId }, proved);
            });
        };
        move.stop = this.#linker.open(names, prove, (error, link) => {
            this.current = null;
            session.forgetEndedLinks();
            if (!error) this.#swap(old, link);
            // Was it moved or not? Only a new start can tell, unless the old link does.
            else if (move.isAsked && !(resume && session.link)) session.restart(error.message);
            else session.flush();
            done(error ?? undefined);
        });
    }

    stop(reason) {
        const move = this.current;
        this.current = null;
        move?.stop();
        move?.done(new RpcError('transport', reason));
    }

    /** Ends the wait for what an old link still says. */
    release() {
        this.#release();
    }

    #swap(old, link) {
        const session = this.#session;
        session.use(link);
        session.flush();
        if (!old.ended) this.#drain(old, link, session.resume === null);
        session.tellTransport(link);
    }

    /** Takes what the server still says over the old link, before all that it says over the new one if nothing is counted. */
    #drain(old, link, isFirst) {
        const session = this.#session;
        const held = [];
        let timer;
        const release = () => {
            clearTimeout(timer);
            this.#release = () => {};
            old.drop();
            session.forgetEndedLinks();
            link.onmessage = (text) => session.receive(text, link);
            for (const text of held) session.receive(text, link);
        };
        const wait = () => {
            clearTimeout(timer);
            timer = setTimeout(release, GRACE);
        };
        wait();
        old.onmessage = (text) => {
            wait(); // However slow it is: only silence ends it, or its close.
            session.receive(text, old);
        };
        if (isFirst) link.onmessage = (text) => held.push(text);
        old.onclose = release;
        this.#release = release;
    }
}
