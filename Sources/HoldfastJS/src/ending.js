// SPDX-License-Identifier: Apache-2.0
import { checked } from './timers.js';

const TIMEOUT = 2000;

/** The end of a session by this side. */
export class Ending {
    #session;
    #promise = null;
    #finished;
    #code;
    /** Whether the server ends its session too. */
    #isEnded = false;
    #isAsking = false;
    #isLeaving = false;

    constructor(session) {
        this.#session = session;
    }

    get hasBegun() {
        return this.#promise !== null;
    }

    /** Ends it for good; resolves when that is done. With `closeSession` the server ends its session too. */
    close({ closeSession = false, timeout = TIMEOUT, code } = {}) {
        checked('timeout', timeout);
        const session = this.#session;
        // Its session may be on either link then.
        const isMoving = session.moves.current?.isAsked;
        if (!this.hasBegun) {
            this.#promise = new Promise((resolve) => (this.#finished = resolve));
            this.#code = code;
            session.quiesce();
        }
        this.#isEnded ||= closeSession;
        if (!closeSession) this.finish();
        else if (!session.link || isMoving || this.#isLeaving) this.#finishAlone();
        else {
            this.#isAsking = true;
            session.ask(session.link, session.names.close, undefined, timeout, (error) => {
                if (error && error.kind !== 'remote') this.#finishAlone();
                else this.finish();
            });
        }
        return this.#promise;
    }

    /** The page goes, and with it what its links have not sent yet; or it stays after all. */
    leave(isLeaving) {
        this.#isLeaving = isLeaving;
        if (isLeaving && this.#isAsking) this.#finishAlone();
    }

    finish() {
        const session = this.#session;
        if (session.state === 'closed') return;
        session.link?.close(this.#code);
        session.finished(this.#isEnded);
        this.#finished();
    }

    /** Has the server end the session without a link. */
    #finishAlone() {
        if (this.#session.state === 'closed') return;
        this.#session.endAlone();
        this.finish();
    }
}
