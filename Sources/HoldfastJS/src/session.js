// SPDX-License-Identifier: Apache-2.0
import { Answers } from './answers.js';
import { Attempts } from './attempts.js';
import { Calls } from './calls.js';
import { Ending } from './ending.js';
import { KURENTO, PLAIN, decode, encodeRequest, sessionIdOf } from './envelope.js';
import { RpcError } from './errors.js';
import { greet } from './greeting.js';
import { Heartbeat } from './heartbeat.js';
import { Moves } from './moves.js';
import { Outbox } from './outbox.js';
import { isHidden, isOffline, watchPage } from './page.js';
import { Resumption, agreement, itemOf } from './resume/resumption.js';
import { checked } from './timers.js';

const HIDDEN_INTERVAL = 60000;
const VIOLATION = 4400;
const MOST_VIOLATIONS = 3;
const REPLACED = 4409;

/**
 * One conversation with the server that outlives its links.
 *
 * Holds the ids, the pending calls and the rules of coming back. Both clients are thin layers over it, and `Attempts`, `Moves`,
 * `Ending` and `greet` are parts of it. Hooks: `event(name, ...details)`, `notification(method, params)`,
 * `request(method, params, reply)` with `reply(error, result)`, `gap(detail)`, which gives whether anybody was told.
 */
export class Session {
    state = 'connecting';
    sessionId = null;
    link = null;
    /** How the server calls the framework's methods, as far as is known; one without sessions is plain. */
    names;
    /** How often the session was asked for over a link that was left without an answer. */
    lateConnects = 0;
    /** What was agreed so that nothing is lost; null in a session without that. */
    resume = null;
    /** Where the session outlives its page, if anywhere. */
    store;
    nextId;
    #hooks;
    #linker;
    #calls = new Calls();
    #answers = new Answers();
    #outbox;
    #attempts;
    #ending;
    #heartbeat;
    #unwatch;
    #heard = 0;
    #transport = null;

    constructor(linker, options, hooks) {
        this.options = options;
        this.names = options.greet ? PLAIN : KURENTO;
        this.moves = new Moves(this, linker);
        this.#hooks = hooks;
        this.#linker = linker;
        this.nextId = options.firstId;
        this.store = options.store;
        this.#outbox = new Outbox(this.#calls, options.queueLimit);
        this.#ending = new Ending(this);
        this.#heartbeat = new Heartbeat(
            options.heartbeat,
            (params, answered) => this.#ping(params, answered),
            () => this.#silent(this.link),
        );
        // What runs on this machine can be reached without one.
        const isCutOff = () => isOffline() && !linker.isLocal;
        let isSame = false;
        const prove = (link, proved) =>
            greet(this, link, (problem, same) => {
                isSame = same;
                proved(problem);
            });
        this.#attempts = new Attempts(linker, options, isCutOff(), prove, (error, link) => {
            if (error) this.#attemptFailed(error);
            else this.#adopt(link, isSame);
        });
        this.#unwatch = watchPage({
            online: () => this.#networkChanged(false),
            offline: () => this.#networkChanged(true),
            visibilitychange: () => {
                if (this.link && !this.isClosing) this.#heartbeat.start(this.#interval);
                this.#hurry();
            },
            pagehide: () => this.#ending.leave(true),
            pageshow: ({ persisted }) => {
                this.#ending.leave(false);
                if (persisted) this.#networkChanged(isCutOff());
            },
        });
        if (!this.store) return this.#attempts.begin();
        this.store.open((record) => {
            if (record) this.#restore(record);
            if (!this.isClosing) this.#attempts.begin();
        });
    }

    get transport() {
        return this.link?.name ?? null;
    }

    /** Whether results are as they were given, without session ids. */
    get isPlain() {
        return this.names === PLAIN;
    }

    get isOffline() {
        return this.#attempts.isOffline;
    }

    get isClosing() {
        return this.#ending.hasBegun;
    }

    // Messages out

    /** Sends a request; `callback(error, result)` is called once. Returns a function that fails the call. */
    request(method, params, { timeout = this.options.requestTimeout, id = this.nextId++ }, callback) {
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
        this.#post({ method, text: encodeRequest(undefined, method, params) });
    }

    #refusal() {
        if (this.isClosing) return new RpcError('closed', 'The client is closed');
        if (this.state === 'disconnected') return new RpcError('transport', 'Not connected; reconnect() tries again');
        return this.#canSend && this.#outbox.isEmpty ? undefined : this.#outbox.refusal;
    }

    get #canSend() {
        return this.link !== null && !this.moves.current?.isHolding;
    }

    #post(item) {
        this.#outbox.add(item);
        this.flush();
    }

    /** Sends what waits, in the order in which it was asked. */
    flush() {
        const { link, resume } = this;
        if (this.#canSend) resume?.pump(link);
        let item;
        while (this.#canSend && (item = this.#outbox.next())) {
            // The framework's own methods are not counted, whoever calls them.
            const isCounted = resume && !item.method?.startsWith('rpc.');
            if (isCounted && !resume.add(item)) {
                this.#outbox.putBack([item]); // Until the server has acknowledged some.
                break;
            }
            item.sent = true;
            if (isCounted) resume.pump(link);
            else link.send(item);
        }
        if (resume) this.store?.wait(this.#outbox.texts);
    }

    /** A request of our own that belongs to one link and is never queued. */
    ask(link, method, params, timeout, callback) {
        const id = this.nextId++;
        const text = encodeRequest(id, method, params);
        const item = { id, method, text, callback, link, sent: true };
        if (link === this.link && this.resume) item.text = this.resume.telling(text);
        this.#calls.add(item, timeout);
        link.send(item);
    }

    /** Fails our own requests on links that are no more. */
    forgetEndedLinks() {
        this.#calls.settleAll((item) => item.link?.ended, new RpcError('transport', 'The connection was lost'));
    }

    // Messages in

    receive(text, link) {
        const message = decode(text);
        if (!message) return;
        this.#heard += 1;
        const { kind, id, method, params, result, error, seq } = message;
        const item = kind === 'response' ? this.#calls.get(id) : undefined;
        if (this.resume) {
            try {
                // A notification without a number may be lost; the answer to what had none has none.
                const mustCount = kind === 'request' || item?.wire;
                if (!this.resume.take(message, text.length, mustCount)) return;
                if (seq === undefined && kind === 'notification' && this.#control(method, Object(params))) return;
            } catch (problem) {
                return this.#violated(link, problem.message);
            }
        }
        if (kind === 'notification') return this.#hooks.notification(method, params);
        if (kind === 'request') {
            const answers = this.#answers;
            // In another session the id means something else.
            const send = (answer) => answers === this.#answers && !this.isClosing && this.#post({ text: answer, isAnswer: true });
            return answers.answer(id, (reply) => this.#hooks.request(method, params, reply), send);
        }
        if (!item) return;
        if (!this.isPlain) this.sessionId = sessionIdOf(result) ?? this.sessionId;
        this.#calls.settle(item, error === undefined ? undefined : remoteError(item, error), result);
    }

    /** What the two sides of a resumable session tell each other; false if this is something else. */
    #control(method, { rcv, from, to, why, after }) {
        if (method === 'rpc.ack') this.resume.acknowledge(rcv);
        else if (method === 'rpc.ackNow') this.resume.tell();
        else if (method === 'rpc.goAway') this.moves.goAway((Number(after) || 0) * (1 + Math.random()));
        else if (method === 'rpc.gap') {
            this.resume.lose(from, to, why);
            this.#tellLosses();
        }
        return method.startsWith('rpc.');
    }

    // Connecting

    #setState(state) {
        const previous = this.state;
        this.state = state;
        if (previous !== state) this.#hooks.event('state', state, previous);
    }

    #attemptFailed(error) {
        this.forgetEndedLinks();
        const outcome = this.#attempts.failed();
        this.#hooks.event('connectionFailed', { error, ...outcome });
        if (outcome.retryIn !== null || this.isClosing) return;
        this.#setState('disconnected');
        this.#outbox.takeAll();
        this.#calls.settleAll(() => true, error);
        this.#hooks.event('disconnected', { byUser: false, error });
    }

    #adopt(link, sameSession) {
        const isFirst = !this.#attempts.everConnected;
        const isNew = !isFirst && !sameSession;
        this.#attempts.everConnected = true;
        this.forgetEndedLinks();
        if (isNew) this.#startAfresh();
        // In a new session the application is told, and speaks, before what waited is sent: it may have to log in again.
        const waiting = isNew ? this.#outbox.takeAll() : [];
        this.use(link);
        this.flush();
        this.tellTransport(link);
        if (this.link === link) this.#setState('connected');
        if (this.link === link) {
            const detail = { sameSession, sessionId: this.sessionId, transport: link.name };
            this.#hooks.event(isFirst ? 'connected' : 'reconnected', detail);
        } // Else a listener ended it.
        this.#outbox.putBack(waiting);
        this.flush();
    }

    /** Our session is gone, and with it the answers to what was sent. */
    #startAfresh() {
        this.#answers = new Answers();
        this.lateConnects = 0;
        this.#outbox.dropAnswers();
        const error = new RpcError('session-lost', 'The server no longer knew the session');
        // Who cannot be told of the loss cannot want in another session what was asked for in the old one.
        const isLost = (item) => item.sent || (item.session && !this.options.tellsLoss);
        this.#calls.settleAll((item) => !item.link && isLost(item), error);
    }

    /** A link is the session's from now on. */
    use(link) {
        this.link = link;
        this.#attempts.linked();
        link.onmessage = (text) => this.receive(text, link);
        link.onclose = (why) => this.#lost(link, why);
        this.#heartbeat.start(this.#interval);
        this.moves.scheduleProbe();
        this.#tellLosses();
    }

    tellTransport({ name }) {
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
        if (link !== this.link) return;
        this.#unlink(unsent);
        if (this.isClosing) return this.#ending.finish();
        if (this.moves.current?.isAsked) return; // The session may be on the new link already: the move decides.
        this.moves.stop('The connection was lost');
        const { resume } = this;
        // Somebody else took the session: to take it back would start a quarrel, unless it was one of our own links. Where attempts
        // are counted those come too late.
        const isTaken = code === REPLACED && (resume || (this.lateConnects -= 1) < 0);
        const isWrong = code === VIOLATION && resume && (resume.violations += 1) >= MOST_VIOLATIONS;
        if (isTaken || isWrong) this.forfeit();
        this.#attempts.lost();
        this.#away(reason || `closed with ${code}`, this.#attempts.pause);
    }

    /** The numbers that came over a link cannot be: it is lost. */
    #violated(link, reason) {
        if (link !== this.link) return link.drop(); // One that was left, or is being tried.
        link.close(VIOLATION);
        this.#lost(link, { code: VIOLATION, reason, unsent: [] });
    }

    #unlink(unsent) {
        this.moves.release();
        this.link = null;
        this.#heartbeat.stop();
        this.moves.stopProbe();
        this.#outbox.putBack(unsent);
        this.forgetEndedLinks();
    }

    #away(reason, delay, isWanted) {
        this.#attempts.start(delay, isWanted);
        this.#setState('reconnecting');
        this.#hooks.event('reconnecting', { reason });
    }

    /** Drops the link, if there is one, and comes back at once. */
    restart(reason, delay = 0, isWanted = false) {
        if (this.link) this.#unlink(this.link.drop());
        this.moves.stop('The connection was cut');
        this.#away(reason, delay, isWanted);
    }

    /** Drops the link and comes back after `delay` ms; without a link, tries at once. False after close(). */
    reconnect(delay = 0) {
        checked('delay', delay);
        if (this.isClosing) return false;
        this.#attempts.forget();
        if (!this.link && this.state !== 'disconnected' && !this.moves.current) this.#attempts.start(delay, delay > 0);
        else this.restart('reconnect() was called', delay, delay > 0);
        return true;
    }

    // Resuming

    /** The server's answer to an offer to lose nothing. */
    agree(answer) {
        const agreed = agreement(answer, this.options.buf);
        if (!agreed) return;
        this.store?.begin(this.sessionId);
        this.resume = new Resumption(this, agreed);
    }

    /** Takes up what a page before this one left. */
    #restore({ id, nextId, waiting, texts, end, ...state }) {
        this.sessionId = id;
        this.nextId = nextId;
        this.resume = new Resumption(this, state, texts);
        // Before what this page has said already.
        this.#outbox.putBack(waiting.map((text) => itemOf(text)));
        this.flush();
    }

    /**
     * The session is no more, or ours no more. What the server, which took our messages up to number `rcv` if that is known, has not
     * got is sent in the next one; what it may have run is not.
     */
    forfeit(rcv) {
        const { resume } = this;
        this.sessionId = this.resume = null;
        this.lateConnects = 0;
        if (!resume) return;
        this.store?.clear();
        this.#outbox.putBack(resume.end(rcv));
        this.#outbox.dropAnswers();
        const error = new RpcError('outcome-unknown', 'The session is gone; the server may have run this');
        this.#calls.settleAll((item) => item.sent && !item.link, error);
    }

    /** Tells the application what will not come. If nobody listens the session ends: to go on as if nothing were amiss is worse. */
    #tellLosses() {
        for (const loss of this.resume?.losses.splice(0) ?? []) {
            if (!this.resume || this.#hooks.gap(loss)) continue;
            const { from, to, why } = loss;
            this.endAlone();
            this.forfeit();
            this.restart(`Messages ${from} to ${to} are missing (${why}), and nobody listens to gap`, this.#attempts.pause);
        }
    }

    #hurry() {
        const { isAway, isOffline: hasNoNetwork } = this.#attempts;
        if (!this.link && !isAway && !hasNoNetwork && this.state !== 'disconnected') this.reconnect();
    }

    /** The network came or went, as far as the browser knows: a link shows by itself whether it lives. */
    #networkChanged(hasNoNetwork) {
        this.#attempts.isOffline = hasNoNetwork;
        if (this.isClosing) return;
        if (this.link) this.#heartbeat.beat();
        else if (hasNoNetwork) this.#attempts.stopAttempt();
        else this.#hurry();
    }

    /** Uses one transport from now on, or all of them again with null; `done(error?)`. */
    force(name, done) {
        const { link } = this;
        if (name && !this.#linker.supports(name)) return done(new RpcError('transport', `${name} is not available here`));
        if (link && name && link.name !== name && this.sessionId) {
            return this.moves.to([name], (error) => {
                if (!error) this.#linker.forced = name;
                done(error);
            });
        }
        this.#linker.forced = name;
        if (link && (!name || link.name === name)) this.moves.scheduleProbe();
        else this.reconnect();
        done();
    }

    // Heartbeat

    get #interval() {
        const { heartbeat } = this.options;
        return isHidden() ? Math.max(heartbeat, HIDDEN_INTERVAL) : heartbeat;
    }

    #ping(params, answered) {
        const heard = this.#heard;
        this.ask(this.link, this.names.ping, params, this.options.heartbeatTimeout, (error) => {
            // An answer of any kind, or anything else that arrived meanwhile, shows that the server is there.
            answered(error?.kind === 'timeout' && this.#heard === heard);
        });
    }

    // The end

    close(options) {
        return this.#ending.close(options);
    }

    /** Has the server end the session without a link. */
    endAlone() {
        const { sessionId, resume } = this;
        const params = { sessionId, resume: resume ? { token: resume.token } : undefined };
        if (sessionId) this.#linker.sendLast(encodeRequest(undefined, this.names.close, params));
    }

    /** The first step of the end: what waits is sent, nothing begins any more. */
    quiesce() {
        this.#attempts.stop();
        this.moves.stopProbe();
        this.moves.stop('The client was closed');
        this.flush();
        this.#heartbeat.stop();
    }

    /** The last step; `isEnded` if the server's session ends too. */
    finished(isEnded) {
        this.#unwatch();
        this.moves.release();
        this.link = null;
        if (isEnded) this.store?.clear();
        this.store?.leave();
        this.resume?.end();
        this.#outbox.takeAll();
        this.#setState('closed');
        this.#calls.settleAll(() => true, new RpcError('closed', 'The client was closed'));
        this.#hooks.event('disconnected', { byUser: true });
    }
}

/** What the server answered, as an error; `wire` is what came, for the documented client. */
function remoteError(item, wire) {
    const { code, message = 'The server answered with an error', data } = Object(wire);
    return new RpcError('remote', String(message), { code, data, method: item.method, wire });
}
