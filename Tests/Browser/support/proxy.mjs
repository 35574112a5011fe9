// SPDX-License-Identifier: Apache-2.0
import { createServer, connect } from 'node:net';

const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

const LINGER = 300;

/** A TCP proxy that misbehaves on demand, between a client and the server under test. */
export class Proxy {
    /** Refuses new connections. */
    refuses = false;
    /** What it does with requests to upgrade: `forbid` answers 400, `strip` takes the upgrade out of them as an unconfigured nginx does, `swallow` says nothing. */
    upgrade = 'pass';
    /** Holds a streamed response back until it is complete. */
    buffers = false;
    /** Delays everything by so many milliseconds, each way. */
    delay = 0;
    /** How many bytes a millisecond pass, each way of each connection. */
    rate = Infinity;
    /** Cuts after so many more bytes, of either direction, and calls `oncut`. */
    cutAfter = Infinity;
    oncut = () => {};
    /** Whether a cut is a reset rather than an end. */
    resets = false;
    /** What becomes of connections at `cutAfter`: `cut`, `stall` (they go dead), or `linger`: the server's side stays for a while. */
    ending = 'cut';
    #server;
    #pairs = new Set();
    /** All sockets, also those whose other side is gone. */
    #sockets = new Set();

    static async to(url) {
        const { hostname, port } = new URL(url);
        const proxy = new Proxy();
        proxy.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => proxy.#accept(socket, Number(port), hostname));
        await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
        return proxy;
    }

    get url() {
        return `http://127.0.0.1:${this.#server.address().port}`;
    }

    get connections() {
        return this.#pairs.size;
    }

    #accept(socket, port, host) {
        if (this.refuses) return socket.destroy();
        const upstream = connect({ port, host, allowHalfOpen: true, noDelay: true });
        const pair = { sockets: [socket, upstream], isStalled: false };
        this.#pairs.add(pair);
        for (const one of pair.sockets) {
            this.#sockets.add(one);
            one.on('error', () => {});
            one.on('close', () => {
                this.#sockets.delete(one);
                this.#pairs.delete(pair);
                // What has been written still goes out, after a failure there is nobody to read it.
                for (const other of pair.sockets) if (!pair.isLeft && (one.errored || one.readableAborted)) other.destroy();
            });
        }
        this.#pump(pair, socket, upstream, (data) => this.#changeRequest(data, socket));
        let held = [];
        this.#pump(pair, upstream, socket, (data) => {
            held.push(data);
            const text = this.buffers ? Buffer.concat(held).toString('latin1') : '';
            if (/^HTTP\/1\.1 200[\s\S]*\r\ntransfer-encoding: chunked/i.test(text) && !text.endsWith('0\r\n\r\n')) return;
            const all = Buffer.concat(held);
            held = [];
            return all;
        });
    }

    #changeRequest(data, socket) {
        if (this.upgrade === 'pass') return data;
        const text = data.toString('latin1');
        if (!/^GET [\s\S]*\r\nupgrade: *websocket/i.test(text)) return data;
        if (this.upgrade === 'forbid') socket.end(REFUSAL);
        if (this.upgrade !== 'strip') return;
        return Buffer.from(text.replace(/\r\n(?:upgrade|connection):[^\r]*/gi, '').replace('\r\n', '\r\nConnection: close\r\n'), 'latin1');
    }

    /** Passes everything on in order, each piece at its time, then the end. */
    #pump(pair, from, to, change) {
        let last = Promise.resolve();
        let freeAt = 0;
        const after = (action) => {
            const at = freeAt + this.delay;
            last = last.then(async () => {
                const wait = at - performance.now();
                if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
                if (!pair.isStalled) action();
            });
        };
        from.on('data', (data) => {
            const changed = change(data);
            if (!changed) return;
            freeAt = Math.max(freeAt, performance.now()) + changed.length / this.rate;
            if (this.delay === 0 && this.rate === Infinity && !pair.isStalled) this.#write(to, changed);
            else after(() => this.#write(to, changed));
        });
        from.on('end', () => after(() => to.end()));
    }

    #write(to, data) {
        if (to.destroyed || to.writableEnded) return;
        if (data.length < this.cutAfter) {
            this.cutAfter -= data.length;
            to.write(data);
            return;
        }
        const part = data.subarray(0, this.cutAfter);
        this.cutAfter = Infinity;
        for (const pair of this.#pairs) pair.isStalled = true;
        to.write(part, () => {
            if (this.ending === 'cut') this.cut();
            if (this.ending === 'linger') this.#leave();
            this.oncut();
        });
    }

    /** Breaks all connections. */
    cut() {
        for (const { sockets } of this.#pairs) {
            // Node loses track of a socket that is reset while its end is on the way.
            for (const socket of sockets) this.resets && !socket.writableEnded ? socket.resetAndDestroy() : socket.destroy();
        }
    }

    /** Breaks all connections on the client's side, and on the server's later. */
    #leave() {
        for (const pair of this.#pairs) {
            pair.isLeft = true;
            const [socket, upstream] = pair.sockets;
            socket.destroy();
            setTimeout(() => upstream.destroy(), LINGER);
        }
    }

    /** Lets the present connections go dead without a word. */
    stall() {
        for (const pair of this.#pairs) pair.isStalled = true;
    }

    async close() {
        this.cut();
        for (const socket of this.#sockets) socket.destroy();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}
