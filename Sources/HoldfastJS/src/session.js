// SPDX-License-Identifier: Apache-2.0
import { Answers } from './answers.js';
import { Calls } from './calls.js';
import { KURENTO, PLAIN, decode, encodeRequest, isSessionId, sessionIdOf } from './envelope.js';
import { CODES, RpcError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { isHidden, isOffline, watchPage } from './page.js';
import { after, checked } from './timers.js';

const STABLE_AFTER = 5000;
const STABLE_IN_A_CROWD_AFTER = 60000;
const CROWD_FACTOR = 4;
const GRACE = 3000;
const FLUSH_TIMEOUT = 2000;
const HIDDEN_INTERVAL = 60000;
const PROBE_MIN = 1000;
const PROBE_MAX = 300000;
const REPLACED = 4409;

/**
 * One conversation with the server that outlives its links.
 *
 * Holds the ids, the pending calls, what waits while there is no link, and the rules of coming back. Both clients are
 * thin layers over it. Hooks: `event(name, ...details)`, `notification(method, params)`,
 * `request(method, params, reply)` with `reply(error, result)`.
 */
export class Session {
    state = 'connecting';
    sessionId = null;
    #linker;
    /** How often the session was asked for over a link that was left without an answer. */
    #lateConnects = 0;
    #options;
    #hooks;
    /** How the server calls the framework's methods, as far as is known; one without sessions is plain. */
    #names;
    #nextId;
    #calls = new Calls();
    #answers = new Answers();
    #outbox = [];
    #heartbeat;
    #unwatch;
    #link = null;
    #linkedAt = 0;
    #heard = 0;
    #transport = null;
    #everConnected = false;
    #attempts = 0;
    #quickLosses = 0;
    #stopRetry = () => {};
    /** Whether the application wants it to stay away until the retry is due. */
    #isAway = false;
    #isOffline;
    #isLeaving = false;
    #stopAttempt = () => {};
    #stopProbe = () => {};
    #move = null;
    #release = () => {};
    #closing = null;

    constructor(linker, options, hooks) {
        this.#linker = linker;
        this.#options = options;
        this.#hooks = hooks;
        this.#names = options.greet ? PLAIN : KURENTO;
        this.#nextId = options.firstId;
        this.#heartbeat = new Heartbeat(
            options.heartbeat,
            (params, answered) => this.#ping(params, answered),
            () => this.#silent(this.#link),
        );
        // What runs on this machine can be reached without one.
        const isCutOff = () => isOffline() && !linker.isLocal;
        this.#isOffline = isCutOff();
        this.#unwatch = watchPage({
            online: () => this.#networkChanged(false),
            offline: () => this.#networkChanged(true),
            visibilitychange: () => {
                if (this.#link && !this.#closing) this.#heartbeat.start(this.#interval);
                this.#hurry();
            },
            pagehide: () => this.#leave(),
            pageshow: ({ persisted }) => {
                this.#isLeaving = false;
                if (persisted) this.#networkChanged(isCutOff());
            },
        });
        this.#connect(0);
    }

    get transport() {
        return this.#link?.name ?? null;
    }

    /** Whether results are as they were given, without session ids. */
    get isPlain() {
        return this.#names === PLAIN;
    }

    // Messages out

    /** Sends a request; `callback(error, result)` is called once. Returns a function that fails the call. */
    request(method, params, { timeout = this.#options.requestTimeout, id = this.#nextId++ }, callback) {
        checked('timeout', timeout);
        const item = { id, method, text: encodeRequest(id, method, params), callback, session: this.sessionId };
        const refusal = this.#refusal();
        this.#calls.add(item, timeout);
        if (refusal) queueMicrotask(() => this.#calls.settle(item, refusal));
        else this.#post(item);
        return (error) => this.#calls.settle(item, error);
    }

    /** Sends a notification, or throws. */
    notify(method, params) {
        const refusal = this.#refusal();
        if (refusal) throw refusal;
        this.#post({ text: encodeRequest(undefined, method, params) });
    }

    #refusal() {
        if (this.#closing) return new RpcError('closed', 'The client is closed');
        if (this.state === 'disconnected') return new RpcError('transport', 'Not connected; reconnect() tries again');
        const { queueLimit } = this.#options;
        if (this.#canSend || this.#outbox.length < queueLimit) return;
        this.#outbox = this.#outbox.filter((item) => this.#isWanted(item));
        if (this.#outbox.length >= queueLimit) {
            return new RpcError('queue-full', `${queueLimit} messages wait for the connection already`);
        }
    }

    get #canSend() {
        return this.#link !== null && !this.#move?.holding;
    }

    /** False for a call that failed while it waited. */
    #isWanted(item) {
        return !item.callback || this.#calls.has(item);
    }

    #post(item) {
        this.#outbox.push(item);
        this.#flush();
    }

    /** Sends what waits, in the order in which it was asked. */
    #flush() {
        while (this.#canSend && this.#outbox.length > 0) {
            const item = this.#outbox.shift();
            if (!this.#isWanted(item)) continue;
            item.sent = true;
            this.#link.send(item);
        }
    }

    /** A request of our own that belongs to one link and is never queued. */
    #ask(link, method, params, timeout, callback) {
        const id = this.#nextId++;
        const item = { id, method, text: encodeRequest(id, method, params), callback, link, sent: true };
        this.#calls.add(item, timeout);
        link.send(item);
    }

    /** Fails our own requests on links that are no more. */
    #forgetEndedLinks() {
        this.#calls.settleAll((item) => item.link?.ended, new RpcError('transport', 'The connection was lost'));
    }

    // Messages in

    #receive(text) {
        const message = decode(text);
        if (!message) return;
        this.#heard += 1;
        const { kind, id, method, params, result, error } = message;
        if (kind === 'notification') return this.#hooks.notification(method, params);
        if (kind === 'request') {
            const answers = this.#answers;
            // In another session the id means something else.
            const send = (answer) => answers === this.#answers && !this.#closing && this.#post({ text: answer, reply: true });
            return answers.answer(id, (reply) => this.#hooks.request(method, params, reply), send);
        }
        const item = this.#calls.get(id);
        if (!item) return;
        if (!this.isPlain) this.sessionId = sessionIdOf(result) ?? this.sessionId;
        this.#calls.settle(item, error === undefined ? undefined : remoteError(item, error), result);
    }

    // Connecting

    #setState(state) {
        const previous = this.state;
        this.state = state;
        if (previous !== state) this.#hooks.event('state', state, previous);
    }

    #connect(delay, isWanted = false) {
        this.#stopRetry();
        this.#stopAttempt();
        this.#isAway = isWanted;
        this.#stopRetry = after(delay, () => this.#attempt());
    }

    #attempt() {
        this.#isAway = false;
        if (this.#isOffline) return; // The network's return is the next chance.
        let isStopped = false;
        this.#stopAttempt = () => {
            isStopped = true;
        };
        const open = (error, url) => {
            if (isStopped) return;
            isStopped = true;
            try {
                if (error) throw error;
                if (url) this.#linker.url = url;
            } catch (problem) {
                return this.#attemptFailed(problem);
            }
            let isSame = false;
            const prove = (link, proved) =>
                this.#greet(link, (problem, same) => {
                    isSame = same;
                    proved(problem);
                });
            this.#stopAttempt = this.#linker.open(this.#linker.order, prove, (problem, link) => {
                if (problem) this.#attemptFailed(problem);
                else this.#adopt(link, isSame);
            });
        };
        if (!this.#everConnected || !this.#options.nextUrl) return open();
        try {
            this.#options.nextUrl(open);
        } catch (error) {
            open(error);
        }
    }

    /** Finds or makes our session over a new link, on one wire or, `hasChanged`, on the other; `done(error, isSame)`. */
    #greet(link, done, hasChanged) {
        const { sessionId, isPlain } = this;
        link.onmessage = (text) => this.#receive(text);
        if (!sessionId && !this.#options.greet) return done(null, false);
        this.#askForSession(link, sessionId, (error, result) => {
            // Kurento's servers leave a method that they do not know to the application, whose word this is then.
            const isStrange = error ? isOfApplication(error) : isPlain && !isSessionId(result);
            const isNone = error?.code === CODES.unknownMethod;
            if (this.#options.greet && !hasChanged && (isPlain ? isStrange || isNone : isNone && sessionId)) {
                this.#names = isPlain ? KURENTO : PLAIN;
                return this.#greet(link, done, true);
            }
            if (!error) {
                this.sessionId = sessionIdOf(result) ?? sessionId;
                return done(null, sessionId !== null && this.sessionId === sessionId);
            }
            const isUnknown = isNone || error.code === CODES.sessionUnknown;
            if (isUnknown) this.sessionId = null;
            if (isUnknown && sessionId) return this.#greet(link, done, hasChanged);
            // A server that has no `connect` has no sessions: each connection is a new one.
            if (isNone && this.#options.greet) this.#names = PLAIN;
            done(isNone ? null : error, false);
        });
    }

    /** What has no answer may still reach the server, which then moves the session to a link that we have left. */
    #askForSession(link, sessionId, answered) {
        this.#ask(link, this.#names.connect, sessionId ? { sessionId } : undefined, 0, (error, result) => {
            if (sessionId && error && error.kind !== 'remote') this.#lateConnects += 1;
            answered(error, result);
        });
    }

    #attemptFailed(error) {
        this.#forgetEndedLinks();
        this.#attempts += 1;
        const isLast = this.#attempts >= this.#options.maxAttempts;
        const retryIn = isLast ? null : this.#pause();
        if (!isLast) this.#connect(retryIn);
        this.#hooks.event('connectionFailed', { error, attempt: this.#attempts, retryIn });
        if (!isLast || this.#closing) return;
        this.#setState('disconnected');
        this.#outbox = [];
        this.#calls.settleAll(() => true, error);
        this.#hooks.event('disconnected', { byUser: false, error });
    }

    #adopt(link, sameSession) {
        const isFirst = !this.#everConnected;
        const isNew = !isFirst && !sameSession;
        this.#everConnected = true;
        this.#stopAttempt = () => {};
        this.#forgetEndedLinks();
        if (isNew) this.#startAfresh();
        // In a new session the application is told, and speaks, before what waited is sent: it may have to log in again.
        const waiting = isNew ? this.#outbox.splice(0) : [];
        this.#use(link);
        this.#flush();
        this.#tellTransport(link);
        if (this.#link === link) this.#setState('connected');
        if (this.#link === link) {
            const detail = { sessionId: this.sessionId, transport: link.name };
            if (isFirst) this.#hooks.event('connected', detail);
            else this.#hooks.event('reconnected', { sameSession, ...detail });
        } // Else a listener ended it.
        this.#outbox.unshift(...waiting);
        this.#flush();
    }

    /** Our session is gone, and with it the answers to what was sent. */
    #startAfresh() {
        this.#answers = new Answers();
        this.#lateConnects = 0;
        this.#outbox = this.#outbox.filter((item) => !item.reply);
        const error = new RpcError('session-lost', 'The server no longer knew the session');
        // Who cannot be told of the loss cannot want in another session what was asked for in the old one.
        const isLost = (item) => item.sent || (item.session && !this.#options.tellsLoss);
        this.#calls.settleAll((item) => !item.link && isLost(item), error);
    }

    #use(link) {
        this.#link = link;
        this.#linkedAt = Date.now();
        link.onmessage = (text) => this.#receive(text);
        link.onclose = (why) => this.#lost(link, why);
        this.#heartbeat.start(this.#interval);
        this.#scheduleProbe();
    }

    #tellTransport({ name }) {
        const previous = this.#transport;
        this.#transport = name;
        if (previous !== name) this.#hooks.event('transport', name, previous);
    }

    // Coming back

    /** A link that no longer answers; where others hold all connections to the host this one cannot even ask. */
    #silent(link) {
        this.#linker.suspect(link.name);
        this.#lost(link, { reason: `The server does not answer${this.#linker.hint(link.name)}`, unsent: link.drop() });
    }

    #lost(link, { code, reason, unsent }) {
        if (link !== this.#link) return;
        this.#unlink(unsent);
        if (this.#closing) return this.#finish();
        if (this.#move?.asked) return; // The session may be on the new link already: the move decides.
        this.#stopMove('The connection was lost');
        // Somebody else took the session: to take it back would start a quarrel, unless it was one of our own links.
        if (code === REPLACED && (this.#lateConnects -= 1) < 0) {
            this.#lateConnects = 0;
            this.sessionId = null;
        }
        // The first loss is followed by a quick return; connections that do not hold are not.
        const isStable = Date.now() - this.#linkedAt > (this.#linker.isCrowded ? STABLE_IN_A_CROWD_AFTER : STABLE_AFTER);
        this.#quickLosses = isStable ? 0 : this.#quickLosses + 1;
        this.#attempts = Math.max(0, this.#quickLosses - 1);
        this.#away(reason || `closed with ${code}`, this.#pause());
    }

    /** The pause before the next attempt; where many share few connections, attempts starve those that have one. */
    #pause() {
        return this.#options.backoff.delay(this.#attempts) * (this.#linker.isCrowded ? CROWD_FACTOR : 1);
    }

    #unlink(unsent) {
        this.#release();
        this.#link = null;
        this.#heartbeat.stop();
        this.#stopProbe();
        const again = unsent.filter((item) => !item.link && this.#isWanted(item));
        for (const item of again) item.sent = false;
        this.#outbox.unshift(...again);
        this.#forgetEndedLinks();
    }

    #away(reason, delay, isWanted) {
        this.#connect(delay, isWanted);
        this.#setState('reconnecting');
        this.#hooks.event('reconnecting', { reason });
    }

    /** Drops the link and comes back after `delay` ms; without a link, tries at once. False after close(). */
    reconnect(delay = 0) {
        checked('delay', delay);
        if (this.#closing) return false;
        this.#attempts = this.#quickLosses = 0;
        this.#isOffline = false; // Who asks knows better.
        if (this.#link) this.#unlink(this.#link.drop());
        else if (this.state !== 'disconnected' && !this.#move) {
            this.#connect(delay, delay > 0);
            return true;
        }
        this.#stopMove('The connection was cut');
        this.#away('reconnect() was called', delay, delay > 0);
        return true;
    }

    #hurry() {
        if (!this.#link && !this.#isAway && !this.#isOffline && this.state !== 'disconnected') this.reconnect();
    }

    /** The network came or went, as far as the browser knows: a link shows by itself whether it lives. */
    #networkChanged(isOffline) {
        this.#isOffline = isOffline;
        if (this.#closing) return;
        if (this.#link) this.#heartbeat.beat();
        else if (isOffline) this.#stopAttempt();
        else this.#hurry();
    }

    // Moving to another transport

    /** Uses one transport from now on, or all of them again with null; `done(error?)`. */
    force(name, done) {
        const link = this.#link;
        if (name && !this.#linker.supports(name)) return done(new RpcError('transport', `${name} is not available here`));
        if (link && name && link.name !== name && this.sessionId) {
            return this.#moveTo(name, (error) => {
                if (!error) this.#linker.forced = name;
                done(error);
            });
        }
        this.#linker.forced = name;
        if (link && (!name || link.name === name)) this.#scheduleProbe();
        else this.reconnect();
        done();
    }

    #scheduleProbe(delay) {
        this.#stopProbe();
        const name = this.#link && !this.#closing && this.sessionId && this.#linker.better(this.#link.name);
        if (!name) return;
        delay ??= this.#link.isBrief && name !== 'websocket' ? PROBE_MAX : this.#options.probeDelay;
        this.#stopProbe = after(delay, () => {
            if (this.#isOffline) return this.#scheduleProbe(Math.max(delay, PROBE_MIN));
            const next = Math.min(Math.max(delay * 2, PROBE_MIN), PROBE_MAX);
            this.#moveTo(name, (error) => error && this.#scheduleProbe(next));
        });
    }

    /** Opens a link beside the present one and has the server move the session: nothing is lost or reordered. */
    #moveTo(name, done) {
        if (this.#move) return done(new RpcError('transport', 'Another move is under way'));
        const old = this.#link;
        const move = { holding: false, asked: false, stop: () => {}, done };
        this.#move = move;
        const prove = (link, proved) => {
            move.holding = true;
            // Its answer says that all we sent over the old link has arrived.
            this.#ask(old, this.#names.ping, undefined, FLUSH_TIMEOUT, () => {
                if (this.#move !== move || link.ended) return;
                move.asked = true;
                link.onmessage = (text) => this.#receive(text);
                this.#askForSession(link, this.sessionId, proved);
            });
        };
        move.stop = this.#linker.open([name], prove, (error, link) => {
            this.#move = null;
            this.#forgetEndedLinks();
            if (!error) this.#swap(old, link);
            else if (move.asked) {
                // Was it moved or not? Only a new start can tell.
                if (this.#link) this.#unlink(this.#link.drop());
                this.#away(error.message, 0);
            } else this.#flush();
            done(error ?? undefined);
        });
    }

    #stopMove(reason) {
        const move = this.#move;
        this.#move = null;
        move?.stop();
        move?.done(new RpcError('transport', reason));
    }

    #swap(old, link) {
        this.#use(link);
        this.#flush();
        if (!old.ended) {
            // What the server said over the old link comes first.
            const held = [];
            const release = () => {
                clearTimeout(timer);
                this.#release = () => {};
                old.drop();
                this.#forgetEndedLinks();
                link.onmessage = (text) => this.#receive(text);
                for (const text of held) this.#receive(text);
            };
            let timer;
            const wait = () => {
                clearTimeout(timer);
                timer = setTimeout(release, GRACE);
            };
            wait();
            old.onmessage = (text) => {
                wait(); // However slow it is: only silence ends it, or its close.
                this.#receive(text);
            };
            link.onmessage = (text) => held.push(text);
            old.onclose = release;
            this.#release = release;
        }
        this.#tellTransport(link);
    }

    // Heartbeat

    get #interval() {
        const { heartbeat } = this.#options;
        return isHidden() ? Math.max(heartbeat, HIDDEN_INTERVAL) : heartbeat;
    }

    #ping(params, answered) {
        const heard = this.#heard;
        this.#ask(this.#link, this.#names.ping, params, this.#options.heartbeatTimeout, (error) => {
            // An answer of any kind, or anything else that arrived meanwhile, shows that the server is there.
            answered(error?.kind === 'timeout' && this.#heard === heard);
        });
    }

    // The end

    /** Ends it for good; resolves when that is done. With `closeSession` the server ends its session too. */
    close({ closeSession = false, timeout = FLUSH_TIMEOUT, code } = {}) {
        checked('timeout', timeout);
        // Its session may be on either link then.
        const isMoving = this.#move?.asked;
        if (!this.#closing) {
            this.#closing = deferred();
            this.#closing.code = code;
            this.#stopRetry();
            this.#stopProbe();
            this.#stopAttempt();
            this.#stopMove('The client was closed');
            this.#flush();
            this.#heartbeat.stop();
        }
        if (!closeSession) this.#finish();
        else if (!this.#link || isMoving || this.#isLeaving) this.#finishAlone();
        else {
            this.#closing.isAsking = true;
            this.#ask(this.#link, this.#names.close, undefined, timeout, (error) => {
                if (error && error.kind !== 'remote') this.#finishAlone();
                else this.#finish();
            });
        }
        return this.#closing.promise;
    }

    /** The page goes, and with it what its links have not sent yet. */
    #leave() {
        this.#isLeaving = true;
        if (this.#closing?.isAsking) this.#finishAlone();
    }

    /** Has the server end the session without a link. */
    #finishAlone() {
        if (this.state === 'closed') return;
        const { sessionId } = this;
        if (sessionId) this.#linker.sendLast(encodeRequest(undefined, this.#names.close, { sessionId }));
        this.#finish();
    }

    #finish() {
        if (this.state === 'closed') return;
        this.#unwatch();
        this.#release();
        this.#link?.close(this.#closing.code);
        this.#link = null;
        this.#outbox = [];
        this.#setState('closed');
        this.#calls.settleAll(() => true, new RpcError('closed', 'The client was closed'));
        this.#hooks.event('disconnected', { byUser: true });
        this.#closing.resolve();
    }
}

/** Whether an application answered with this error: the codes of the specification and the framework are others. */
function isOfApplication({ kind, code }) {
    return kind === 'remote' && !(code >= -32768 && code <= -32000) && code !== CODES.sessionUnknown;
}

function deferred() {
    const result = {};
    result.promise = new Promise((resolve) => Object.assign(result, { resolve }));
    return result;
}

/** What the server answered, as an error; `wire` is what came, for the documented client. */
function remoteError(item, wire) {
    const { code, message = 'The server answered with an error', data } = Object(wire);
    return new RpcError('remote', String(message), { code, data, method: item.method, wire });
}
