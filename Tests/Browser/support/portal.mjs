// SPDX-License-Identifier: Apache-2.0
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

/** An HTTP proxy in front of a server that can take to answering everything itself, as the sign-in page of a hotel does. */
export class Portal {
    /** Answers in the server's place: `(request, response) => …`. */
    answer = null;
    requests = 0;
    /** May give a promise that a request, and one that its answer, waits for. */
    holdRequest = () => {};
    holdAnswer = () => {};
    #server;
    #pending = new Set();
    #sockets = new Set();

    /** Without a `url` there is no server behind it. */
    static async start(answer, url) {
        const portal = new Portal();
        const upstream = url && new URL(url);
        portal.answer = answer;
        portal.#server = createServer(async (request, response) => {
            portal.requests += 1;
            if (portal.answer) return portal.answer(request, response);
            portal.#pending.add(response);
            response.on('close', () => portal.#pending.delete(response));
            await portal.holdRequest(request);
            const onward = ask({ port: upstream.port, host: upstream.hostname, path: request.url, method: request.method, headers: request.headers });
            onward.on('response', async (answered) => {
                await portal.holdAnswer(request);
                if (response.destroyed || response.headersSent) return onward.destroy();
                response.writeHead(answered.statusCode, answered.headers).flushHeaders();
                answered.on('error', () => {}).pipe(response);
            });
            onward.on('error', () => response.destroy());
            response.on('close', () => onward.destroy());
            request.pipe(onward);
        });
        portal.#server.on('upgrade', (request, socket, head) => portal.#upgrade(upstream, request, socket, head));
        await new Promise((resolve) => portal.#server.listen(0, '127.0.0.1', resolve));
        return portal;
    }

    #upgrade(upstream, request, socket, head) {
        if (this.answer) {
            this.requests += 1;
            // What a server makes of a request whose upgrade it does not know: an ordinary answer.
            const page = '<!DOCTYPE html><title>Sign in</title>';
            return socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\n\r\n${page}`);
        }
        const onward = connect({ port: upstream.port, host: upstream.hostname });
        const fields = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
        onward.write(`GET ${request.url} HTTP/1.1\r\n${fields.join('')}\r\n`);
        onward.write(head);
        socket.pipe(onward).pipe(socket);
        for (const [one, other] of [[socket, onward], [onward, socket]]) {
            this.#sockets.add(one);
            one.on('error', () => {}).on('close', () => {
                this.#sockets.delete(one);
                other.destroy();
            });
        }
    }

    get url() {
        return `http://127.0.0.1:${this.#server.address().port}`;
    }

    /** Answers everything from now on, also what waits for an answer; sockets break, streams just end. */
    close(answer) {
        this.answer = answer;
        for (const socket of this.#sockets) socket.destroy();
        for (const response of this.#pending) {
            if (response.headersSent) response.end();
            else answer(response.req, response);
        }
    }

    /** Lets the server answer again. */
    open() {
        this.answer = null;
    }

    async stop() {
        for (const socket of this.#sockets) socket.destroy();
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}

const PAGE = '<!DOCTYPE html><html><title>Sign in</title><p>Welcome to the hotel.</p></html>\n';

function page(type, text) {
    return (request, response) => response.writeHead(200, { 'content-type': type }).end(text);
}

/** What portals and broken proxies answer, by name. */
export const ANSWERS = {
    'a page': page('text/html; charset=utf-8', PAGE),
    'a page of one long line that never ends': (request, response) => response.writeHead(200, {}).write('<html>'.repeat(1000)),
    'a page that says it is a script': page('application/javascript', PAGE),
    'a text that begins like a frame': page('text/plain', 'open to our guests\n'),
    'a text that begins like a heartbeat': page('text/plain', 'hotel guests please sign in\n'),
    'a text that begins like a close': page('text/plain', 'c\n'),
    'JSON': page('application/json', '{"signIn":"https://hotel.test/"}\n'),
    'a heartbeat': page('text/plain', 'h\n'),
    'messages before the session is open': page('text/plain', 'a["{}"]\n'),
    'the prelude of a stream and no more': page('text/plain', `${'h'.repeat(2048)}\n`),
    'an empty answer': page('text/plain', ''),
    'no content': (request, response) => response.writeHead(204).end(),
    'a redirect to a page': (request, response) => {
        if (request.url === '/sign-in') return page('text/html', PAGE)(request, response);
        response.writeHead(302, { location: '/sign-in' }).end();
    },
    'a redirect to itself': (request, response) => response.writeHead(307, { location: request.url }).end(),
    'not found': (request, response) => response.writeHead(404, { 'content-type': 'text/html' }).end(PAGE),
};
