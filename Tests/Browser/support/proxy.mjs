// SPDX-License-Identifier: Apache-2.0
import { createServer, connect } from 'node:net';

/** A TCP proxy that misbehaves on demand, between a client and the server under test. */
export class Proxy {
    /** Refuses new connections. */
    refuses = false;
    /** Answers requests to upgrade with 400. */
    forbidsUpgrade = false;
    /** Swallows requests to upgrade. */
    swallowsUpgrade = false;
    /** Holds a streamed response back until it is complete. */
    buffers = false;
    /** Delays everything by so many milliseconds, each way. */
    delay = 0;
    #server;
    #sockets = new Set();

    static async to(url) {
        const { hostname, port } = new URL(url);
        const proxy = new Proxy();
        proxy.#server = createServer((socket) => proxy.#accept(socket, Number(port), hostname));
        await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
        return proxy;
    }

    get url() {
        return `http://127.0.0.1:${this.#server.address().port}`;
    }

    #accept(socket, port, host) {
        if (this.refuses) return socket.destroy();
        const upstream = connect(port, host);
        const pair = [socket, upstream];
        for (const one of pair) {
            this.#sockets.add(one);
            one.setNoDelay(true);
            one.on('error', () => {});
            one.on('close', () => {
                this.#sockets.delete(one);
                for (const other of pair) other.destroy();
            });
        }
        socket.on('data', (data) => {
            if (/^GET [\s\S]*\r\nupgrade: *websocket/i.test(data.toString('latin1', 0, 4096))) {
                if (this.swallowsUpgrade) return;
                if (this.forbidsUpgrade) return socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
            }
            this.#later(() => upstream.write(data));
        });
        let held = [];
        upstream.on('data', (data) => {
            held.push(data);
            const text = this.buffers ? Buffer.concat(held).toString('latin1') : '';
            if (/^HTTP\/1\.1 200[\s\S]*\r\ntransfer-encoding: chunked/i.test(text) && !text.endsWith('0\r\n\r\n')) return;
            const all = Buffer.concat(held);
            held = [];
            this.#later(() => socket.write(all));
        });
    }

    #later(action) {
        if (this.delay > 0) setTimeout(action, this.delay);
        else action();
    }

    /** Breaks all connections, as a network does: without a word. */
    cut() {
        for (const socket of this.#sockets) socket.destroy();
    }

    async close() {
        this.cut();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}
