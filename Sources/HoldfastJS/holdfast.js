// Holdfast JavaScript client. SPDX-License-Identifier: Apache-2.0. Built from src/ by build.mjs; do not edit.
(() => {
'use strict';
class Backoff {
 constructor({ min = 500, max = 15000, factor = 2, random = Math.random } = {}) {
  Object.assign(this, { min, max, factor, random });
 }
 delay(n) {
  if (n === 0) return this.random() * this.min;
  const ceiling = Math.min(this.max, this.min * this.factor ** n);
  return ceiling * (0.5 + this.random() / 2);
 }
}
class RpcError extends Error {
 constructor(kind, message, detail = {}) {
  super(message);
  this.name = 'RpcError';
  this.kind = kind;
  Object.assign(this, detail);
 }
}
const CODES = { unknownMethod: -32601, internal: -32603, sessionUnknown: 40007 };
function guarded(callback, ...args) {
 try {
  return callback(...args);
 } catch (error) {
  console.error(error);
 }
}
class Emitter {
 #listeners = new Map();
 on(name, listener) {
  const entry = { listener };
  const entries = this.#listeners.get(name) ?? [];
  this.#listeners.set(name, [...entries, entry]);
  return () => this.#remove(name, (other) => other === entry);
 }
 off(name, listener) {
  this.#remove(name, (entry) => listener === undefined || entry.listener === listener);
 }
 emit(name, ...args) {
  for (const { listener } of this.#listeners.get(name) ?? []) guarded(listener, ...args);
 }
 #remove(name, matches) {
  const entries = this.#listeners.get(name) ?? [];
  this.#listeners.set(name, entries.filter((entry) => !matches(entry)));
 }
}
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const hasOwn = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
function encodeRequest(id, method, params) {
 return JSON.stringify({ jsonrpc: '2.0', method, params: params ?? undefined, id });
}
function encodeAnswer(id, error, result) {
 if (error === undefined || error === null) return JSON.stringify({ jsonrpc: '2.0', result: result ?? null, id });
 return JSON.stringify({ jsonrpc: '2.0', error: errorObject(error), id });
}
function errorObject(error) {
 if (!(error instanceof Error)) return error;
 const code = Number.isInteger(error.code) ? error.code : CODES.internal;
 return { code, message: error.message, data: error.data };
}
function decode(text) {
 let message;
 try {
  message = JSON.parse(text);
 } catch {
  return null;
 }
 if (!isObject(message) || message.jsonrpc !== '2.0') return null;
 const { id, method, params, result, error } = message;
 if (typeof method === 'string') {
  return id === undefined || id === null
   ? { kind: 'notification', method, params }
   : { kind: 'request', id, method, params };
 }
 if (id === undefined || id === null || hasOwn(message, 'method')) return null;
 if (error !== undefined && error !== null) return { kind: 'response', id, error };
 return hasOwn(message, 'result') ? { kind: 'response', id, result } : null;
}
function sessionIdOf(result) {
 return isObject(result) && typeof result.sessionId === 'string' ? result.sessionId : undefined;
}
function unwrap(result) {
 if (sessionIdOf(result) === undefined) return result;
 const { sessionId, ...rest } = result;
 const names = Object.keys(rest);
 if (names.length === 0) return null;
 return names.length === 1 && names[0] === 'value' ? rest.value : rest;
}
function addressesOf(text) {
 const base = typeof location === 'object' ? location.href : undefined;
 let url;
 try {
  url = new URL(text, base);
 } catch {
  throw new SyntaxError(`Not a URL: ${text}`);
 }
 const secure = { 'ws:': '', 'http:': '', 'wss:': 's', 'https:': 's' }[url.protocol];
 if (secure === undefined) throw new SyntaxError(`Not a ws, wss, http or https URL: ${text}`);
 const path = url.pathname.replace(/\/+$/, '');
 return {
  ws: (suffix = '') => `ws${secure}://${url.host}${suffix ? path + suffix : url.pathname}${url.search}`,
  http: (suffix = '') => `http${secure}://${url.host}${path}${suffix}${url.search}`,
 };
}
class Link {
 onopen = () => {};
 onmessage = () => {};
 onclose = () => {};
 ended = false;
 constructor(name) {
  this.name = name;
 }
 opened() {
  if (!this.ended) this.onopen();
 }
 deliver(text) {
  if (!this.ended) this.onmessage(text);
 }
 lost(code, reason, unsent = []) {
  if (this.ended) return;
  this.ended = true;
  this.onclose({ code, reason, unsent });
 }
}
const OPEN = 1;
class WebSocketLink extends Link {
 #socket;
 #unsent = [];
 constructor(name, url, Constructor) {
  super(name);
  let problem = '';
  const socket = (this.#socket = new Constructor(url));
  socket.onopen = () => {
   this.name = socket.transport ?? name;
   this.opened();
  };
  socket.onmessage = (event) => {
   if (typeof event.data === 'string') this.deliver(event.data);
  };
  socket.onerror = (event) => {
   problem = event?.message ?? '';
   setTimeout(() => socket.readyState !== OPEN && this.lost(1006, problem, this.#unsent), 0);
  };
  socket.onclose = (event) => this.lost(event.code, event.reason || problem, this.#unsent);
 }
 send(item) {
  if (this.#socket.readyState === OPEN) this.#socket.send(item.text);
  else this.#unsent.push(item);
 }
 close(code) {
  this.ended = true;
  if (code === undefined) this.#socket.close();
  else this.#socket.close(code);
 }
 drop() {
  this.close();
  return this.#unsent;
 }
}
const BATCH = 32768;
const FAREWELL = 1000;
function sessionPath() {
 const bytes = crypto.getRandomValues(new Uint8Array(29));
 const text = Array.from(bytes, (byte) => (byte % 32).toString(32));
 const server = bytes.slice(26).map((byte) => byte % 10).join('');
 return `/${server}/${text.slice(0, 26).join('')}`;
}
class SockJSLink extends Link {
 #path = sessionPath();
 #address;
 #credentials;
 #requests = new Set();
 #isAborted = false;
 #waiting = [];
 #sending = false;
 #isOpen = false;
 frames = 0;
 constructor(name, address, credentials) {
  super(name);
  this.#address = address;
  this.#credentials = credentials;
  this.#run();
 }
 async #run() {
  try {
   while (!this.ended) {
    const before = this.frames;
    await this.receive();
    if (this.frames === before) this.#fail(1006, 'The server sent nothing');
   }
  } catch (error) {
   this.#fail(1006, error.message);
  }
 }
 async #post(transport, body, use) {
  const abort = new AbortController();
  this.#requests.add(abort);
  try {
   const response = await fetch(this.#address(`${this.#path}/${transport}`), {
    method: 'POST',
    body,
    headers: body === undefined ? {} : { 'content-type': 'text/plain' },
    credentials: this.#credentials,
    cache: 'no-store',
    signal: abort.signal,
   });
   return await use(response);
  } finally {
   this.#requests.delete(abort);
  }
 }
 #abort() {
  this.#isAborted = true;
  for (const abort of this.#requests) abort.abort();
 }
 receiving(transport, use) {
  return this.#post(transport, undefined, (response) => {
   if (response.status !== 200) throw new Error(`${transport} answered ${response.status}`);
   return use(response);
  });
 }
 frame(frame) {
  if (frame.startsWith('hh')) return; // The prelude of a stream.
  this.frames += 1;
  const rest = () => JSON.parse(frame.slice(1));
  switch (frame[0]) {
   case 'o':
    if (this.#isOpen) return this.#fail(1006, 'The server lost the connection');
    this.#isOpen = true;
    return this.opened();
   case 'a':
    for (const text of rest()) this.deliver(text);
    return;
   case 'm':
    return this.deliver(rest());
   case 'c':
    return this.#fail(...rest());
  }
 }
 send(item) {
  this.#waiting.push(item);
  this.#flush();
 }
 async #flush() {
  if (this.#sending) return;
  this.#sending = true;
  await null; // What is sent in one turn travels in one request.
  while (this.#waiting.length > 0 && !this.#isAborted) {
   let size = 0;
   let count = 0;
   while (count < this.#waiting.length && (count === 0 || size < BATCH)) size += this.#waiting[count++].text.length;
   const batch = this.#waiting.splice(0, count);
   try {
    await this.#post('xhr_send', JSON.stringify(batch.map((item) => item.text)), async (response) => {
     await response.text();
     if (response.status === 404) this.#waiting.unshift(...batch);
     if (!response.ok) this.#fail(1006, `xhr_send answered ${response.status}`);
    });
   } catch (error) {
    this.#fail(1006, error.message);
   }
  }
  this.#sending = false;
  if (this.ended) this.#abort();
 }
 #fail(code, reason) {
  this.#abort();
  this.lost(code, reason, this.#waiting.splice(0));
 }
 close() {
  this.ended = true;
  if (this.#sending) setTimeout(() => this.#abort(), FAREWELL);
  else this.#abort();
 }
 drop() {
  this.ended = true;
  this.#abort();
  return this.#waiting.splice(0);
 }
}
class StreamLink extends SockJSLink {
 receive() {
  return this.receiving('xhr_streaming', async (response) => {
   const reader = response.body.getReader();
   const decoder = new TextDecoder();
   let rest = '';
   for (;;) {
    const { done, value } = await reader.read();
    if (done || this.ended) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop();
    for (const line of lines) this.frame(line);
   }
  });
 }
}
class PollLink extends SockJSLink {
 receive() {
  return this.receiving('xhr', async (response) => {
   const text = await response.text();
   if (text) this.frame(text.trimEnd());
  });
 }
}
const TRANSPORTS = ['websocket', 'xhr-streaming', 'xhr-polling'];
const OPEN_TIMEOUTS = { websocket: 4000, 'xhr-streaming': 4000, 'xhr-polling': 10000, sockjs: 10000 };
const REMEMBER_FOR = 3600000;
const memory = new Map();
class Linker {
 forced = null;
 #options;
 #addresses;
 #allowed;
 constructor(url, options = {}) {
  this.#options = options;
  this.#allowed = options.transports ?? TRANSPORTS;
  for (const name of this.#allowed) checkTransport(name);
  this.url = url;
 }
 set url(url) {
  this.#addresses = addressesOf(url);
 }
 get names() {
  if (this.#options.SockJS) return ['sockjs'];
  const names = this.forced ? [this.forced] : this.#allowed;
  return names.filter((name) => this.#constructors[name]);
 }
 supports(name) {
  return !this.#options.SockJS && Boolean(this.#constructors[name]);
 }
 better(name) {
  const best = this.names[0];
  return this.#options.SockJS || best === name ? undefined : best;
 }
 open(names, prove, done) {
  const waiting = [...names];
  let current = null;
  let timer;
  const settle = () => {
   clearTimeout(timer);
   const link = current;
   current = null;
   return link;
  };
  const next = (problem) => {
   if (waiting.length === 0) return done(new RpcError('transport', problem));
   const name = waiting.shift();
   const failed = (reason) => {
    if (current !== link) return;
    settle();
    link?.drop();
    next(`${name}: ${reason}`);
   };
   let link = null;
   try {
    link = this.#constructors[name]();
   } catch (error) {
    return next(`${name}: ${error.message}`);
   }
   current = link;
   const limit = this.#openTimeout(name);
   timer = setTimeout(() => failed(`not open within ${limit} ms`), limit);
   link.onclose = ({ code, reason }) => failed(reason || `closed with ${code}`);
   link.onopen = () =>
    prove(link, (error) => {
     if (current !== link) return;
     if (error) return failed(error.message);
     settle();
     if (names.length > 1 || !this.better(name)) this.#remember(name);
     done(null, link);
    });
  };
  next('no transport is available here');
  return () => settle()?.drop();
 }
 get order() {
  const names = this.names;
  const remembered = this.#recall();
  return names.includes(remembered) ? [remembered, ...names.filter((name) => name !== remembered)] : names;
 }
 get #constructors() {
  const { ws, http } = this.#addresses;
  const { SockJS, websocketSuffix, credentials = 'include' } = this.#options;
  const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
  const canFetch = typeof fetch === 'function';
  return {
   sockjs: SockJS && (() => new WebSocketLink('sockjs', http(), SockJS)),
   websocket: Socket && (() => new WebSocketLink('websocket', ws(websocketSuffix), Socket)),
   'xhr-streaming':
    canFetch && typeof ReadableStream === 'function' && (() => new StreamLink('xhr-streaming', http, credentials)),
   'xhr-polling': canFetch && (() => new PollLink('xhr-polling', http, credentials)),
  };
 }
 #openTimeout(name) {
  const { openTimeout } = this.#options;
  return (typeof openTimeout === 'object' ? openTimeout[name] : openTimeout) ?? OPEN_TIMEOUTS[name];
 }
 get #key() {
  return `holdfast:${this.#addresses.http()}`.split('?')[0];
 }
 #remember(name) {
  const text = `${name} ${Date.now()}`;
  memory.set(this.#key, text);
  try {
   localStorage.setItem(this.#key, text);
  } catch {
  }
 }
 #recall() {
  let text = memory.get(this.#key);
  try {
   text ??= localStorage.getItem(this.#key);
  } catch {
  }
  const [name, time] = (text ?? '').split(' ');
  return Date.now() - time < REMEMBER_FOR ? name : undefined;
 }
}
function checkTransport(name) {
 if (!TRANSPORTS.includes(name)) throw new RangeError(`Not a transport: ${name}`);
}
const KEPT = 256;
class Answers {
 #texts = new Map();
 answer(id, handle, send) {
  const key = JSON.stringify(id);
  if (this.#texts.has(key)) {
   const text = this.#texts.get(key);
   if (text) send(text);
   return;
  }
  this.#texts.set(key, null);
  if (this.#texts.size > KEPT) this.#texts.delete(this.#texts.keys().next().value);
  let isOpen = true;
  handle((error, result) => {
   if (!isOpen) return;
   isOpen = false;
   const text = encoded(id, error, result);
   if (this.#texts.has(key)) this.#texts.set(key, text);
   send(text);
  });
 }
}
function encoded(id, error, result) {
 try {
  return encodeAnswer(id, error, result);
 } catch (problem) {
  return encodeAnswer(id, { code: CODES.internal, message: problem.message });
 }
}
const LONGEST_TIMER = 2147483647;
class Calls {
 #pending = new Map();
 add(item, timeout) {
  this.#pending.set(String(item.id), item);
  if (!(timeout > 0 && timeout <= LONGEST_TIMER)) return;
  const { id, method, text: request } = item;
  item.timer = setTimeout(() => {
   this.settle(item, new RpcError('timeout', `No answer to ${method} in ${timeout} ms`, { id, method, request }));
  }, timeout);
 }
 get(id) {
  return this.#pending.get(String(id));
 }
 has(item) {
  return this.get(item.id) === item;
 }
 settle(item, error, result) {
  clearTimeout(item.timer);
  if (!this.has(item)) return;
  this.#pending.delete(String(item.id));
  guarded(item.callback, error, result);
 }
 settleAll(matches, error) {
  for (const item of [...this.#pending.values()]) if (matches(item)) this.settle(item, error);
 }
}
class Heartbeat {
 #timer;
 #round = 0;
 #waiting = false;
 constructor(interval, ping, dead) {
  Object.assign(this, { interval, ping, dead });
 }
 start(interval = this.interval) {
  this.stop();
  if (!(this.interval > 0)) return;
  this.#timer = setInterval(() => this.#beat(), interval);
  this.#beat({ interval });
 }
 stop() {
  clearInterval(this.#timer);
  this.#round += 1;
  this.#waiting = false;
 }
 #beat(params) {
  if (this.#waiting) return;
  this.#waiting = true;
  const round = this.#round;
  this.ping(params, (failed) => {
   if (round !== this.#round) return;
   this.#waiting = false;
   if (failed) this.dead();
  });
 }
}
function isHidden() {
 return typeof document === 'object' && document.visibilityState === 'hidden';
}
function watchPage(online, visibilityChanged) {
 if (typeof document !== 'object' || typeof addEventListener !== 'function') return () => {};
 addEventListener('online', online);
 document.addEventListener('visibilitychange', visibilityChanged);
 return () => {
  removeEventListener('online', online);
  document.removeEventListener('visibilitychange', visibilityChanged);
 };
}
const STABLE_AFTER = 5000;
const GRACE = 1000;
const FLUSH_TIMEOUT = 2000;
const HIDDEN_INTERVAL = 60000;
const PROBE_MAX = 300000;
const REPLACED = 4409;
class Session {
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
 request(method, params, { timeout = this.#options.requestTimeout, id = this.#nextId++ }, callback) {
  const item = { id, method, text: encodeRequest(id, method, params), callback };
  const refusal = this.#refusal();
  this.#calls.add(item, timeout);
  if (refusal) queueMicrotask(() => this.#calls.settle(item, refusal));
  else this.#post(item);
  return (error) => this.#calls.settle(item, error);
 }
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
 #ask(link, method, params, timeout, callback) {
  const id = this.#nextId++;
  const item = { id, method, text: encodeRequest(id, method, params), callback, link, sent: true };
  this.#calls.add(item, timeout);
  link.send(item);
 }
 #forgetEndedLinks() {
  this.#calls.settleAll((item) => item.link?.ended, new RpcError('transport', 'The connection was lost'));
 }
 #receive(text) {
  const message = decode(text);
  if (!message) return;
  this.#heard += 1;
  const { kind, id, method, params, result, error } = message;
  if (kind === 'notification') return this.#hooks.notification(method, params);
  if (kind === 'request') {
   const answers = this.#answers;
   const send = (answer) => answers === this.#answers && !this.#closing && this.#post({ text: answer, reply: true });
   return answers.answer(id, (reply) => this.#hooks.request(method, params, reply), send);
  }
  const item = this.#calls.get(id);
  if (!item) return;
  this.sessionId = sessionIdOf(result) ?? this.sessionId;
  this.#calls.settle(item, error === undefined ? undefined : remoteError(item, error), result);
 }
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
 #greet(link, done) {
  const { sessionId } = this;
  link.onmessage = (text) => this.#receive(text);
  if (!sessionId && !this.#options.greet) return done(null, false);
  this.#ask(link, 'connect', sessionId ? { sessionId } : undefined, 0, (error, result) => {
   if (!error) return done(null, sessionId !== null && (sessionIdOf(result) ?? sessionId) === sessionId);
   const isUnknown = error.code === CODES.sessionUnknown || error.code === CODES.unknownMethod;
   if (isUnknown) this.sessionId = null;
   if (isUnknown && sessionId) return this.#greet(link, done);
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
  if (sameSession) this.#flush();
  if (this.#link === link) this.#setState('connected');
  if (this.#link !== link) return; // A listener ended it.
  const detail = { sessionId: this.sessionId, transport: link.name };
  if (isFirst) this.#hooks.event('connected', detail);
  else this.#hooks.event('reconnected', { sameSession, ...detail });
  this.#flush();
 }
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
 #lost(link, { code, reason, unsent }) {
  if (link !== this.#link) return;
  this.#unlink(unsent);
  if (this.#closing) return this.#finish();
  if (this.#move?.asked) return; // The session may be on the new link already: the move decides.
  this.#stopMove('The connection was lost');
  if (code === REPLACED) this.sessionId = null;
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
 #moveTo(name, done) {
  if (this.#move) return done(new RpcError('transport', 'Another move is under way'));
  const old = this.#link;
  const move = { holding: false, asked: false, stop: () => {}, done };
  this.#move = move;
  const prove = (link, proved) => {
   move.holding = true;
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
 get #interval() {
  const { heartbeat } = this.#options;
  return isHidden() ? Math.max(heartbeat, HIDDEN_INTERVAL) : heartbeat;
 }
 #ping(params, answered) {
  const heard = this.#heard;
  this.#ask(this.#link, 'ping', params, this.#options.heartbeatTimeout, (error) => {
   answered(error?.kind === 'timeout' && this.#heard === heard);
  });
 }
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
function remoteError(item, wire) {
 const { code, message = 'The server answered with an error', data } = Object(wire);
 return new RpcError('remote', String(message), { code, data, method: item.method, wire });
}
const DEFAULTS = {
 requestTimeout: 10000,
 heartbeat: 5000,
 heartbeatTimeout: 5000,
 queueLimit: 256,
 maxAttempts: Infinity,
 probeDelay: 5000,
};
const EVENTS = [
 'connected', 'disconnected', 'reconnecting', 'reconnected', 'connectionFailed', 'state', 'transport', 'notification',
];
class Client {
 #session;
 #events = new Emitter();
 #methods = new Map();
 constructor(url, options = {}) {
  const settings = { ...DEFAULTS, ...options };
  this.#session = new Session(
   new Linker(url, settings),
   { ...settings, greet: true, firstId: 1, backoff: new Backoff(options.backoff) },
   {
    event: (...args) => this.#events.emit(...args),
    notification: (method, params) => {
     if (!EVENTS.includes(method)) this.#events.emit(method, params);
     this.#events.emit('notification', { method, params });
    },
    request: (...args) => this.#handle(...args),
   },
  );
 }
 get state() {
  return this.#session.state;
 }
 get sessionId() {
  return this.#session.sessionId;
 }
 get transport() {
  return this.#session.transport;
 }
 call(method, params, { timeout, signal } = {}) {
  return new Promise((resolve, reject) => {
   const aborted = () => new RpcError('aborted', `${method} was aborted`, { method, cause: signal.reason });
   if (signal?.aborted) return reject(aborted());
   const abort = () => forget(aborted());
   const forget = this.#session.request(method, params, { timeout }, (error, result) => {
    signal?.removeEventListener('abort', abort);
    if (error) reject(error);
    else resolve(unwrap(result));
   });
   signal?.addEventListener('abort', abort);
  });
 }
 notify(method, params) {
  this.#session.notify(method, params);
 }
 on(event, listener) {
  return this.#events.on(event, listener);
 }
 off(event, listener) {
  this.#events.off(event, listener);
 }
 method(name, handler) {
  this.#methods.set(name, handler);
  return () => {
   if (this.#methods.get(name) === handler) this.#methods.delete(name);
  };
 }
 reconnect({ delay = 0 } = {}) {
  if (!this.#session.reconnect(delay)) throw new RpcError('closed', 'The client is closed');
 }
 async forceTransport(name) {
  if (name !== null) checkTransport(name);
  await new Promise((resolve, reject) => {
   this.#session.force(name, (error) => (error ? reject(error) : resolve()));
  });
 }
 close(options) {
  return this.#session.close({ code: 1000, ...options });
 }
 async #handle(method, params, reply) {
  const handler = this.#methods.get(method);
  if (!handler) return reply({ code: CODES.unknownMethod, message: `Unknown method: ${method}` });
  try {
   reply(undefined, await handler(params));
  } catch (error) {
   const isError = error instanceof Error || Number.isInteger(error?.code);
   reply(isError ? error : { code: CODES.internal, message: String(error) });
  }
 }
}
const REQUEST_TIMEOUT = 5000;
const MAX_ATTEMPTS = 2000;
const PROBE_DELAY = 5000;
class JsonRpcClient {
 #session;
 #rpc;
 #requestTimeout;
 #hasFailed = false;
 constructor(configuration) {
  const { ws = {}, rpc = {}, heartbeat, sendCloseMessage } = configuration;
  const requestTimeout = rpc.requestTimeout ?? REQUEST_TIMEOUT;
  this.#rpc = rpc;
  this.#requestTimeout = requestTimeout;
  const hasWebSocket = ws.WebSocket ?? globalThis.WebSocket;
  const linker = new Linker(ws.uri, {
   ...ws,
   SockJS: ws.useSockJS ? ws.SockJS : undefined,
   websocketSuffix: ws.useSockJS ? '/websocket' : '',
   transports: ws.transports ?? (ws.useSockJS || !hasWebSocket ? TRANSPORTS : ['websocket']),
  });
  this.#session = new Session(
   linker,
   {
    requestTimeout,
    heartbeat,
    heartbeatTimeout: rpc.heartbeatRequestTimeout ?? requestTimeout,
    queueLimit: 256,
    maxAttempts: MAX_ATTEMPTS,
    probeDelay: PROBE_DELAY,
    backoff: new Backoff(ws.backoff),
    firstId: 0,
    greet: false,
    nextUrl: ws.newWsUriOnReconnection,
   },
   {
    event: (name, detail) => this.#event(ws, name, detail),
    notification: (method, params) => this.#dispatch(method, params),
    request: (method, params, reply) => this.#dispatch(method, params, reply),
   },
  );
  this.send = (method, params, callback) => this.#send(method, params, callback);
  this.close = () => void this.#session.close({ closeSession: Boolean(sendCloseMessage), timeout: requestTimeout });
  this.reconnect = () => void (this.#session.state === 'reconnecting' || this.#session.reconnect());
  this.forceClose = (millis = 0) => void this.#session.reconnect(millis);
 }
 get state() {
  return this.#session.state;
 }
 get sessionId() {
  return this.#session.sessionId;
 }
 get transport() {
  return this.#session.transport;
 }
 #event(ws, name, detail) {
  const call = (callback, ...args) => typeof callback === 'function' && guarded(callback, ...args);
  switch (name) {
   case 'connected':
    return call(ws.onconnected);
   case 'reconnecting':
    return call(ws.onreconnecting);
   case 'reconnected':
    return call(ws.onreconnected);
   case 'disconnected':
    return detail.byUser || call(ws.ondisconnect, detail.error);
   case 'connectionFailed':
    if (this.#hasFailed || this.#session.state !== 'connecting') return;
    this.#hasFailed = true;
    call(ws.onerror, detail.error);
    return call(ws.onreconnecting);
  }
 }
 #send(method, params, callback) {
  if (typeof params === 'function') [params, callback] = [undefined, params];
  const requestTime = Date.now();
  const attempt = (timeout, id) => {
   this.#session.request(method, params || undefined, { timeout, id }, (error, result) => {
    if (!error) return callback?.(undefined, result);
    callback?.(legacyError(error, requestTime, () => attempt(timeout * 2, error.id)), result);
   });
  };
  attempt(this.#requestTimeout);
 }
 #dispatch(method, params = {}, reply) {
  if (method === 'pull') return reply?.(undefined, 'push');
  const handler = this.#rpc[method];
  if (typeof handler !== 'function' || handler === Object.prototype[method]) {
   return reply?.({ code: CODES.unknownMethod, message: `Unknown method: ${method}` });
  }
  const failed = (error) => {
   console.error(error);
   reply?.({ code: CODES.internal, message: String(error?.message ?? error) });
  };
  try {
   Promise.resolve(handler.call(this.#rpc, params, { method, params, reply })).catch(failed);
  } catch (error) {
   failed(error);
  }
 }
}
function legacyError(error, requestTime, retry) {
 if (error.kind === 'remote') {
  const { wire } = error;
  return typeof wire === 'object' ? Object.assign(wire, { requestTime }) : wire;
 }
 if (error.kind !== 'timeout') return Object.assign(error, { requestTime });
 return Object.assign(new RpcError('timeout', 'Request has timed out'), { request: error.request, retry, requestTime });
}
const Holdfast = { Client, JsonRpcClient, RpcError, TRANSPORTS, clients: { JsonRpcClient } };
globalThis.Holdfast = Holdfast;
globalThis.RpcBuilder ??= Holdfast;
if (typeof module === 'object' && module.exports) module.exports = Holdfast;
})();
