// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** The built conformance server, if a test may start one of its own. */
export const serverPath = process.env.HOLDFAST_CONFORMANCE_SERVER;

/** A conformance server of the test's own, which can end and come back on the same port. */
export class Server {
    #port;
    #process;

    static async start() {
        const server = new Server();
        server.#port = await freePort();
        await server.start();
        return server;
    }

    get url() {
        return `http://127.0.0.1:${this.#port}`;
    }

    async start() {
        const env = { ...process.env, HOLDFAST_HOST: '127.0.0.1', HOLDFAST_PORT: String(this.#port), HOLDFAST_THREADS: '1' };
        const child = (this.#process = spawn(serverPath, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
        let text = '';
        await new Promise((resolve, reject) => {
            for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data) && /server on http/.test(text) && resolve());
            child.on('error', reject);
            child.on('exit', (code, signal) => reject(new Error(`The server ended with ${code ?? signal}: ${text}`)));
        });
    }

    /** Ends it with a signal; resolves to its code, or null when the signal ended it. */
    async stop(signal = 'SIGKILL') {
        if (this.#process.exitCode !== null || this.#process.signalCode !== null) return this.#process.exitCode;
        const ended = new Promise((resolve) => this.#process.once('exit', resolve));
        this.#process.kill(signal);
        return ended;
    }
}

export async function freePort() {
    const probe = createServer();
    await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    return port;
}
