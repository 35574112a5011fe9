// Holdfast JavaScript client. SPDX-License-Identifier: Apache-2.0. Built from src/ by build.mjs; do not edit.
(() => {
'use strict';
const LONGEST=2147483647;function after(milliseconds,action){let timer;const step=(rest)=>{if(!(rest<Infinity))return;timer=setTimeout(()=>(rest>LONGEST?step(rest-LONGEST):action()),Math.min(rest,LONGEST));};step(milliseconds);return()=>clearTimeout(timer);}
function checked(name,value){if(typeof value==='number'&&value>=0)return value;throw new RangeError(`${name} wants a number from 0 to Infinity, not ${String(value)}`);}
class Backoff{constructor({min=500,max=15000,factor=2,random=Math.random}={}){for(const[name,value]of Object.entries({min,max,factor}))checked(`backoff.${name}`,value);Object.assign(this,{min,max,factor:Math.max(factor,1),random});}
delay(n){if(n===0)return this.random()*this.min;const ceiling=Math.min(this.max,this.min*this.factor**n);return ceiling*(0.5+this.random()/ 2);}
}
class RpcError extends Error{constructor(kind,message,detail={}){super(message);this.name='RpcError';this.kind=kind;Object.assign(this,detail);}
}
const CODES={unknownMethod:-32601,internal:-32603,sessionUnknown:40007};function guarded(callback,...args){try{return callback(...args);}catch(error){console.error(error);}
}
class Emitter{#$0=new Map();on(name,listener){const entry={listener};const entries=this.#$0.get(name)??[];this.#$0.set(name,[...entries,entry]);return()=>this.#$1(name,(other)=>other===entry);}
off(name,listener){this.#$1(name,(entry)=>listener===undefined||entry.listener===listener);}
emit(name,...args){for(const{listener}of this.#$0.get(name)??[])guarded(listener,...args);}
#$1(name,matches){const entries=this.#$0.get(name)??[];this.#$0.set(name,entries.filter((entry)=>!matches(entry)));}
}
const isObject=(value)=>typeof value==='object'&&value!==null&&!Array.isArray(value);const hasOwn=(object,name)=>Object.prototype.hasOwnProperty.call(object,name);const KURENTO={connect:'connect',ping:'ping',close:'closeSession'};const PLAIN={connect:'rpc.connect',ping:'rpc.ping',close:'rpc.close'};function encodeRequest(id,method,params){return JSON.stringify({jsonrpc:'2.0',method,params:params??undefined,id});}
function encodeAnswer(id,error,result){if(error===undefined||error===null)return JSON.stringify({jsonrpc:'2.0',result:result??null,id});return JSON.stringify({jsonrpc:'2.0',error:errorObject(error),id});}
function errorObject(error){if(!(error instanceof Error))return error;const code=Number.isInteger(error.code)?error.code:CODES.internal;return{code,message:error.message,data:error.data};}
function decode(text){let message;try{message=JSON.parse(text);}catch{return null;}
if(!isObject(message)||message.jsonrpc!=='2.0')return null;const{id,method,params,result,error}=message;if(typeof method==='string'){return id===undefined||id===null
?{kind:'notification',method,params}
:{kind:'request',id,method,params};}
if(id===undefined||id===null||hasOwn(message,'method'))return null;if(error!==undefined&&error!==null)return{kind:'response',id,error};return hasOwn(message,'result')?{kind:'response',id,result}:null;}
function isSessionId(result){return sessionIdOf(result)!==undefined&&Object.keys(result).length===1;}
function sessionIdOf(result){return isObject(result)&&typeof result.sessionId==='string'?result.sessionId:undefined;}
function unwrap(result){if(sessionIdOf(result)===undefined)return result;const{sessionId,...rest}=result;const names=Object.keys(rest);if(names.length===0)return null;const isWrapped=names.length===1&&names[0]==='value'&&!isObject(rest.value)&&rest.value!==null;return isWrapped?rest.value:rest;}
function addressesOf(text,wanted){const base=globalThis.document?.baseURI??globalThis.location?.href.replace(/^blob:/,'');let url;try{if((typeof text==='string'&&text.trim())||text instanceof URL)url=new URL(text,base);}catch{}
const secure={'ws:':'','http:':'','wss:':'s','https:':'s'}[url?.protocol];if(secure===undefined){throw new SyntaxError(`Wanted is a ws, wss, http or https URL, or one relative to a page; this is none: ${String(text)}`);}
const path=url.pathname.replace(/\/+$/,'');const items=url.search.slice(1).split('&').filter(Boolean);if(wanted&&!items.includes(wanted))url.search=[...items,wanted].join('&');const query=(item)=>(item?`${url.search || '?'}${url.search.length > 1 ? '&' : ''}${item}`:url.search);return{ws:(suffix='')=>`ws${secure}://${url.host}${suffix ? path + suffix : url.pathname}${url.search}`,http:(suffix='',item='')=>`http${secure}://${url.host}${path}${suffix}${query(item)}`,};}
class Link{onopen=()=>{};onmessage=()=>{};onclose=()=>{};ended=false;constructor(name){this.name=name;}
opened(){if(!this.ended)this.onopen();}
deliver(text){if(!this.ended)this.onmessage(text);}
lost(code,reason,unsent=[]){if(this.ended)return;this.ended=true;this.onclose({code,reason,unsent});}
}
const OPEN=1;class WebSocketLink extends Link{#$2;#$3=[];constructor(name,url,Constructor){super(name);let problem='';const socket=(this.#$2=new Constructor(url));socket.onopen=()=>{this.name=socket.transport??name;this.opened();};socket.onmessage=(event)=>{if(typeof event.data==='string')this.deliver(event.data);};socket.onerror=(event)=>{problem=event?.message??'';setTimeout(()=>socket.readyState!==OPEN&&this.lost(1006,problem,this.#$3),0);};socket.onclose=(event)=>this.lost(event.code,event.reason||problem,this.#$3);}
send(item){if(this.#$2.readyState===OPEN)this.#$2.send(item.text);else this.#$3.push(item);}
close(code){this.ended=true;if(code===undefined)this.#$2.close();else this.#$2.close(code);}
drop(){this.close();return this.#$3;}
}
const BATCH=32768;const FAREWELL=1000;const HASTE=500;const MOST_HASTE=9;const STRANGER='Not a SockJS server, or a proxy answered for it';function sessionPath(){const bytes=crypto.getRandomValues(new Uint8Array(29));const text=Array.from(bytes,(byte)=>(byte % 32).toString(32));const server=bytes.slice(26).map((byte)=>byte % 10).join('');return `/${server}/${text.slice(0, 26).join('')}`;}
const isString=(value)=>typeof value==='string';class SockJSLink extends Link{#$4=sessionPath();#$5;#$6;#$7=new Set();#$8=false;#$9=[];#a=null;isOpen=false;hasSent=false;wake=()=>{};#b=0;#c=0;constructor(name,address,credentials,isBrief=false){super(name);this.isBrief=isBrief;this.#$5=address;this.#$6=credentials;this.#d();}
async #d(){let hasty=0;try{while(!this.ended){this.#b=this.#c=0;const start=Date.now();await this.receive();hasty=this.#b===this.#c&&!this.isBrief&&Date.now()-start<HASTE?hasty+1:0;if(!this.#b||hasty>MOST_HASTE)throw new Error('The server sent nothing');}
}catch(error){this.#$8=true;if(!this.ended)await Promise.race([this.#a,new Promise((resolve)=>setTimeout(resolve,FAREWELL))]);this.#e(1006,error.message);}
}
async #f(address,body,use){const abort=new AbortController();this.#$7.add(abort);try{const response=await fetch(address,{method:'POST',body,headers:body===undefined?{}:{'content-type':'text/plain'},credentials:this.#$6,cache:'no-store',signal:abort.signal,});return await use(response);}catch(error){abort.abort();throw error;}finally{this.#$7.delete(abort);}
}
#g(){this.#$8=true;for(const abort of this.#$7)abort.abort();}
receiving(transport,use){const items=[this.isOpen&&'continued',this.isBrief&&'brief'].filter(Boolean).join('&');const address=this.#$5(`${this.#$4}/${transport}`,items);return this.#f(address,undefined,(response)=>{const{status,headers}=response;const type=headers.get('content-type');if(status!==200)throw new Error(`${transport} answered ${status}`);if(/html/i.test(type))throw new Error(`${STRANGER}: ${type}`);return use(response);});}
frame(frame){if(/^hh+$/.test(frame))return;this.#b+=1;const[kind]=frame;let value;try{value=JSON.parse(frame.slice(1));}catch{}
if(frame==='o'){if(this.isOpen)return this.#e(1006,'The server lost the connection');this.isOpen=true;this.opened();}else if(kind==='c'&&Number.isInteger(value?.[0])){this.#e(value[0],String(value[1]??''));}else if(this.isOpen&&frame==='h'){this.#c+=1;}else if(this.isOpen&&kind==='a'&&Array.isArray(value)&&value.every(isString)){for(const text of value)this.deliver(text);}else if(this.isOpen&&kind==='m'&&isString(value)){this.deliver(value);}else{throw new Error(`${STRANGER}: ${frame.slice(0, 60)}`);}
}
send(item){this.#$9.push(item);this.#a??=this.#h();}
async #h(){await null;while(this.#$9.length>0&&!this.#$8){let size=0;let count=0;while(count<this.#$9.length&&(count===0||size<BATCH))size+=this.#$9[count++].text.length;const batch=this.#$9.splice(0,count);try{const body=JSON.stringify(batch.map((item)=>item.text));await this.#f(this.#$5(`${this.#$4}/xhr_send`),body,({status})=>{if(status===404)this.#$9.unshift(...batch);if(status!==204)throw new Error(`xhr_send answered ${status}`);});this.hasSent=true;this.wake();}catch(error){this.#e(1006,error.message);}
}
this.#a=null;if(this.ended)this.#g();}
#e(code,reason){this.#g();this.lost(code,reason,this.#$9.splice(0));}
close(){this.ended=true;if(this.#a)setTimeout(()=>this.#g(),FAREWELL);else this.#g();}
drop(){this.ended=true;this.#g();return this.#$9.splice(0);}
}
class StreamLink extends SockJSLink{receive(){return this.receiving('xhr_streaming',async(response)=>{const reader=response.body.getReader();const decoder=new TextDecoder();let rest='';for(;;){const{done,value}=await reader.read();if(this.ended)return;const lines=(rest+decoder.decode(value,{stream:!done})).split('\n');rest=lines.pop();for(const line of lines)this.frame(line);if(rest&&(done||/^[^ohamc]/.test(rest)))this.frame(rest);if(done)return;}
});}
}
const PAUSE=1000;class PollLink extends SockJSLink{async receive(){if(this.isBrief&&this.isOpen&&!this.hasSent){await new Promise((resolve)=>{this.wake=resolve;setTimeout(resolve,PAUSE);});if(this.ended)return;}
this.hasSent=false;await this.receiving('xhr',async(response)=>{const text=await response.text();if(text)this.frame(text.trimEnd());});}
}
const TRANSPORTS=['websocket','xhr-streaming','xhr-polling'];const OPEN_TIMEOUTS={websocket:4000,'xhr-streaming':4000,'xhr-polling':10000,sockjs:10000};const REMEMBER_FOR=3600000;const LAST_FOR=5000;const CROWDED_FOR=300000;const CROWDED='; other tabs may hold the six connections of HTTP/1.1: share a client in a SharedWorker, or serve HTTP/2';const memory=new Map();class Linker{forced=null;#i;#j;#k;#l={};#m=-Infinity;#n;constructor(url,options={}){this.#i=options;this.#k=options.transports??TRANSPORTS;for(const name of this.#k)checkTransport(name);const{openTimeout}=options;for(const[name,usual]of Object.entries(OPEN_TIMEOUTS)){const limit=typeof openTimeout==='object'?openTimeout?.[name]:openTimeout;this.#l[name]=checked('openTimeout',limit??usual)||Infinity;}
this.url=url;}
set url(url){this.#j=addressesOf(url,this.#i.query);}
get isLocal(){return /^wss?:\/\/(localhost|127\.|\[::1\])/.test(this.#j.ws());}
get names(){if(this.#i.SockJS)return['sockjs'];const names=this.forced?[this.forced]:this.#k;return names.filter((name)=>this.#o[name]);}
supports(name){return!this.#i.SockJS&&Boolean(this.#o[name]);}
better(name){const best=this.names[0];return this.#i.SockJS||best===name?undefined:best;}
open(names,prove,done){const waiting=[...names];const cause=[];let current=null;let stop;const settle=()=>{stop?.();const link=current;current=null;return link;};const next=()=>{if(waiting.length===0){const reasons=cause.map(({message})=>message).join('; ');return done(new RpcError('transport',reasons||'no transport is available here',{cause}));}
const name=waiting.shift();const failed=(reason,kind='transport')=>{if(current!==link)return;settle();link?.drop();cause.push(new RpcError(kind,`${name}: ${reason}`,{transport:name}));if(kind==='timeout'&&!cause.some(isSilentSocket))this.suspect(name);next();};let link=null;try{link=this.#o[name]();}catch(error){return failed(error.message);}
current=link;const limit=this.#l[name];stop=after(limit,()=>{failed(`not open within ${limit} ms${this.hint(name)}`,'timeout');});link.onclose=({code,reason})=>failed(reason||`closed with ${code}`);link.onopen=()=>
prove(link,(error)=>{if(current!==link)return;if(error)return failed(error.message);settle();if(name!=='xhr-polling')this.#m=-Infinity;if(!this.forced&&(names.length>1||!this.better(name)))this.#p(name);done(null,link);});};next();return()=>settle()?.drop();}
hint(name){return name.startsWith('xhr')&&globalThis.location?CROWDED:'';}
suspect(name){if(this.hint(name))this.#m=Date.now();}
get isCrowded(){return Date.now()-this.#m<CROWDED_FOR;}
sendLast(text){const{credentials='include'}=this.#i;const signal=AbortSignal.timeout?.(LAST_FOR);const options={method:'POST',body:text,keepalive:true,credentials,signal};globalThis.fetch?.(this.#j.http(),options).catch(()=>{});}
get order(){const{names}=this;const first=this.#n??this.#q();return names.includes(first)?[first,...names.filter((name)=>name!==first)]:names;}
get #o(){const{ws,http}=this.#j;const{SockJS,websocketSuffix,credentials='include'}=this.#i;const Socket=this.#i.WebSocket??globalThis.WebSocket;const canFetch=typeof fetch==='function';return{sockjs:SockJS&&(()=>new WebSocketLink('sockjs',http(),SockJS)),websocket:Socket&&(()=>new WebSocketLink('websocket',ws(websocketSuffix),Socket)),'xhr-streaming':
canFetch&&typeof ReadableStream==='function'&&(()=>new StreamLink('xhr-streaming',http,credentials)),'xhr-polling':canFetch&&(()=>new PollLink('xhr-polling',http,credentials,this.isCrowded)),};}
get #r(){return `holdfast:${this.#j.http()}`.split('?')[0];}
get #s(){return String(this.names)===String(TRANSPORTS);}
#p(name){this.#n=name;if(!this.#s||this.isCrowded)return;const text=`${name} ${Date.now()}`;memory.set(this.#r,text);try{localStorage.setItem(this.#r,text);}catch{}
}
#q(){if(!this.#s)return;let text=memory.get(this.#r);try{text??=localStorage.getItem(this.#r);}catch{}
const[name,time]=(text??'').split(' ');return Date.now()-time<REMEMBER_FOR?name:undefined;}
}
function checkTransport(name){if(!TRANSPORTS.includes(name))throw new RangeError(`Not a transport: ${name}`);}
const isSilentSocket=({transport,kind})=>transport==='websocket'&&kind==='timeout';const KEPT=256;class Answers{#t=new Map();answer(id,handle,send){const key=JSON.stringify(id);if(this.#t.has(key)){const text=this.#t.get(key);if(text)send(text);return;}
this.#t.set(key,null);if(this.#t.size>KEPT)this.#t.delete(this.#t.keys().next().value);let isOpen=true;handle((error,result)=>{if(!isOpen)return;isOpen=false;const text=encoded(id,error,result);if(this.#t.has(key))this.#t.set(key,text);send(text);});}
}
function encoded(id,error,result){try{return encodeAnswer(id,error,result);}catch(problem){return encodeAnswer(id,{code:CODES.internal,message:problem.message});}
}
const STABLE_AFTER=5000;const STABLE_IN_A_CROWD_AFTER=60000;const CROWD_FACTOR=4;class Attempts{isAway=false;isOffline;everConnected=false;#u;#i;#v;#w;#x=0;#y=0;#z=0;#$10=()=>{};#$11=()=>{};constructor(linker,options,isOffline,prove,done){this.#u=linker;this.#i=options;this.isOffline=isOffline;this.#v=prove;this.#w=done;}
start(delay,isAway=false){this.stop();this.isAway=isAway;this.#$10=after(delay,()=>this.#$12());}
stop(){this.#$10();this.stopAttempt();}
stopAttempt(){this.#$11();}
linked(){this.#z=Date.now();}
lost(){const isStable=Date.now()-this.#z>(this.#u.isCrowded?STABLE_IN_A_CROWD_AFTER:STABLE_AFTER);this.#y=isStable?0:this.#y+1;this.#x=Math.max(0,this.#y-1);}
forget(){this.#x=this.#y=0;this.isOffline=false;}
get pause(){return this.#i.backoff.delay(this.#x)*(this.#u.isCrowded?CROWD_FACTOR:1);}
failed(){this.#x+=1;const retryIn=this.#x<this.#i.maxAttempts?this.pause:null;if(retryIn!==null)this.start(retryIn);return{attempt:this.#x,retryIn};}
#$12(){this.isAway=false;if(this.isOffline)return;let isStopped=false;this.#$11=()=>{isStopped=true;};const open=(error,url)=>{if(isStopped)return;isStopped=true;try{if(error)throw error;if(url)this.#u.url=url;}catch(problem){return this.#w(problem);}
this.#$11=this.#u.open(this.#u.order,this.#v,(problem,link)=>{this.#$11=()=>{};this.#w(problem,link);});};if(!this.everConnected||!this.#i.nextUrl)return open();try{this.#i.nextUrl(open);}catch(error){open(error);}
}
}
class Calls{#$13=new Map();add(item,timeout){this.#$13.set(String(item.id),item);const{id,method,text:request}=item;item.stop=after(timeout||Infinity,()=>{this.settle(item,new RpcError('timeout',`No answer to ${method} in ${timeout} ms`,{id,method,request}));});}
get(id){return this.#$13.get(String(id));}
has(item){return this.get(item.id)===item;}
settle(item,error,result){item.stop();if(!this.has(item))return;this.#$13.delete(String(item.id));guarded(item.callback,error,result);}
settleAll(matches,error){for(const item of[...this.#$13.values()])if(matches(item))this.settle(item,error);}
}
const TIMEOUT=2000;class Ending{#$14;#u;#$15=null;#$16;#$17;#$18=false;#$19=false;constructor(session,linker){this.#$14=session;this.#u=linker;}
get hasBegun(){return this.#$15!==null;}
close({closeSession=false,timeout=TIMEOUT,code}={}){checked('timeout',timeout);const session=this.#$14;const isMoving=session.moves.isAsked;if(!this.hasBegun){this.#$15=new Promise((resolve)=>(this.#$16=resolve));this.#$17=code;session.quiesce();}
if(!closeSession)this.finish();else if(!session.link||isMoving||this.#$19)this.#$1a();else{this.#$18=true;session.ask(session.link,session.names.close,undefined,timeout,(error)=>{if(error&&error.kind!=='remote')this.#$1a();else this.finish();});}
return this.#$15;}
leave(){this.#$19=true;if(this.#$18)this.#$1a();}
stay(){this.#$19=false;}
finish(){const session=this.#$14;if(session.state==='closed')return;session.link?.close(this.#$17);session.finished();this.#$16();}
#$1a(){const{state,sessionId,names}=this.#$14;if(state==='closed')return;if(sessionId)this.#u.sendLast(encodeRequest(undefined,names.close,{sessionId}));this.finish();}
}
function greet(session,link,done,hasChanged){const{sessionId,isPlain}=session;const{greet:mayAsk}=session.options;link.onmessage=(text)=>session.receive(text);if(!sessionId&&!mayAsk)return done(null,false);askForSession(session,link,(error,result)=>{const isStrange=error?isOfApplication(error):isPlain&&!isSessionId(result);const isNone=error?.code===CODES.unknownMethod;if(mayAsk&&!hasChanged&&(isPlain?isStrange||isNone:isNone&&sessionId)){session.names=isPlain?KURENTO:PLAIN;return greet(session,link,done,true);}
if(!error){session.sessionId=sessionIdOf(result)??sessionId;return done(null,sessionId!==null&&session.sessionId===sessionId);}
const isUnknown=isNone||error.code===CODES.sessionUnknown;if(isUnknown)session.sessionId=null;if(isUnknown&&sessionId)return greet(session,link,done,hasChanged);if(isNone&&mayAsk)session.names=PLAIN;done(isNone?null:error,false);});}
function askForSession(session,link,answered){const{sessionId}=session;session.ask(link,session.names.connect,sessionId?{sessionId}:undefined,0,(error,result)=>{if(sessionId&&error&&error.kind!=='remote')session.lateConnects+=1;answered(error,result);});}
function isOfApplication({kind,code}){return kind==='remote'&&!(code>=-32768&&code<=-32000)&&code!==CODES.sessionUnknown;}
class Heartbeat{#$1b;#$1c=0;#$9=false;constructor(interval,ping,dead){Object.assign(this,{interval,ping,dead});}
start(interval=this.interval){this.stop();if(!(this.interval>0&&this.interval<Infinity))return;const next=()=>{this.#$1b=after(interval,()=>{next();this.beat();});};next();this.beat({interval});}
stop(){this.#$1b?.();this.#$1b=undefined;this.#$1c+=1;this.#$9=false;}
beat(params){if(this.#$9||!this.#$1b)return;this.#$9=true;const round=this.#$1c;this.ping(params,(failed)=>{if(round!==this.#$1c)return;this.#$9=false;if(failed)this.dead();});}
}
const GRACE=3000;const FLUSH_TIMEOUT=2000;const PROBE_MIN=1000;const PROBE_MAX=300000;class Moves{#$14;#u;#$1d=null;#$1e=()=>{};#$1f=()=>{};constructor(session,linker){this.#$14=session;this.#u=linker;}
get isUnderWay(){return this.#$1d!==null;}
get isHolding(){return Boolean(this.#$1d?.isHolding);}
get isAsked(){return Boolean(this.#$1d?.isAsked);}
scheduleProbe(delay){this.stopProbe();const{link,isClosing,sessionId,options}=this.#$14;const name=link&&!isClosing&&sessionId&&this.#u.better(link.name);if(!name)return;delay??=link.isBrief&&name!=='websocket'?PROBE_MAX:options.probeDelay;this.#$1e=after(delay,()=>{if(this.#$14.isOffline)return this.scheduleProbe(Math.max(delay,PROBE_MIN));const next=Math.min(Math.max(delay*2,PROBE_MIN),PROBE_MAX);this.to(name,(error)=>error&&this.scheduleProbe(next));});}
stopProbe(){this.#$1e();}
to(name,done){if(this.#$1d)return done(new RpcError('transport','Another move is under way'));const session=this.#$14;const old=session.link;const move={isHolding:false,isAsked:false,stop:()=>{},done};this.#$1d=move;const prove=(link,proved)=>{move.isHolding=true;session.ask(old,session.names.ping,undefined,FLUSH_TIMEOUT,()=>{if(this.#$1d!==move||link.ended)return;move.isAsked=true;link.onmessage=(text)=>session.receive(text);askForSession(session,link,proved);});};move.stop=this.#u.open([name],prove,(error,link)=>{this.#$1d=null;session.forgetEndedLinks();if(!error)this.#$1g(old,link);else if(move.isAsked)session.restart(error.message);else session.flush();done(error??undefined);});}
stop(reason){const move=this.#$1d;this.#$1d=null;move?.stop();move?.done(new RpcError('transport',reason));}
release(){this.#$1f();}
#$1g(old,link){const session=this.#$14;session.use(link);session.flush();if(!old.ended){const held=[];const release=()=>{clearTimeout(timer);this.#$1f=()=>{};old.drop();session.forgetEndedLinks();link.onmessage=(text)=>session.receive(text);for(const text of held)session.receive(text);};let timer;const wait=()=>{clearTimeout(timer);timer=setTimeout(release,GRACE);};wait();old.onmessage=(text)=>{wait();session.receive(text);};link.onmessage=(text)=>held.push(text);old.onclose=release;this.#$1f=release;}
session.tellTransport(link);}
}
class Outbox{#$1h=[];#$1i;#$1j;constructor(calls,limit){this.#$1i=calls;this.#$1j=limit;}
get refusal(){if(this.#$1h.length<this.#$1j)return;this.#$1h=this.#$1h.filter((item)=>this.#$1k(item));if(this.#$1h.length>=this.#$1j){return new RpcError('queue-full',`${this.#$1j} messages wait for the connection already`);}
}
add(item){this.#$1h.push(item);}
putBack(items){const again=items.filter((item)=>!item.link&&this.#$1k(item));for(const item of again)item.sent=false;this.#$1h.unshift(...again);}
next(){while(this.#$1h.length>0){const item=this.#$1h.shift();if(this.#$1k(item))return item;}
}
takeAll(){return this.#$1h.splice(0);}
dropAnswers(){this.#$1h=this.#$1h.filter((item)=>!item.isAnswer);}
#$1k(item){return!item.callback||this.#$1i.has(item);}
}
const isHidden=()=>globalThis.document?.visibilityState==='hidden';const isOffline=()=>globalThis.navigator?.onLine===false;const LOOK=1000;function watchPage(listeners){const all=(change)=>Object.entries(listeners).forEach((entry)=>globalThis[change]?.(...entry,true));all('addEventListener');let timer;if(!('ononline' in globalThis)&&typeof globalThis.navigator?.onLine==='boolean'){let wasOffline=isOffline();timer=setInterval(()=>{if(isOffline()===wasOffline)return;wasOffline=!wasOffline;listeners[wasOffline?'offline':'online']();},LOOK);}
return()=>{clearInterval(timer);all('removeEventListener');};}
const HIDDEN_INTERVAL=60000;const REPLACED=4409;class Session{state='connecting';sessionId=null;link=null;names;lateConnects=0;#$1l;#u;#$1m;#$1i=new Calls();#$1n=new Answers();#$1o;#$1p;#$1q;#$1r;#$1s;#$1t=0;#$1u=null;constructor(linker,options,hooks){this.options=options;this.names=options.greet?PLAIN:KURENTO;this.moves=new Moves(this,linker);this.#$1l=hooks;this.#u=linker;this.#$1m=options.firstId;this.#$1o=new Outbox(this.#$1i,options.queueLimit);this.#$1q=new Ending(this,linker);this.#$1r=new Heartbeat(options.heartbeat,(params,answered)=>this.#$1v(params,answered),()=>this.#$1w(this.link),);const isCutOff=()=>isOffline()&&!linker.isLocal;let isSame=false;const prove=(link,proved)=>
greet(this,link,(problem,same)=>{isSame=same;proved(problem);});this.#$1p=new Attempts(linker,options,isCutOff(),prove,(error,link)=>{if(error)this.#$1x(error);else this.#$1y(link,isSame);});this.#$1s=watchPage({online:()=>this.#$1z(false),offline:()=>this.#$1z(true),visibilitychange:()=>{if(this.link&&!this.isClosing)this.#$1r.start(this.#$20);this.#$21();},pagehide:()=>this.#$1q.leave(),pageshow:({persisted})=>{this.#$1q.stay();if(persisted)this.#$1z(isCutOff());},});this.#$1p.start(0);}
get transport(){return this.link?.name??null;}
get isPlain(){return this.names===PLAIN;}
get isOffline(){return this.#$1p.isOffline;}
get isClosing(){return this.#$1q.hasBegun;}
request(method,params,{timeout=this.options.requestTimeout,id=this.#$1m++},callback){checked('timeout',timeout);const item={id,method,text:encodeRequest(id,method,params),callback,session:this.sessionId};const refusal=this.#$22();this.#$1i.add(item,timeout);if(refusal)queueMicrotask(()=>this.#$1i.settle(item,refusal));else this.#f(item);return(error)=>this.#$1i.settle(item,error);}
notify(method,params){const refusal=this.#$22();if(refusal)throw refusal;this.#f({text:encodeRequest(undefined,method,params)});}
#$22(){if(this.isClosing)return new RpcError('closed','The client is closed');if(this.state==='disconnected')return new RpcError('transport','Not connected; reconnect() tries again');return this.#$23?undefined:this.#$1o.refusal;}
get #$23(){return this.link!==null&&!this.moves.isHolding;}
#f(item){this.#$1o.add(item);this.flush();}
flush(){let item;while(this.#$23&&(item=this.#$1o.next())){item.sent=true;this.link.send(item);}
}
ask(link,method,params,timeout,callback){const id=this.#$1m++;const item={id,method,text:encodeRequest(id,method,params),callback,link,sent:true};this.#$1i.add(item,timeout);link.send(item);}
forgetEndedLinks(){this.#$1i.settleAll((item)=>item.link?.ended,new RpcError('transport','The connection was lost'));}
receive(text){const message=decode(text);if(!message)return;this.#$1t+=1;const{kind,id,method,params,result,error}=message;if(kind==='notification')return this.#$1l.notification(method,params);if(kind==='request'){const answers=this.#$1n;const send=(answer)=>answers===this.#$1n&&!this.isClosing&&this.#f({text:answer,isAnswer:true});return answers.answer(id,(reply)=>this.#$1l.request(method,params,reply),send);}
const item=this.#$1i.get(id);if(!item)return;if(!this.isPlain)this.sessionId=sessionIdOf(result)??this.sessionId;this.#$1i.settle(item,error===undefined?undefined:remoteError(item,error),result);}
#$24(state){const previous=this.state;this.state=state;if(previous!==state)this.#$1l.event('state',state,previous);}
#$1x(error){this.forgetEndedLinks();const outcome=this.#$1p.failed();this.#$1l.event('connectionFailed',{error,...outcome});if(outcome.retryIn!==null||this.isClosing)return;this.#$24('disconnected');this.#$1o.takeAll();this.#$1i.settleAll(()=>true,error);this.#$1l.event('disconnected',{byUser:false,error});}
#$1y(link,sameSession){const isFirst=!this.#$1p.everConnected;const isNew=!isFirst&&!sameSession;this.#$1p.everConnected=true;this.forgetEndedLinks();if(isNew)this.#$25();const waiting=isNew?this.#$1o.takeAll():[];this.use(link);this.flush();this.tellTransport(link);if(this.link===link)this.#$24('connected');if(this.link===link){const detail={sessionId:this.sessionId,transport:link.name};if(isFirst)this.#$1l.event('connected',detail);else this.#$1l.event('reconnected',{sameSession,...detail});}
this.#$1o.putBack(waiting);this.flush();}
#$25(){this.#$1n=new Answers();this.lateConnects=0;this.#$1o.dropAnswers();const error=new RpcError('session-lost','The server no longer knew the session');const isLost=(item)=>item.sent||(item.session&&!this.options.tellsLoss);this.#$1i.settleAll((item)=>!item.link&&isLost(item),error);}
use(link){this.link=link;this.#$1p.linked();link.onmessage=(text)=>this.receive(text);link.onclose=(why)=>this.#$26(link,why);this.#$1r.start(this.#$20);this.moves.scheduleProbe();}
tellTransport({name}){const previous=this.#$1u;this.#$1u=name;if(previous!==name)this.#$1l.event('transport',name,previous);}
#$1w(link){this.#u.suspect(link.name);this.#$26(link,{reason:`The server does not answer${this.#u.hint(link.name)}`,unsent:link.drop()});}
#$26(link,{code,reason,unsent}){if(link!==this.link)return;this.#$27(unsent);if(this.isClosing)return this.#$1q.finish();if(this.moves.isAsked)return;this.moves.stop('The connection was lost');if(code===REPLACED&&(this.lateConnects-=1)<0){this.lateConnects=0;this.sessionId=null;}
this.#$1p.lost();this.#$28(reason||`closed with ${code}`,this.#$1p.pause);}
#$27(unsent){this.moves.release();this.link=null;this.#$1r.stop();this.moves.stopProbe();this.#$1o.putBack(unsent);this.forgetEndedLinks();}
#$28(reason,delay,isWanted){this.#$1p.start(delay,isWanted);this.#$24('reconnecting');this.#$1l.event('reconnecting',{reason});}
restart(reason,delay=0,isWanted=false){if(this.link)this.#$27(this.link.drop());this.moves.stop('The connection was cut');this.#$28(reason,delay,isWanted);}
reconnect(delay=0){checked('delay',delay);if(this.isClosing)return false;this.#$1p.forget();if(!this.link&&this.state!=='disconnected'&&!this.moves.isUnderWay)this.#$1p.start(delay,delay>0);else this.restart('reconnect() was called',delay,delay>0);return true;}
#$21(){const{isAway,isOffline:hasNoNetwork}=this.#$1p;if(!this.link&&!isAway&&!hasNoNetwork&&this.state!=='disconnected')this.reconnect();}
#$1z(hasNoNetwork){this.#$1p.isOffline=hasNoNetwork;if(this.isClosing)return;if(this.link)this.#$1r.beat();else if(hasNoNetwork)this.#$1p.stopAttempt();else this.#$21();}
force(name,done){const{link}=this;if(name&&!this.#u.supports(name))return done(new RpcError('transport',`${name} is not available here`));if(link&&name&&link.name!==name&&this.sessionId){return this.moves.to(name,(error)=>{if(!error)this.#u.forced=name;done(error);});}
this.#u.forced=name;if(link&&(!name||link.name===name))this.moves.scheduleProbe();else this.reconnect();done();}
get #$20(){const{heartbeat}=this.options;return isHidden()?Math.max(heartbeat,HIDDEN_INTERVAL):heartbeat;}
#$1v(params,answered){const heard=this.#$1t;this.ask(this.link,this.names.ping,params,this.options.heartbeatTimeout,(error)=>{answered(error?.kind==='timeout'&&this.#$1t===heard);});}
close(options){return this.#$1q.close(options);}
quiesce(){this.#$1p.stop();this.moves.stopProbe();this.moves.stop('The client was closed');this.flush();this.#$1r.stop();}
finished(){this.#$1s();this.moves.release();this.link=null;this.#$1o.takeAll();this.#$24('closed');this.#$1i.settleAll(()=>true,new RpcError('closed','The client was closed'));this.#$1l.event('disconnected',{byUser:true});}
}
function remoteError(item,wire){const{code,message='The server answered with an error',data}=Object(wire);return new RpcError('remote',String(message),{code,data,method:item.method,wire});}
const DEFAULTS={requestTimeout:10000,heartbeat:5000,heartbeatTimeout:5000,queueLimit:256,maxAttempts:Infinity,probeDelay:5000,};const EVENTS=[
'connected','disconnected','reconnecting','reconnected','connectionFailed','state','transport','notification',];class Client{#$14;#$29=new Emitter();#$2a=new Map();constructor(url,options={}){const{heartbeat}=options;const settings={...options,heartbeat:heartbeat===false?0:heartbeat};for(const[name,usual]of Object.entries(DEFAULTS))settings[name]=checked(name,settings[name]??usual);this.#$14=new Session(new Linker(url,{...settings,query:'wire=plain'}),{...settings,greet:true,tellsLoss:true,firstId:1,backoff:new Backoff(options.backoff)},{event:(...args)=>this.#$29.emit(...args),notification:(method,params)=>{if(!EVENTS.includes(method))this.#$29.emit(method,params);this.#$29.emit('notification',{method,params});},request:(...args)=>this.#$2b(...args),},);}
get state(){return this.#$14.state;}
get sessionId(){return this.#$14.sessionId;}
get transport(){return this.#$14.transport;}
call(method,params,{timeout,signal}={}){return new Promise((resolve,reject)=>{const aborted=()=>new RpcError('aborted',`${method} was aborted`,{method,cause:signal.reason});if(signal?.aborted)return reject(aborted());const abort=()=>forget(aborted());const forget=this.#$14.request(method,params,{timeout},(error,result)=>{signal?.removeEventListener('abort',abort);if(error)reject(error);else resolve(this.#$14.isPlain?result:unwrap(result));});signal?.addEventListener('abort',abort);});}
notify(method,params){this.#$14.notify(method,params);}
on(event,listener){return this.#$29.on(event,listener);}
off(event,listener){this.#$29.off(event,listener);}
method(name,handler){this.#$2a.set(name,handler);return()=>{if(this.#$2a.get(name)===handler)this.#$2a.delete(name);};}
reconnect({delay=0}={}){if(!this.#$14.reconnect(delay))throw new RpcError('closed','The client is closed');}
async forceTransport(name){if(name!==null)checkTransport(name);await new Promise((resolve,reject)=>{this.#$14.force(name,(error)=>(error?reject(error):resolve()));});}
async close(options){return this.#$14.close({code:1000,...options});}
async #$2b(method,params,reply){const handler=this.#$2a.get(method);if(!handler)return reply({code:CODES.unknownMethod,message:`Unknown method: ${method}`});try{reply(undefined,await handler(params));}catch(error){const isError=error instanceof Error||Number.isInteger(error?.code);reply(isError?error:{code:CODES.internal,message:String(error)});}
}
}
const REQUEST_TIMEOUT=5000;const MAX_ATTEMPTS=2000;const PROBE_DELAY=5000;class JsonRpcClient{#$14;#$2c;#$2d;#$2e=false;constructor({ws={},rpc={},heartbeat,sendCloseMessage}={}){const requestTimeout=checked('requestTimeout',rpc.requestTimeout??REQUEST_TIMEOUT);this.#$2c=rpc;this.#$2d=requestTimeout;const hasWebSocket=ws.WebSocket??globalThis.WebSocket;const linker=new Linker(ws.uri,{...ws,SockJS:ws.useSockJS?ws.SockJS:undefined,websocketSuffix:ws.useSockJS?'/websocket':'',transports:ws.transports??(ws.useSockJS||!hasWebSocket?TRANSPORTS:['websocket']),});this.#$14=new Session(linker,{requestTimeout,heartbeat:checked('heartbeat',heartbeat||0),heartbeatTimeout:checked('heartbeatRequestTimeout',rpc.heartbeatRequestTimeout??requestTimeout),queueLimit:256,maxAttempts:MAX_ATTEMPTS,probeDelay:PROBE_DELAY,backoff:new Backoff(ws.backoff),firstId:0,greet:false,nextUrl:ws.newWsUriOnReconnection,},{event:(name,detail)=>this.#$2f(ws,name,detail),notification:(method,params)=>this.#$2g(method,params),request:(method,params,reply)=>this.#$2g(method,params,reply),},);this.send=(method,params,callback)=>this.#$2h(method,params,callback);this.close=()=>void this.#$14.close({closeSession:Boolean(sendCloseMessage),timeout:requestTimeout});this.reconnect=()=>void(this.#$14.state==='reconnecting'||this.#$14.reconnect());this.forceClose=(millis)=>void this.#$14.reconnect(millis??0);}
get state(){return this.#$14.state;}
get sessionId(){return this.#$14.sessionId;}
get transport(){return this.#$14.transport;}
#$2f(ws,name,detail){const call=(callback,...args)=>typeof callback==='function'&&guarded(callback,...args);switch(name){case 'connected':
return call(ws.onconnected);case 'reconnecting':
call(ws.ondisconnect,new RpcError('transport',detail.reason));return this.#$14.state==='reconnecting'&&call(ws.onreconnecting);case 'reconnected':
return call(ws.onreconnected);case 'disconnected':
return detail.byUser||call(ws.ondisconnect,detail.error);case 'connectionFailed':
if(this.#$2e||this.#$14.state!=='connecting')return;this.#$2e=true;call(ws.onerror,detail.error);return call(ws.onreconnecting);}
}
#$2h(method,params,callback){if(typeof params==='function')[params,callback]=[undefined,params];const requestTime=Date.now();const attempt=(timeout,id)=>{this.#$14.request(method,params||undefined,{timeout,id},(error,result)=>{if(!error)return callback?.(undefined,result);callback?.(legacyError(error,requestTime,()=>attempt(timeout*2,error.id)),result);});};attempt(this.#$2d);}
#$2g(method,params={},reply){if(method==='pull')return reply?.(undefined,'push');const handler=this.#$2c[method];if(typeof handler!=='function'||handler===Object.prototype[method]){return reply?.({code:CODES.unknownMethod,message:`Unknown method: ${method}`});}
const failed=(error)=>{console.error(error);reply?.({code:CODES.internal,message:String(error?.message??error)});};try{Promise.resolve(handler.call(this.#$2c,params,{method,params,reply})).catch(failed);}catch(error){failed(error);}
}
}
function legacyError(error,requestTime,retry){if(error.kind==='remote'){const{wire}=error;return typeof wire==='object'?Object.assign(wire,{requestTime}):wire;}
if(error.kind!=='timeout')return Object.assign(error,{requestTime});return Object.assign(new RpcError('timeout','Request has timed out'),{request:error.request,retry,requestTime});}
const Holdfast = { Client, JsonRpcClient, RpcError, TRANSPORTS, clients: { JsonRpcClient } };
globalThis.Holdfast = Holdfast;
globalThis.RpcBuilder ??= Holdfast;
if (typeof module === 'object' && module.exports) module.exports = Holdfast;
})();
