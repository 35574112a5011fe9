// SPDX-License-Identifier: Apache-2.0
import { Link } from './link.js';

const OPEN = 1;

/** A link over anything with the interface of a browser's WebSocket, which a SockJS object has too. */
export class WebSocketLink extends Link {
    #socket;
    #unsent = [];

    constructor(name, url, Constructor) {
        super(name);
        let problem = '';
        const socket = (this.#socket = new Constructor(url));
        socket.onopen = () => {
            this.name = socket.transport ?? name;
            this.opened();
        };
        socket.onmessage = (event) => {
            if (typeof event.data === 'string') this.deliver(event.data);
        };
        // Stays installed for ever: the `ws` package throws when an error finds no handler.
        socket.onerror = (event) => {
            problem = event?.message ?? '';
            // Node 20's own WebSocket does not always close after an error.
            setTimeout(() => socket.readyState !== OPEN && this.lost(1006, problem, this.#unsent), 0);
        };
        socket.onclose = (event) => this.lost(event.code, event.reason || problem, this.#unsent);
    }

    send(item) {
        if (this.#socket.readyState === OPEN) this.#socket.send(item.text);
        else this.#unsent.push(item);
    }

    /** Closes after everything sent; the other side sees `code`, or none. */
    close(code) {
        this.ended = true;
        if (code === undefined) this.#socket.close();
        else this.#socket.close(code);
    }

    /** Ends at once and returns the items that never left. */
    drop() {
        this.close();
        return this.#unsent;
    }
}
