// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';

/** An HTTP server for SockJS's xhr transports, with no protocol of its own: `handle(transport, request, response, body)`. */
export class SockJSServer {
    requests = [];
    #server;

    static async start(handle) {
        const it = new SockJSServer();
        it.#server = createServer(async (request, response) => {
            let body = '';
            for await (const part of request) body += part;
            const [, server, session, transport] = request.url.match(/^\/rpc\/([^/]+)\/([^/]+)\/(\w+)/) ?? [];
            it.requests.push({ server, session, transport, body, headers: request.headers, url: request.url });
            handle(transport, request, response, body);
        });
        await new Promise((resolve) => it.#server.listen(0, '127.0.0.1', resolve));
        return it;
    }

    get url() {
        return `http://127.0.0.1:${this.#server.address().port}/rpc`;
    }

    async close() {
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}
