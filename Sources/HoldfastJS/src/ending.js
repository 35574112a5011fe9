// SPDX-License-Identifier: Apache-2.0
import { encodeRequest } from './envelope.js';
import { checked } from './timers.js';

const TIMEOUT = 2000;

/** The end of a session by this side. */
export class Ending {
    #session;
    #linker;
    #promise = null;
    #finished;
    #code;
    /** Whether the server ends its session too. */
    #isEnded = false;
    #isAsking = false;
    #isLeaving = false;

    constructor(session, linker) {
        this.#session = session;
        this.#linker = linker;
    }

    get hasBegun() {
        return this.#promise !== null;
    }

    /** Ends it for good; resolves when that is done. With `closeSession` the server ends its session too. */
    close({ closeSession = false, timeout = TIMEOUT, code } = {}) {
        checked('timeout', timeout);
        const session = this.#session;
        // Its session may be on either link then.
        const isMoving = session.moves.isAsked;
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

    /** The page goes, and with it what its links have not sent yet. */
    leave() {
        this.#isLeaving = true;
        if (this.#isAsking) this.#finishAlone();
    }

    /** It stays after all. */
    stay() {
        this.#isLeaving = false;
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
        const { state, sessionId, names, resume } = this.#session;
        if (state === 'closed') return;
        const params = { sessionId, resume: resume ? { token: resume.token } : undefined };
        if (sessionId) this.#linker.sendLast(encodeRequest(undefined, names.close, params));
        this.finish();
    }
}
