// SPDX-License-Identifier: Apache-2.0
import { after } from './timers.js';

const STABLE_AFTER = 5000;
const STABLE_IN_A_CROWD_AFTER = 60000;
const CROWD_FACTOR = 4;

/** When a session tries to connect: after pauses that grow while that fails, and not without a network. */
export class Attempts {
    /** Whether the application wants it to stay away until the retry is due. */
    isAway = false;
    isOffline;
    everConnected = false;
    /** Whether none is made before `begin`. */
    #isHeld = true;
    #linker;
    #options;
    #prove;
    #done;
    /** How many failed in a row. */
    #count = 0;
    #quickLosses = 0;
    #linkedAt = 0;
    #stopRetry = () => {};
    #stopAttempt = () => {};

    /** `prove(link, proved)` is for the linker; `done(error, link)` tells how an attempt ended. */
    constructor(linker, options, isOffline, prove, done) {
        this.#linker = linker;
        this.#options = options;
        this.isOffline = isOffline;
        this.#prove = prove;
        this.#done = done;
    }

    begin() {
        this.#isHeld = false;
        this.start(0);
    }

    start(delay, isAway = false) {
        this.stop();
        this.isAway = isAway;
        this.#stopRetry = after(delay, () => this.#attempt());
    }

    stop() {
        this.#stopRetry();
        this.stopAttempt();
    }

    /** Gives up the attempt under way, if any, and lets the next one come. */
    stopAttempt() {
        this.#stopAttempt();
    }

    /** A link is there. */
    linked() {
        this.#linkedAt = Date.now();
    }

    /** It is lost. The first loss is followed by a quick return; connections that do not hold are not. */
    lost() {
        const isStable = Date.now() - this.#linkedAt > (this.#linker.isCrowded ? STABLE_IN_A_CROWD_AFTER : STABLE_AFTER);
        this.#quickLosses = isStable ? 0 : this.#quickLosses + 1;
        this.#count = Math.max(0, this.#quickLosses - 1);
    }

    /** Somebody asks for one, who knows better than what went before. */
    forget() {
        this.#count = this.#quickLosses = 0;
        this.isOffline = false;
    }

    /** The pause before the next attempt; where many share few connections, attempts starve those that have one. */
    get pause() {
        return this.#options.backoff.delay(this.#count) * (this.#linker.isCrowded ? CROWD_FACTOR : 1);
    }

    /** One failed: starts the next; gives its number and when the next follows, null for never. */
    failed() {
        this.#count += 1;
        const retryIn = this.#count < this.#options.maxAttempts ? this.pause : null;
        if (retryIn !== null) this.start(retryIn);
        return { attempt: this.#count, retryIn };
    }

    #attempt() {
        this.isAway = false;
        if (this.#isHeld || this.isOffline) return; // The network's return is the next chance.
        let isStopped = false;
        this.#stopAttempt = () => {
            isStopped = true;
        };
        const open = (error, url) => {
            if (isStopped) return;
            isStopped = true;
            try {
                if (error) throw error;
                if (url) this.#linker.url = url;
            } catch (problem) {
                return this.#done(problem);
            }
            this.#stopAttempt = this.#linker.open(this.#linker.order, this.#prove, (problem, link) => {
                this.#stopAttempt = () => {};
                this.#done(problem, link);
            });
        };
        if (!this.everConnected || !this.#options.nextUrl) return open();
        try {
            this.#options.nextUrl(open);
        } catch (error) {
            open(error);
        }
    }
}
