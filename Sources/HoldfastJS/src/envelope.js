// SPDX-License-Identifier: Apache-2.0
import { CODES } from './errors.js';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const hasOwn = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

/** What the framework's methods are called on Kurento's wire, where results carry the session's id, and on the plain one. */
export const KURENTO = { connect: 'connect', ping: 'ping', close: 'closeSession' };
export const PLAIN = { connect: 'rpc.connect', ping: 'rpc.ping', close: 'rpc.close' };

/** The text of a request, or of a notification when `id` is undefined. */
export function encodeRequest(id, method, params) {
    return JSON.stringify({ jsonrpc: '2.0', method, params: params ?? undefined, id });
}

/** The text of an answer to the server's request `id`, which may be of any type. */
export function encodeAnswer(id, error, result) {
    if (error === undefined || error === null) return JSON.stringify({ jsonrpc: '2.0', result: result ?? null, id });
    return JSON.stringify({ jsonrpc: '2.0', error: errorObject(error), id });
}

/** What goes on the wire for something a handler threw: an `Error` would be written as an empty object. */
function errorObject(error) {
    if (!(error instanceof Error)) return error;
    const code = Number.isInteger(error.code) ? error.code : CODES.internal;
    return { code, message: error.message, data: error.data };
}

/** A message with its number, if it has one, and that of the last message received. */
export function withNumbers(text, seq, rcv) {
    return `${text.slice(0, -1)}${seq ? `,"seq":${seq}` : ''},"rcv":${rcv}}`;
}

/** The message without its numbers. */
export const withoutNumbers = (text) => text.replace(/,"seq":\d+,"rcv":\d+}$/, '}');

/**
 * Reads one message.
 *
 * Returns `{kind: 'request', id, method, params}`, `{kind: 'notification', method, params}`,
 * `{kind: 'response', id, result}` or `{kind: 'response', id, error}`, with the numbers `seq` and `rcv` if it has them; null for
 * anything else, which is ignored.
 */
export function decode(text) {
    let message;
    try {
        message = JSON.parse(text);
    } catch {
        return null;
    }
    if (!isObject(message) || message.jsonrpc !== '2.0') return null;
    const hasId = (message.id ?? null) !== null;
    const error = message.error ?? undefined;
    if (typeof message.method === 'string') return { ...message, kind: hasId ? 'request' : 'notification' };
    if (!hasId || hasOwn(message, 'method') || (error === undefined && !hasOwn(message, 'result'))) return null;
    return { ...message, error, kind: 'response' };
}

/** Whether a result is a session id, with or without what was agreed on resuming it, and nothing else. */
export function isSessionId(result) {
    return sessionIdOf(result) !== undefined && Object.keys(result).length === (result.resume?.v === 1 ? 2 : 1);
}

/** The session id that a result carries, if any. */
export function sessionIdOf(result) {
    return isObject(result) && typeof result.sessionId === 'string' ? result.sessionId : undefined;
}

/**
 * The result as the handler of a server on Kurento's wire gave it.
 *
 * There a result that is not an object travels as `{value, sessionId}`, an object gains a member `sessionId`, and
 * no result is `{sessionId}` alone. An object with a member `value` alone that is no object cannot be told from a wrapped value.
 */
export function unwrap(result) {
    if (sessionIdOf(result) === undefined) return result;
    const { sessionId, ...rest } = result;
    const names = Object.keys(rest);
    if (names.length === 0) return null;
    const isWrapped = names.length === 1 && names[0] === 'value' && !isObject(rest.value) && rest.value !== null;
    return isWrapped ? rest.value : rest;
}
