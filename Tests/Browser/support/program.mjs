// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';

/** A program of the test's own, which ends with the test; `output` is all that it has said. */
export class Program {
    output = '';
    #process;
    #ended;
    #listeners = new Set();

    constructor(path, args, env = {}) {
        this.#process = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
        this.#ended = new Promise((resolve) => this.#process.on('exit', (code, signal) => resolve(code ?? signal)).on('error', resolve));
        this.#process.unref();
        process.once('exit', () => this.#process.kill());
        for (const stream of [this.#process.stdout, this.#process.stderr]) {
            stream.setEncoding('utf8');
            stream.unref();
            stream.on('data', (text) => {
                this.output += text;
                for (const listener of this.#listeners) listener();
            });
        }
    }

    /** Waits until the output matches. */
    async says(pattern, limit = 30000) {
        let listener;
        let timer;
        const failure = (text) => new Error(`${this.#process.spawnfile} ${text}; ${pattern} is not in: ${this.output}`);
        try {
            return await new Promise((resolve, reject) => {
                listener = () => {
                    const match = this.output.match(pattern);
                    if (match) resolve(match);
                };
                listener();
                this.#listeners.add(listener);
                timer = setTimeout(() => reject(failure(`was silent for ${limit} ms`)), limit);
                this.#ended.then((end) => reject(failure(`ended with ${end}`)));
            });
        } finally {
            clearTimeout(timer);
            this.#listeners.delete(listener);
        }
    }

    async stop() {
        this.#process.ref();
        this.#process.kill();
        await this.#ended;
    }
}
