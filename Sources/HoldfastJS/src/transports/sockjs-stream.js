// SPDX-License-Identifier: Apache-2.0
import { SockJSLink } from './sockjs.js';

/** SockJS xhr-streaming: one long response, a frame a line; the server ends it now and then and we ask again. */
export class StreamLink extends SockJSLink {
    receive() {
        return this.receiving('xhr_streaming', async (response) => {
            const reader = response.body.getReader();
            const decoder = new TextDecoder();
            let rest = '';
            for (;;) {
                const { done, value } = await reader.read();
                if (this.ended) return;
                const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
                rest = lines.pop();
                for (const line of lines) this.frame(line);
                // A page may have no lines, or no end.
                if (rest && (done || /^[^ohamc]/.test(rest))) this.frame(rest);
                if (done) return;
            }
        });
    }
}
