// SPDX-License-Identifier: Apache-2.0
// Code as an application writes it: it compiles if the declarations are right, and is never run.
import { Client, JsonRpcClient, RpcError, TRANSPORTS, type TransportName } from '../../Sources/HoldfastJS/holdfast';

const rpc = new Client('/rpc', {
    transports: ['websocket'],
    openTimeout: { websocket: 3000, sockjs: 4000 },
    WebSocket,
    credentials: 'omit',
    backoff: { min: 1, max: 2, factor: 3 },
    requestTimeout: 0,
    heartbeat: 0,
    heartbeatTimeout: 1,
    queueLimit: 1,
    maxAttempts: 3,
    probeDelay: 1,
    resume: true,
    persist: sessionStorage,
    persistKey: 'mine',
});
const states: [string, string | null, string | null] = [rpc.state, rpc.sessionId, rpc.transport];
const sum: number = await rpc.call<number>('sum', { a: 1, b: 2 }, { timeout: 5, signal: new AbortController().signal });
const stops: (() => void)[] = [
    rpc.on('tick', (params) => params.count),
    rpc.on('connected', ({ sameSession, sessionId, transport }) => [!sameSession, sessionId?.length, transport.length]),
    rpc.on('gap', ({ from, to, why }) => [to - from, why.length]),
    rpc.on('reconnecting', ({ reason }) => reason.length),
    rpc.on('reconnected', ({ sameSession }) => !sameSession),
    rpc.on('connectionFailed', ({ error, attempt, retryIn }) => [error.message, attempt, retryIn ?? 0]),
    rpc.on('connectionFailed', ({ error: { cause } }) => cause.map(({ transport, kind, message }) => [transport ?? '', kind === 'timeout', message])),
    rpc.on('disconnected', ({ byUser, error }) => [byUser, error?.message]),
    rpc.on('state', (state, previous) => state === 'connected' && previous === 'closed'),
    rpc.on('transport', (name, previous) => [name, previous ?? '']),
    rpc.on('notification', ({ method, params }) => [method, params]),
    rpc.method('confirm', async (params) => ({ got: params })),
];
rpc.off('tick');
rpc.notify('moved', [1]);
rpc.reconnect({ delay: 1 });
await rpc.forceTransport('xhr-polling');
await rpc.forceTransport(null);
const names: readonly TransportName[] = TRANSPORTS;
const describe = (error: unknown) => (error instanceof RpcError && error.kind === 'remote' ? [error.code?.toFixed(), error.data] : []);
const relative = new Client(new URL('https://example.com/rpc'), { heartbeat: false, transports: TRANSPORTS, requestTimeout: Infinity });
// @ts-expect-error: an address is needed.
new Client(undefined);
// @ts-expect-error: times are numbers.
new Client('/rpc', { requestTimeout: '5000' });
// @ts-expect-error: it keeps nothing.
new Client('/rpc', { persist: {} });
// @ts-expect-error: it is read only.
rpc.state = 'connected';
// @ts-expect-error: there is no such transport.
await rpc.forceTransport('telepathy');
await rpc.close({ closeSession: true, timeout: 1 });

const client = new JsonRpcClient({
    heartbeat: 5000,
    sendCloseMessage: true,
    ws: {
        uri: 'ws://localhost/rpc',
        useSockJS: false,
        onconnected() {},
        ondisconnect() {},
        onreconnecting() {},
        onreconnected() {},
        onerror(error) {
            console.log(error.message);
        },
        newWsUriOnReconnection: (callback) => callback(null, 'ws://localhost/rpc'),
    },
    rpc: {
        requestTimeout: 15000,
        heartbeatRequestTimeout: 5000,
        treeStopped(params, request) {
            request.reply?.(null, params);
        },
    },
});
client.send('echo', { a: 1 }, (error, result) => [error, result]);
client.send('echo', (error, result) => [error, result]);
client.send('echo', null);
client.reconnect();
client.forceClose(100);
client.close();

const same: (typeof JsonRpcClient)[] = [Holdfast.JsonRpcClient, Holdfast.clients.JsonRpcClient, RpcBuilder.clients.JsonRpcClient];
