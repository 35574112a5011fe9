// SPDX-License-Identifier: Apache-2.0
import { KURENTO, PLAIN, isSessionId, sessionIdOf } from './envelope.js';
import { CODES, RpcError } from './errors.js';
import { Resumption, offer } from './resume/resumption.js';

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
        if (!error) return done(null, true);
        if (error.kind !== 'remote') return done(error);
        // Of two attempts of ours, or of a copy's, the later one wins: this one may be later yet.
        if (error.code === CODES.superseded && !resume.isSuperseded) {
            resume.isSuperseded = true;
            return done(Object.assign(error, { isFinal: true }));
        }
        const isGone = error.code === CODES.sessionUnknown || error.code === CODES.unknownMethod;
        if (!isGone && error.code !== CODES.invalid && error.code !== CODES.superseded) return done(error);
        session.forfeit(error.data?.resume?.rcv);
        if (isGone) return greet(session, link, done);
        done(Object.assign(error, { isFinal: true })); // The server closes this one.
    });
}

/** Asks for a session that loses nothing over another link; `answered(error?)`. */
export function askForReturn(session, link, migrate, answered) {
    const { sessionId, resume } = session;
    askForSession(session, link, { sessionId, resume: resume.back(migrate || undefined) }, (error, result) => {
        if (error) return answered(error);
        if (session.resume === resume && resume.returned(result?.resume)) return answered();
        answered(new RpcError('remote', 'The server answered to no resume', { code: CODES.sessionUnknown }));
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
