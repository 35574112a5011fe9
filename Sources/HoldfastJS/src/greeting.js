// SPDX-License-Identifier: Apache-2.0
import { KURENTO, PLAIN, isSessionId, sessionIdOf } from './envelope.js';
import { CODES } from './errors.js';
import { offer } from './resume/resumption.js';

/** Finds or makes a session over a new link, on one wire or, `hasChanged`, on the other; `done(error, isSame)`. */
export function greet(session, link, done, hasChanged) {
    const { sessionId, isPlain } = session;
    const { greet: mayAsk, buf } = session.options;
    link.onmessage = (text) => session.receive(text, link);
    if (session.resume) return comeBack(session, link, done);
    if (!sessionId && !mayAsk) return done(null, false);
    const params = sessionId ? { sessionId } : buf && isPlain ? { resume: offer(buf) } : undefined;
    askForSession(session, link, params, (error, result) => {
        // Kurento's servers leave a method that they do not know to the application, whose word this is then.
        const isStrange = error ? isOfApplication(error) : isPlain && !isSessionId(result);
        const isNone = error?.code === CODES.unknownMethod;
        if (mayAsk && !hasChanged && (isPlain ? isStrange || isNone : isNone && sessionId)) {
            session.names = isPlain ? KURENTO : PLAIN;
            return greet(session, link, done, true);
        }
        if (!error) {
            session.sessionId = sessionIdOf(result) ?? sessionId;
            if (params?.resume) session.agree(result.resume);
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

/** Comes back to a session that loses nothing, or makes another if that cannot be. */
function comeBack(session, link, done) {
    const { resume } = session;
    askForReturn(session, link, false, (error) => {
        const { code, data } = Object(error);
        const isGone = code === CODES.sessionUnknown || code === CODES.unknownMethod;
        const isSuperseded = code === CODES.superseded;
        if (!isGone && !isSuperseded && code !== CODES.invalid) return done(error, !error);
        // Of two attempts of ours, or of a copy's, the later one wins: this one may be later yet.
        if (isSuperseded && !resume.isSuperseded) resume.isSuperseded = true;
        else session.forfeit(data?.resume?.rcv);
        if (isGone) return greet(session, link, done);
        error.isFinal = true; // The server closes this link.
        done(error);
    });
}

/** Asks for a session that loses nothing over another link; `answered(error?)`. */
export function askForReturn(session, link, migrate, answered) {
    const { sessionId, resume } = session;
    askForSession(session, link, { sessionId, resume: resume.back(migrate || undefined) }, (error, result) => {
        if (error) return answered(error);
        if (session.resume === resume && resume.returned(result?.resume)) return answered();
        answered({ message: 'No resume', code: CODES.sessionUnknown });
    });
}

/** What has no answer may still reach the server, which then moves the session to a link that we have left. */
export function askForSession(session, link, params, answered) {
    session.ask(link, session.names.connect, params, 0, (error, result) => {
        if (params?.sessionId && error && error.kind !== 'remote') session.lateConnects += 1;
        answered(error, result);
    });
}

/** Whether an application answered with this error: the codes of the specification and the framework are others. */
function isOfApplication({ kind, code }) {
    return kind === 'remote' && !(code >= -32768 && code <= -32000) && code !== CODES.sessionUnknown;
}
