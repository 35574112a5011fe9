// SPDX-License-Identifier: Apache-2.0
import { SockJSLink } from './sockjs.js';

/** SockJS xhr-polling: one frame a response. */
export class PollLink extends SockJSLink {
    receive() {
        return this.receiving('xhr', async (response) => {
            const text = await response.text();
            if (text) this.frame(text.trimEnd());
        });
    }
}
