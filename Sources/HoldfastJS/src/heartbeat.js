// SPDX-License-Identifier: Apache-2.0

/** Pings a link: the first ping tells the interval, the next waits until the one before is answered. */
export class Heartbeat {
    #timer;
    #round = 0;
    #waiting = false;

    /** `ping(params, answered)` sends one; `answered(failed)` is called once. `dead()` is called when one fails. */
    constructor(interval, ping, dead) {
        Object.assign(this, { interval, ping, dead });
    }

    start(interval = this.interval) {
        this.stop();
        if (!(this.interval > 0)) return;
        this.#timer = setInterval(() => this.#beat(), interval);
        this.#beat({ interval });
    }

    stop() {
        clearInterval(this.#timer);
        this.#round += 1;
        this.#waiting = false;
    }

    #beat(params) {
        if (this.#waiting) return;
        this.#waiting = true;
        const round = this.#round;
        this.ping(params, (failed) => {
            if (round !== this.#round) return;
            this.#waiting = false;
            if (failed) this.dead();
        });
    }
}
