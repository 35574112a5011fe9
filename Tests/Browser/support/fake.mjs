// SPDX-License-Identifier: Apache-2.0
// Stand-ins for a network, so that tests say what happens and when.

/** A WebSocket class and all sockets made with it; a test plays the server. */
export function fakeNetwork() {
    const sockets = [];
    class FakeSocket {
        readyState = 0;
        sent = [];
        closedWith = undefined;

        constructor(url) {
            this.url = url;
            sockets.push(this);
        }

        send(text) {
            this.sent.push(JSON.parse(text));
        }

        close(code) {
            this.closedWith = code ?? 'no code';
            this.readyState = 3;
        }

        // The server's side

        accept() {
            this.readyState = 1;
            this.onopen();
        }

        say(message) {
            this.onmessage({ data: JSON.stringify({ jsonrpc: '2.0', ...message }) });
        }

        lose(code = 1006, reason = '') {
            this.readyState = 3;
            this.onclose({ code, reason });
        }

        get last() {
            return this.sent[this.sent.length - 1];
        }

        /** Answers the latest request of a method. */
        answer(method, result) {
            this.say({ id: this.request(method).id, result });
        }

        refuse(method, code, message = 'refused') {
            this.say({ id: this.request(method).id, error: { code, message } });
        }

        request(method) {
            const request = this.sent.filter((message) => message.method === method).pop();
            if (!request) throw new Error(`${method} was not called; sent: ${JSON.stringify(this.sent)}`);
            return request;
        }
    }
    return {
        WebSocket: FakeSocket,
        sockets,
        get socket() {
            return sockets[sockets.length - 1];
        },
    };
}

/** Records the events of a client as short texts. */
export function record(rpc) {
    const events = [];
    rpc.on('connected', () => events.push('connected'));
    rpc.on('reconnecting', () => events.push('reconnecting'));
    rpc.on('reconnected', ({ sameSession }) => events.push(sameSession ? 'reconnected: same' : 'reconnected: new'));
    rpc.on('connectionFailed', ({ attempt }) => events.push(`failed ${attempt}`));
    rpc.on('disconnected', ({ byUser }) => events.push(byUser ? 'disconnected by user' : 'disconnected'));
    return events;
}

/** Lets everything that waits for a promise run. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

let number = 0;

/** An address that no other test uses, since clients remember what worked. */
export const freshUrl = () => `ws://host-${++number}.test/rpc`;
