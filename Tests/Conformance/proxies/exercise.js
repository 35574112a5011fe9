// SPDX-License-Identifier: Apache-2.0
// One exercise of a SockJS echo service; a classic script, so that a page and node can both load it.
'use strict';
(function (root) {
    const count = 1000;
    // More than this many unanswered messages would test the bounds of the queues, not the proxy.
    const inFlight = 100;
    const text = (index) => `${index} 100% %41 </script> \u2028 é \u{1f600} \u0000`;

    // Opens, sends 1,000 messages and checks their echoes' order, stays idle, sends once more, closes.
    // Answers { transport, milliseconds to open, heartbeats }; throws what went wrong.
    function exercise(SockJS, url, { transports, idle = 0, messages = count }) {
        return new Promise((resolve, reject) => {
            const started = performance.now();
            const socket = new SockJS(url, null, transports ? { transports } : {});
            const result = { transport: null, open: null, heartbeats: 0 };
            let sent = 0, received = 0, expected = messages, done = false, idling = false;
            const limit = setTimeout(() => finish(`no answer: ${received} of ${expected} messages came back`), 30_000);

            function finish(problem) {
                if (done) return;
                done = true;
                clearTimeout(limit);
                socket.close();
                if (problem) reject(new Error(`${problem} (${result.transport ?? 'not open'})`));
                else resolve(result);
            }
            function send() {
                while (sent < expected && sent - received < inFlight) socket.send(text(sent++));
            }
            socket.onopen = () => {
                result.open = performance.now() - started;
                result.transport = socket.transport;
                if (messages === 0) return finish();
                send();
            };
            socket.onheartbeat = () => result.heartbeats++;
            socket.onmessage = ({ data }) => {
                if (data !== text(received)) return finish(`message ${received} came back as ${JSON.stringify(data)}`);
                received++;
                if (received < expected) return send();
                if (idling || !idle) return finish();
                idling = true;
                setTimeout(() => {
                    expected++;
                    send();
                }, idle);
            };
            socket.onclose = ({ code, reason }) => finish(`closed with ${code} ${reason}`);
        });
    }
    root.exercise = exercise;
    if (typeof module === 'object') module.exports = exercise;
})(globalThis);
