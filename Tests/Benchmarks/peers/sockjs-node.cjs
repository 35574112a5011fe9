// SPDX-License-Identifier: Apache-2.0
// The services of the public SockJS suites on Debian's node-sockjs: the peer of the SockJS benchmarks, and the reference
// that shows the conformance scripts themselves to be right. HOLDFAST_HOST and HOLDFAST_PORT say where it listens.
'use strict';
const http = require('http');
const sockjs = require('sockjs');

const host = process.env.HOLDFAST_HOST || '127.0.0.1';
const port = Number(process.env.HOLDFAST_PORT || 8081);
const quiet = { log() {} };
const server = http.createServer((request, response) => {
    response.writeHead(request.url === '/plaintext' ? 200 : 404, { 'Content-Type': 'text/plain' });
    response.end(request.url === '/plaintext' ? 'Hello, World!' : 'not found');
});

function service(prefix, options, onConnection) {
    const instance = sockjs.createServer({ ...quiet, ...options });
    instance.on('connection', onConnection);
    instance.installHandlers(server, { prefix });
}

const echo = (connection) => connection.on('data', (message) => connection.write(message));
service('/echo', { response_limit: 4096 }, echo);
service('/heartbeat_echo', { heartbeat_delay: 1000 }, echo);
service('/bench', {}, echo);
service('/disabled_websocket_echo', { websocket: false }, echo);
service('/cookie_needed_echo', { jsessionid: true }, echo);
service('/close', {}, (connection) => connection.close(3000, 'Go away!'));
service('/amplify', {}, (connection) =>
    connection.on('data', (message) => {
        const exponent = Math.floor(Number(message));
        connection.write('x'.repeat(2 ** (exponent > 0 && exponent < 19 ? exponent : 1)));
    }));

server.listen(port, host, () => console.log(`http://${host}:${server.address().port}`));
