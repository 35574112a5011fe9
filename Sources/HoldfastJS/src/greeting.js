// SPDX-License-Identifier: Apache-2.0
import { KURENTO, PLAIN, isSessionId, sessionIdOf } from './envelope.js';
import { CODES } from './errors.js';

/** Finds or makes a session over a new link, on one wire or, `hasChanged`, on the other; `done(error, isSame)`. */
export function greet(session, link, done, hasChanged) {
    const { sessionId, isPlain } = session;
    const { greet: mayAsk } = session.options;
    link.onmessage = (text) => session.receive(text);
    if (!sessionId && !mayAsk) return done(null, false);
    askForSession(session, link, (error, result) => {
        // Kurento's servers leave a method that they do not know to the application, whose word this is then.
        const isStrange = error ? isOfApplication(error) : isPlain && !isSessionId(result);
        const isNone = error?.code === CODES.unknownMethod;
        if (mayAsk && !hasChanged && (isPlain ? isStrange || isNone : isNone && sessionId)) {
            session.names = isPlain ? KURENTO : PLAIN;
            return greet(session, link, done, true);
        }
        if (!error) {
            session.sessionId = sessionIdOf(result) ?? sessionId;
            return done(null, sessionId !== null && session.sessionId === sessionId);
        }
        const isUnknown = isNone || error.code === CODES.sessionUnknown;
        if (isUnknown) session.sessionId = null;
        if (isUnknown && sessionId) return greet(session, link, done, hasChanged);
        // A server that has no `connect` has no sessions: each connection is a new one.
        if (isNone && mayAsk) session.names = PLAIN;
        done(isNone ? null : error, false);
    });
}

/** What has no answer may still reach the server, which then moves the session to a link that we have left. */
export function askForSession(session, link, answered) {
    const { sessionId } = session;
    session.ask(link, session.names.connect, sessionId ? { sessionId } : undefined, 0, (error, result) => {
        if (sessionId && error && error.kind !== 'remote') session.lateConnects += 1;
        answered(error, result);
    });
}

/** Whether an application answered with this error: the codes of the specification and the framework are others. */
function isOfApplication({ kind, code }) {
    return kind === 'remote' && !(code >= -32768 && code <= -32000) && code !== CODES.sessionUnknown;
}
