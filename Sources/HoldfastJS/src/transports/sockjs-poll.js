// SPDX-License-Identifier: Apache-2.0
import { SockJSLink } from './sockjs.js';

const PAUSE = 1000;

/** SockJS xhr-polling: one frame a response. */
export class PollLink extends SockJSLink {
    async receive() {
        // Where others hold the other connections, it asks now and then and after it sent something, and leaves the last one free.
        if (this.isBrief && this.isOpen && !this.hasSent) {
            await new Promise((resolve) => {
                this.wake = resolve;
                setTimeout(resolve, PAUSE);
            });
            if (this.ended) return;
        }
        this.hasSent = false;
        await this.receiving('xhr', async (response) => {
            const text = await response.text();
            if (text) this.frame(text.trimEnd());
        });
    }
}
