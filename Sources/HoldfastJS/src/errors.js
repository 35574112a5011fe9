// SPDX-License-Identifier: Apache-2.0

/**
 * Why a call or a connection failed.
 *
 * `kind` says what happened:
 * - `remote`: the server answered with an error; see `code`, `message`, `data`.
 * - `timeout`: no answer in time.
 * - `closed`: the client was closed.
 * - `session-lost`: the connection came back, but the server no longer knew the session; the answer will never come.
 * - `outcome-unknown`: the session is gone, and the server may or may not have run the call.
 * - `queue-full`: too many calls waited for the connection.
 * - `transport`: the connection could not be made, or was lost for good.
 * - `aborted`: the caller's signal ended the call.
 */
export class RpcError extends Error {
    constructor(kind, message, detail = {}) {
        super(message);
        this.name = 'RpcError';
        this.kind = kind;
        Object.assign(this, detail);
    }
}

/** JSON-RPC error codes used here. */
export const CODES = { invalid: -32600, unknownMethod: -32601, internal: -32603, superseded: -32056, sessionUnknown: 40007 };

/** Runs an application's callback; what it throws is reported and harms nobody else. */
export function guarded(callback, ...args) {
    try {
        return callback(...args);
    } catch (error) {
        console.error(error);
    }
}
