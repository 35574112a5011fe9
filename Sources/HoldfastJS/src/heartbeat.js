// SPDX-License-Identifier: Apache-2.0
import { after } from './timers.js';

/** Pings a link: the first ping tells the interval, the next waits until the one before is answered. */
export class Heartbeat {
    #cancel;
    #round = 0;
    #waiting = false;

    /** `ping(params, answered)` sends one; `answered(failed)` is called once. `dead()` is called when one fails. */
    constructor(interval, ping, dead) {
        Object.assign(this, { interval, ping, dead });
    }

    start(interval = this.interval) {
        this.stop();
        if (!(this.interval > 0 && this.interval < Infinity)) return;
        const next = () => {
            this.#cancel = after(interval, () => {
                next();
                this.beat();
            });
        };
        next();
        this.beat({ interval });
    }

    stop() {
        this.#cancel?.();
        this.#cancel = undefined;
        this.#round += 1;
        this.#waiting = false;
    }

    /** Pings now, unless there are no pings or one waits for its answer. */
    beat(params) {
        if (this.#waiting || !this.#cancel) return;
        this.#waiting = true;
        const round = this.#round;
        this.ping(params, (failed) => {
            if (round !== this.#round) return;
            this.#waiting = false;
            if (failed) this.dead();
        });
    }
}
