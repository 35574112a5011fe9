// SPDX-License-Identifier: Apache-2.0
//
// Times are numbers of milliseconds from 0 on, of any size; Infinity is never, or for ever. Anything else is a RangeError.
//
// Many tabs: over HTTP/1.1 a browser opens six connections to a host, for all of its tabs, and xhr-streaming holds one of them.
// Tabs beyond the fifth poll briefly instead (what the server says arrives up to a second later). Ways out: a WebSocket, which
// does not count; HTTP/2 in front of the server; one client in a SharedWorker that the tabs share.
//
// Nothing is lost: where the server agrees (Holdfast's does), both sides number their messages and keep each until the other has it,
// over every transport. Within the window of the server (60 s unless it is told otherwise) and without overflow every counted message
// reaches the other application once and in order; when that cannot be kept the application is told which are missing (`gap`); a
// request is started at most once. Only volatile notifications of the server are not counted. A method that a page was running when
// it went is not answered.
//
// Leaving a page: `addEventListener('pagehide', () => rpc.close({ closeSession: true }))` ends the session at once over every
// transport, by a POST of its own to the endpoint. Without it the session waits for the client as after a loss.

export type TransportName = 'websocket' | 'xhr-streaming' | 'xhr-polling';

/** The transports, best first. */
export const TRANSPORTS: readonly TransportName[];

/**
 * - `connecting`: not yet connected for the first time.
 * - `connected`.
 * - `reconnecting`: the connection is lost, calls wait.
 * - `disconnected`: given up after `maxAttempts`; `reconnect()` tries again.
 * - `closed`: `close()` was called; final.
 */
export type State = 'connecting' | 'connected' | 'reconnecting' | 'disconnected' | 'closed';

/** Why a call or a connection failed. */
export class RpcError extends Error {
    constructor(kind: RpcError['kind'], message: string, detail?: { code?: number; data?: unknown; cause?: unknown });
    /**
     * - `remote`: the server answered with an error; see `code`, `message`, `data`.
     * - `timeout`: no answer in time.
     * - `closed`: the client was closed.
     * - `session-lost`: connected again, but the server no longer knew the session; the answer will never come. Only in sessions
     *   without `resume`.
     * - `outcome-unknown`: the session is gone, and the server may or may not have run the call. What it had surely not taken is sent
     *   in the next session instead.
     * - `queue-full`: too many calls waited for the connection, or for the server to acknowledge what was sent.
     * - `transport`: the connection could not be made, or was given up; `cause` is an array of an {@link RpcError} for each
     *   transport that was tried, in that order.
     * - `aborted`: the caller's signal ended the call; `cause` is the signal's reason.
     */
    readonly kind: 'remote' | 'timeout' | 'closed' | 'session-lost' | 'outcome-unknown' | 'queue-full' | 'transport' | 'aborted';
    /** The server's error code, if `kind` is `remote`. */
    readonly code?: number;
    /** The server's error data, if any. */
    readonly data?: unknown;
    /** The method that was called. */
    readonly method?: string;
    /** In the `cause` of another: the transport that failed, with `kind` `timeout` if it was not open in time. */
    readonly transport?: string;
    /** Where there is one: the reasons behind this one; see `kind`. */
    readonly cause?: unknown;
}

/** The error of an attempt to connect. */
export interface ConnectionError extends RpcError {
    readonly kind: 'transport';
    /** Why each transport failed, in the order in which they were tried. */
    readonly cause: readonly RpcError[];
}

/** Pauses between attempts to connect, in milliseconds; they grow, are jittered and capped. */
export interface BackoffOptions {
    /** About the first pause, default 500. */
    min?: number;
    /** The longest pause, default 15,000. */
    max?: number;
    /** By how much each pause grows, at least 1, default 2. */
    factor?: number;
}

interface TransportOptions {
    /**
     * The transports that may be used, in the order to try them; default all, beginning with the one that worked last for a client
     * at this address that could use all as well.
     */
    transports?: readonly TransportName[];
    /** How long a transport may take to open and to answer, ms; default 4,000 (polling: 10,000); 0: for ever. */
    openTimeout?: number | Partial<Record<TransportName | 'sockjs', number>>;
    /** The WebSocket to use, for example that of the `ws` package under Node; default the global one, if any. */
    WebSocket?: new (url: string) => unknown;
    /** A SockJS constructor to use instead of the built-in transports. */
    SockJS?: new (url: string) => unknown;
    /** Whether HTTP requests carry cookies, as for `fetch`; default `include`, as WebSocket always does. */
    credentials?: RequestCredentials;
    backoff?: BackoffOptions;
}

/** What keeps texts by name, as the storages of browsers do. */
export interface SessionStorage {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
}

export interface ClientOptions extends TransportOptions {
    /** How long a call waits for its answer, ms; default 10,000; 0: for ever. */
    requestTimeout?: number;
    /**
     * The interval of pings, ms; default 5,000; 0, false or Infinity: none. At least a minute while the page is hidden. One more
     * goes out at once when the browser says that the network came or went (in a worker of Chromium within a second).
     */
    heartbeat?: number | false;
    /** How long a ping waits for its answer before the connection counts as lost, ms; default 5,000; 0: for ever. */
    heartbeatTimeout?: number;
    /** How many messages wait while there is no connection, or no room for more unacknowledged ones; default 256. */
    queueLimit?: number;
    /**
     * Whether to agree with the server to lose nothing; default true. At most 1,024 messages and 1 MiB, or less if the server wants,
     * are unacknowledged at a time.
     */
    resume?: boolean;
    /**
     * Where the session outlives its page, for example `sessionStorage`: the next page of the tab, also after a reload or when a
     * killed tab is restored, is in the same session, and nothing is lost. Calls of a page that is gone run, their answers reach
     * nobody. Default: none.
     *
     * A storage belongs to one page at a time, and a key in it to one client; `localStorage` is shared by all tabs and will not do.
     * A duplicated tab, which has a copy of `sessionStorage`, opens a session of its own: a page holds a lock (`navigator.locks`)
     * named after its session. Pages without locks, those that are not served securely, store nothing. If the storage is full the
     * session goes on and is stored no more, which the console is told.
     *
     * `close()` leaves the session to the next client, `close({ closeSession: true })` does not.
     */
    persist?: SessionStorage;
    /** The name under which it is stored; default one of the address. */
    persistKey?: string;
    /** How many attempts in a row may fail before the client gives up; default never. */
    maxAttempts?: number;
    /** How long after falling back the better transport is tried again, ms, doubling from 1 s up to 5 minutes; default 5,000. */
    probeDelay?: number;
}

export interface ClientEvents {
    /**
     * Connected for the first time, with `persist` perhaps to the session of the page before. Calls go out in the order in which they
     * were made, those made here after those that waited.
     */
    connected: (detail: { sameSession: boolean; sessionId: string | null; transport: string }) => void;
    /** The connection is lost; the client tries to come back. */
    reconnecting: (detail: { reason: string }) => void;
    /**
     * Connected again: in the same session, whose pending calls are still answered; or in a new one, and what was sent
     * before failed with `outcome-unknown` or `session-lost`. In a new session, calls made here go out before those that waited, since it may be
     * necessary to log in first.
     */
    reconnected: (detail: { sameSession: boolean; sessionId: string | null; transport: string }) => void;
    /**
     * An attempt to connect failed; the next follows in `retryIn` ms, or none if null. While the browser knows that there is no
     * network none is made; the next follows when it is back.
     */
    connectionFailed: (detail: { error: ConnectionError; attempt: number; retryIn: number | null }) => void;
    /** Ended for good: by `close()`, or after `maxAttempts`. */
    disconnected: (detail: { byUser: boolean; error?: ConnectionError }) => void;
    state: (state: State, previous: State) => void;
    transport: (name: string, previous: string | null) => void;
    /**
     * The server's messages number `from` to `to` will never come, because of `why`, for example `overflow`: there were more than it
     * keeps for a client that is away. What follows goes on. If nobody listens to this the client ends the session instead, as to go
     * on as if nothing were amiss is worse: `reconnecting` says why, and `reconnected` has `sameSession: false`.
     */
    gap: (detail: { from: number; to: number; why: string }) => void;
    /** Every notification of the server, also those named like one of these events, which have no other listener. */
    notification: (detail: { method: string; params: unknown }) => void;
}

export interface CallOptions {
    /** How long to wait for the answer, ms, counted from the call; default `requestTimeout`; 0 or Infinity: for ever. */
    timeout?: number;
    signal?: AbortSignal;
}

/**
 * A JSON-RPC client that stays in session: calls, notifications, methods for the server to call. Connects by itself, once the
 * code that made it has run: listeners and methods that are added by then miss nothing that the server says.
 *
 * It asks for the plain wire, by `wire=plain` in the query and by `rpc.connect`, and speaks Kurento's to a server that knows only that.
 */
export class Client {
    /**
     * @param url ws, wss, http or https; relative to the document's base in a browser. @throws SyntaxError for anything else,
     * RangeError for a time that is none.
     */
    constructor(url: string | URL, options?: ClientOptions);
    readonly state: State;
    /** The server's name of the session, null before the first connection. A secret: who knows it can take it over. */
    readonly sessionId: string | null;
    /** The present transport, null while there is no connection. */
    readonly transport: string | null;
    /**
     * Calls a method of the server; gives what the method returned. While there is no connection the call waits. It runs once: what
     * was lost with its connection is sent again. Without `resume` it is sent once, and fails by its timeout if it was lost, since
     * the server may have served it. It runs in the session in which it was made, or after `reconnected` told of another.
     * @throws RpcError
     */
    call<Result = any>(method: string, params?: unknown, options?: CallOptions): Promise<Result>;
    /** Sends a notification. @throws RpcError if it cannot even wait. */
    notify(method: string, params?: unknown): void;
    /** Listens to an event, or to the server's notifications of that method; returns a function that stops it. */
    on<Event extends keyof ClientEvents>(event: Event, listener: ClientEvents[Event]): () => void;
    on(method: string, listener: (params: any) => void): () => void;
    /** Removes a listener, or all of an event. */
    off(event: string, listener?: (...args: any[]) => void): void;
    /**
     * Lets the server call `handler`; returns a function that ends that. What it throws is the server's error: an
     * error with an integer `code` as it is, any other as -32603.
     */
    method(name: string, handler: (params: any) => unknown): () => void;
    /**
     * Drops the connection, if there is one, and comes back after `delay` ms (Infinity: when this is called again), also when the
     * browser thinks that there is no network. @throws RpcError after close()
     */
    reconnect(options?: { delay?: number }): void;
    /**
     * Uses one transport from now on, or again the best one with null. The session moves; nothing is lost.
     * @throws RpcError if that transport cannot be opened; then all stays as it was. RangeError for an unknown name.
     */
    forceTransport(name: TransportName | null): Promise<void>;
    /**
     * Ends the connection for good. With `closeSession` the server ends the session at once, also when the page is being left or
     * there is no connection; it waits `timeout` ms (default 2,000; 0: for ever) for the server's word.
     */
    close(options?: { closeSession?: boolean; timeout?: number }): Promise<void>;
}

/** What a handler of {@link JsonRpcClient} gets beside the params; `reply` exists for requests only. */
export interface JsonRpcRequest {
    method: string;
    params: any;
    reply?: (error?: unknown, result?: unknown) => void;
}

export type JsonRpcHandler = (params: any, request: JsonRpcRequest) => unknown;

/**
 * Gets the server's error as it came, or an Error; either has `requestTime`, and that of a timeout `request`, the text that
 * was sent, and `retry()`, which sends it again.
 */
export type JsonRpcCallback = (error: any, result: any) => void;

export interface JsonRpcConfiguration {
    /** The interval of pings, ms; absent, 0, false or Infinity: none. */
    heartbeat?: number | false;
    /** Whether close() first sends `closeSession`, also when the page is being left. */
    sendCloseMessage?: boolean;
    ws: TransportOptions & {
        uri: string | URL;
        /** Whether SockJS may be used where WebSocket does not work; the URI may be ws, wss, http or https. */
        useSockJS?: boolean;
        /** Connected for the first time. What is sent here goes out after what waited. */
        onconnected?: () => void;
        /**
         * The connection is lost, as documented; called before `onreconnecting`, and again when the client gives up after 2,000
         * attempts. The original calls it only then, without the error. Not called by close().
         */
        ondisconnect?: (error: Error) => void;
        onreconnecting?: () => void;
        onreconnected?: () => void;
        /** The first attempt to connect failed. */
        onerror?: (error: Error) => void;
        /** Asked for the URI before each attempt to come back. */
        newWsUriOnReconnection?: (callback: (error?: unknown, uri?: string) => void) => void;
    };
    /** Timeouts in ms (default 5,000; 0 or Infinity: for ever), and the methods that the server can call. */
    rpc?: { requestTimeout?: number; heartbeatRequestTimeout?: number } & {
        [method: string]: JsonRpcHandler | number | undefined;
    };
}

/**
 * The client of the Kurento documentation. Results come as they travelled: `{value, sessionId}` or with a `sessionId`.
 *
 * What waits while there is no connection belongs to the session in which it was asked. If that is lost it fails with
 * `session-lost`, as there is no other word of the loss here.
 */
export class JsonRpcClient {
    constructor(configuration: JsonRpcConfiguration);
    readonly state: State;
    readonly sessionId: string | null;
    readonly transport: string | null;
    send: {
        (method: string, callback: JsonRpcCallback): void;
        (method: string, params?: unknown, callback?: JsonRpcCallback): void;
    };
    close: () => void;
    reconnect: () => void;
    /** For tests: drops the connection, and stays away for `millis`. */
    forceClose: (millis?: number) => void;
}

declare global {
    /** What the classic script defines. */
    interface HoldfastGlobal {
        Client: typeof Client;
        JsonRpcClient: typeof JsonRpcClient;
        RpcError: typeof RpcError;
        TRANSPORTS: typeof TRANSPORTS;
        clients: { JsonRpcClient: typeof JsonRpcClient };
    }
    var Holdfast: HoldfastGlobal;
    /** The same by the name that the original has, unless a script defined that before. */
    var RpcBuilder: HoldfastGlobal;
}
