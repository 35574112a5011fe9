// SPDX-License-Identifier: Apache-2.0
import { Answers } from './answers.js';
import { Calls } from './calls.js';
import { decode, encodeRequest, sessionIdOf } from './envelope.js';
import { CODES, RpcError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { isHidden, watchPage } from './page.js';

const STABLE_AFTER = 5000;
const GRACE = 1000;
const FLUSH_TIMEOUT = 2000;
const HIDDEN_INTERVAL = 60000;
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
    #options;
    #hooks;
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
    #retryTimer;
    #stopAttempt = () => {};
    #probeTimer;
    #move = null;
    #release = () => {};
    #closing = null;

    constructor(linker, options, hooks) {
        this.#linker = linker;
        this.#options = options;
        this.#hooks = hooks;
        this.#nextId = options.firstId;
        this.#heartbeat = new Heartbeat(
            options.heartbeat,
            (params, answered) => this.#ping(params, answered),
            () => this.#lost(this.#link, { reason: 'The server does not answer', unsent: this.#link.drop() }),
        );
        this.#unwatch = watchPage(
            () => this.#hurry(),
            () => (this.#link ? this.#heartbeat.start(this.#interval) : this.#hurry()),
        );
        this.#connect(0);
    }

    get transport() {
        return this.#link?.name ?? null;
    }

    // Messages out

    /** Sends a request; `callback(error, result)` is called once. Returns a function that fails the call. */
    request(method, params, { timeout = this.#options.requestTimeout, id = this.#nextId++ }, callback) {
        const item = { id, method, text: encodeRequest(id, method, params), callback };
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
        if (!this.#canSend) {
            this.#outbox.push(item);
            return;
        }
        item.sent = true;
        this.#link.send(item);
    }

    #flush() {
        if (!this.#canSend) return;
        for (const item of this.#outbox.splice(0)) if (this.#isWanted(item)) this.#post(item);
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
        this.sessionId = sessionIdOf(result) ?? this.sessionId;
        this.#calls.settle(item, error === undefined ? undefined : remoteError(item, error), result);
    }

    // Connecting

    #setState(state) {
        const previous = this.state;
        this.state = state;
        if (previous !== state) this.#hooks.event('state', state, previous);
    }

    #connect(delay) {
        clearTimeout(this.#retryTimer);
        this.#stopAttempt();
        this.#retryTimer = setTimeout(() => this.#attempt(), delay);
    }

    #attempt() {
        let isStopped = false;
        this.#stopAttempt = () => {
            isStopped = true;
        };
        const open = (error, url) => {
            if (isStopped) return;
            if (error) return this.#attemptFailed(error);
            if (url) this.#linker.url = url;
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
        if (this.#everConnected && this.#options.nextUrl) this.#options.nextUrl(open);
        else open();
    }

    /** Finds or makes our session over a new link; `done(error, isSame)`. */
    #greet(link, done) {
        const { sessionId } = this;
        link.onmessage = (text) => this.#receive(text);
        if (!sessionId && !this.#options.greet) return done(null, false);
        this.#ask(link, 'connect', sessionId ? { sessionId } : undefined, 0, (error, result) => {
            if (!error) return done(null, sessionId !== null && (sessionIdOf(result) ?? sessionId) === sessionId);
            const isUnknown = error.code === CODES.sessionUnknown || error.code === CODES.unknownMethod;
            if (isUnknown) this.sessionId = null;
            if (isUnknown && sessionId) return this.#greet(link, done);
            // A server that has no `connect` has no sessions: each connection is a new one.
            done(error.code === CODES.unknownMethod ? null : error, false);
        });
    }

    #attemptFailed(error) {
        this.#forgetEndedLinks();
        this.#attempts += 1;
        const isLast = this.#attempts >= this.#options.maxAttempts;
        const retryIn = isLast ? null : this.#options.backoff.delay(this.#attempts);
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
        this.#everConnected = true;
        this.#stopAttempt = () => {};
        this.#use(link);
        this.#forgetEndedLinks();
        if (!sameSession && !isFirst) this.#startAfresh();
        // In a new session the application speaks before what waited is sent: it may have to log in again.
        if (sameSession) this.#flush();
        if (this.#link === link) this.#setState('connected');
        if (this.#link !== link) return; // A listener ended it.
        const detail = { sessionId: this.sessionId, transport: link.name };
        if (isFirst) this.#hooks.event('connected', detail);
        else this.#hooks.event('reconnected', { sameSession, ...detail });
        this.#flush();
    }

    /** Our session is gone, and with it the answers to what was sent. */
    #startAfresh() {
        this.#answers = new Answers();
        this.#outbox = this.#outbox.filter((item) => !item.reply);
        const error = new RpcError('session-lost', 'The server no longer knew the session');
        this.#calls.settleAll((item) => item.sent && !item.link, error);
    }

    #use(link) {
        const previous = this.#transport;
        this.#link = link;
        this.#linkedAt = Date.now();
        this.#transport = link.name;
        link.onmessage = (text) => this.#receive(text);
        link.onclose = (why) => this.#lost(link, why);
        this.#heartbeat.start(this.#interval);
        this.#scheduleProbe();
        if (previous !== link.name) this.#hooks.event('transport', link.name, previous);
    }

    // Coming back

    #lost(link, { code, reason, unsent }) {
        if (link !== this.#link) return;
        this.#unlink(unsent);
        if (this.#closing) return this.#finish();
        if (this.#move?.asked) return; // The session may be on the new link already: the move decides.
        this.#stopMove('The connection was lost');
        // Somebody else took the session: to take it back would start a quarrel.
        if (code === REPLACED) this.sessionId = null;
        // The first loss is followed by a quick return; connections that do not hold are not.
        const isStable = Date.now() - this.#linkedAt > STABLE_AFTER;
        this.#quickLosses = isStable ? 0 : this.#quickLosses + 1;
        this.#attempts = Math.max(0, this.#quickLosses - 1);
        this.#away(reason || `closed with ${code}`, this.#options.backoff.delay(this.#attempts));
    }

    #unlink(unsent) {
        this.#release();
        this.#link = null;
        this.#heartbeat.stop();
        clearTimeout(this.#probeTimer);
        const again = unsent.filter((item) => !item.link && this.#isWanted(item));
        for (const item of again) item.sent = false;
        this.#outbox.unshift(...again);
        this.#forgetEndedLinks();
    }

    #away(reason, delay) {
        this.#connect(delay);
        this.#setState('reconnecting');
        this.#hooks.event('reconnecting', { reason });
    }

    /** Drops the link and comes back after `delay` ms; without a link, tries at once. False after close(). */
    reconnect(delay = 0) {
        if (this.#closing) return false;
        this.#attempts = this.#quickLosses = 0;
        if (this.#link) this.#unlink(this.#link.drop());
        else if (this.state !== 'disconnected' && !this.#move) {
            this.#connect(delay);
            return true;
        }
        this.#stopMove('The connection was cut');
        this.#away('reconnect() was called', delay);
        return true;
    }

    #hurry() {
        if (!this.#link && this.state !== 'disconnected') this.reconnect();
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

    #scheduleProbe(delay = this.#options.probeDelay) {
        clearTimeout(this.#probeTimer);
        const name = this.#link && !this.#closing && this.sessionId && this.#linker.better(this.#link.name);
        if (!name) return;
        this.#probeTimer = setTimeout(() => {
            this.#moveTo(name, (error) => error && this.#scheduleProbe(Math.min(delay * 2, PROBE_MAX)));
        }, delay);
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
            this.#ask(old, 'ping', undefined, FLUSH_TIMEOUT, () => {
                if (this.#move !== move || link.ended) return;
                move.asked = true;
                link.onmessage = (text) => this.#receive(text);
                this.#ask(link, 'connect', { sessionId: this.sessionId }, 0, proved);
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
            const timer = setTimeout(release, GRACE);
            link.onmessage = (text) => held.push(text);
            old.onclose = release;
            this.#release = release;
        }
        this.#flush();
    }

    // Heartbeat

    get #interval() {
        const { heartbeat } = this.#options;
        return isHidden() ? Math.max(heartbeat, HIDDEN_INTERVAL) : heartbeat;
    }

    #ping(params, answered) {
        const heard = this.#heard;
        this.#ask(this.#link, 'ping', params, this.#options.heartbeatTimeout, (error) => {
            // An answer of any kind, or anything else that arrived meanwhile, shows that the server is there.
            answered(error?.kind === 'timeout' && this.#heard === heard);
        });
    }

    // The end

    /** Ends it for good; resolves when that is done. With `closeSession` the server ends its session too. */
    close({ closeSession = false, timeout = FLUSH_TIMEOUT, code } = {}) {
        if (!this.#closing) {
            this.#closing = deferred();
            this.#closing.code = code;
            clearTimeout(this.#retryTimer);
            clearTimeout(this.#probeTimer);
            this.#stopAttempt();
            this.#stopMove('The client was closed');
            this.#heartbeat.stop();
            this.#unwatch();
        }
        if (this.#link && closeSession) this.#ask(this.#link, 'closeSession', undefined, timeout, () => this.#finish());
        else this.#finish();
        return this.#closing.promise;
    }

    #finish() {
        if (this.state === 'closed') return;
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
