// SPDX-License-Identifier: Apache-2.0
import { SockJSLink } from './sockjs.js';

/** SockJS xhr-polling: one frame a response. */
export class PollLink extends SockJSLink {
    async receive() {
        const text = await (await this.receiving('xhr')).text();
        if (text) this.frame(text.trimEnd());
    }
}
