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
class Calls{#u=new Map();add(item,timeout){this.#u.set(String(item.id),item);const{id,method,text:request}=item;item.stop=after(timeout||Infinity,()=>{this.settle(item,new RpcError('timeout',`No answer to ${method} in ${timeout} ms`,{id,method,request}));});}
get(id){return this.#u.get(String(id));}
has(item){return this.get(item.id)===item;}
settle(item,error,result){item.stop();if(!this.has(item))return;this.#u.delete(String(item.id));guarded(item.callback,error,result);}
settleAll(matches,error){for(const item of[...this.#u.values()])if(matches(item))this.settle(item,error);}
}
class Heartbeat{#v;#w=0;#$9=false;constructor(interval,ping,dead){Object.assign(this,{interval,ping,dead});}
start(interval=this.interval){this.stop();if(!(this.interval>0&&this.interval<Infinity))return;const next=()=>{this.#v=after(interval,()=>{next();this.beat();});};next();this.beat({interval});}
stop(){this.#v?.();this.#v=undefined;this.#w+=1;this.#$9=false;}
beat(params){if(this.#$9||!this.#v)return;this.#$9=true;const round=this.#w;this.ping(params,(failed)=>{if(round!==this.#w)return;this.#$9=false;if(failed)this.dead();});}
}
const isHidden=()=>globalThis.document?.visibilityState==='hidden';const isOffline=()=>globalThis.navigator?.onLine===false;const LOOK=1000;function watchPage(listeners){const all=(change)=>Object.entries(listeners).forEach((entry)=>globalThis[change]?.(...entry,true));all('addEventListener');let timer;if(!('ononline' in globalThis)&&typeof globalThis.navigator?.onLine==='boolean'){let wasOffline=isOffline();timer=setInterval(()=>{if(isOffline()===wasOffline)return;wasOffline=!wasOffline;listeners[wasOffline?'offline':'online']();},LOOK);}
return()=>{clearInterval(timer);all('removeEventListener');};}
const STABLE_AFTER=5000;const STABLE_IN_A_CROWD_AFTER=60000;const CROWD_FACTOR=4;const GRACE=1000;const FLUSH_TIMEOUT=2000;const HIDDEN_INTERVAL=60000;const PROBE_MIN=1000;const PROBE_MAX=300000;const REPLACED=4409;class Session{state='connecting';sessionId=null;#x;#i;#y;#z;#$10;#$11=new Calls();#$12=new Answers();#$13=[];#$14;#$15;#$16=null;#$17=0;#$18=0;#$19=null;#$1a=false;#$1b=0;#$1c=0;#$1d=()=>{};#$1e=false;#$1f;#$1g=false;#$1h=()=>{};#$1i=()=>{};#$1j=null;#$1k=()=>{};#$1l=null;constructor(linker,options,hooks){this.#x=linker;this.#i=options;this.#y=hooks;this.#z=options.greet?PLAIN:KURENTO;this.#$10=options.firstId;this.#$14=new Heartbeat(options.heartbeat,(params,answered)=>this.#$1m(params,answered),()=>this.#$1n(this.#$16),);const isCutOff=()=>isOffline()&&!linker.isLocal;this.#$1f=isCutOff();this.#$15=watchPage({online:()=>this.#$1o(false),offline:()=>this.#$1o(true),visibilitychange:()=>{if(this.#$16&&!this.#$1l)this.#$14.start(this.#$1p);this.#$1q();},pagehide:()=>this.#$1r(),pageshow:({persisted})=>{this.#$1g=false;if(persisted)this.#$1o(isCutOff());},});this.#$1s(0);}
get transport(){return this.#$16?.name??null;}
get isPlain(){return this.#z===PLAIN;}
request(method,params,{timeout=this.#i.requestTimeout,id=this.#$10++},callback){checked('timeout',timeout);const item={id,method,text:encodeRequest(id,method,params),callback,session:this.sessionId};const refusal=this.#$1t();this.#$11.add(item,timeout);if(refusal)queueMicrotask(()=>this.#$11.settle(item,refusal));else this.#f(item);return(error)=>this.#$11.settle(item,error);}
notify(method,params){const refusal=this.#$1t();if(refusal)throw refusal;this.#f({text:encodeRequest(undefined,method,params)});}
#$1t(){if(this.#$1l)return new RpcError('closed','The client is closed');if(this.state==='disconnected')return new RpcError('transport','Not connected; reconnect() tries again');const{queueLimit}=this.#i;if(this.#$1u||this.#$13.length<queueLimit)return;this.#$13=this.#$13.filter((item)=>this.#$1v(item));if(this.#$13.length>=queueLimit){return new RpcError('queue-full',`${queueLimit} messages wait for the connection already`);}
}
get #$1u(){return this.#$16!==null&&!this.#$1j?.holding;}
#$1v(item){return!item.callback||this.#$11.has(item);}
#f(item){this.#$13.push(item);this.#h();}
#h(){while(this.#$1u&&this.#$13.length>0){const item=this.#$13.shift();if(!this.#$1v(item))continue;item.sent=true;this.#$16.send(item);}
}
#$1w(link,method,params,timeout,callback){const id=this.#$10++;const item={id,method,text:encodeRequest(id,method,params),callback,link,sent:true};this.#$11.add(item,timeout);link.send(item);}
#$1x(){this.#$11.settleAll((item)=>item.link?.ended,new RpcError('transport','The connection was lost'));}
#$1y(text){const message=decode(text);if(!message)return;this.#$18+=1;const{kind,id,method,params,result,error}=message;if(kind==='notification')return this.#y.notification(method,params);if(kind==='request'){const answers=this.#$12;const send=(answer)=>answers===this.#$12&&!this.#$1l&&this.#f({text:answer,reply:true});return answers.answer(id,(reply)=>this.#y.request(method,params,reply),send);}
const item=this.#$11.get(id);if(!item)return;if(!this.isPlain)this.sessionId=sessionIdOf(result)??this.sessionId;this.#$11.settle(item,error===undefined?undefined:remoteError(item,error),result);}
#$1z(state){const previous=this.state;this.state=state;if(previous!==state)this.#y.event('state',state,previous);}
#$1s(delay,isWanted=false){this.#$1d();this.#$1h();this.#$1e=isWanted;this.#$1d=after(delay,()=>this.#$20());}
#$20(){this.#$1e=false;if(this.#$1f)return;let isStopped=false;this.#$1h=()=>{isStopped=true;};const open=(error,url)=>{if(isStopped)return;isStopped=true;try{if(error)throw error;if(url)this.#x.url=url;}catch(problem){return this.#$21(problem);}
let isSame=false;const prove=(link,proved)=>
this.#$22(link,(problem,same)=>{isSame=same;proved(problem);});this.#$1h=this.#x.open(this.#x.order,prove,(problem,link)=>{if(problem)this.#$21(problem);else this.#$23(link,isSame);});};if(!this.#$1a||!this.#i.nextUrl)return open();try{this.#i.nextUrl(open);}catch(error){open(error);}
}
#$22(link,done,hasChanged){const{sessionId,isPlain}=this;link.onmessage=(text)=>this.#$1y(text);if(!sessionId&&!this.#i.greet)return done(null,false);this.#$1w(link,this.#z.connect,sessionId?{sessionId}:undefined,0,(error,result)=>{const isStrange=error?isOfApplication(error):isPlain&&!isSessionId(result);const isNone=error?.code===CODES.unknownMethod;if(this.#i.greet&&!hasChanged&&(isPlain?isStrange||isNone:isNone&&sessionId)){this.#z=isPlain?KURENTO:PLAIN;return this.#$22(link,done,true);}
if(!error){this.sessionId=sessionIdOf(result)??sessionId;return done(null,sessionId!==null&&this.sessionId===sessionId);}
const isUnknown=isNone||error.code===CODES.sessionUnknown;if(isUnknown)this.sessionId=null;if(isUnknown&&sessionId)return this.#$22(link,done,hasChanged);if(isNone&&this.#i.greet)this.#z=PLAIN;done(isNone?null:error,false);});}
#$21(error){this.#$1x();this.#$1b+=1;const isLast=this.#$1b>=this.#i.maxAttempts;const retryIn=isLast?null:this.#$24();if(!isLast)this.#$1s(retryIn);this.#y.event('connectionFailed',{error,attempt:this.#$1b,retryIn});if(!isLast||this.#$1l)return;this.#$1z('disconnected');this.#$13=[];this.#$11.settleAll(()=>true,error);this.#y.event('disconnected',{byUser:false,error});}
#$23(link,sameSession){const isFirst=!this.#$1a;const isNew=!isFirst&&!sameSession;this.#$1a=true;this.#$1h=()=>{};this.#$1x();if(isNew)this.#$25();const waiting=isNew?this.#$13.splice(0):[];this.#$26(link);this.#h();this.#$27(link);if(this.#$16===link)this.#$1z('connected');if(this.#$16===link){const detail={sessionId:this.sessionId,transport:link.name};if(isFirst)this.#y.event('connected',detail);else this.#y.event('reconnected',{sameSession,...detail});}
this.#$13.unshift(...waiting);this.#h();}
#$25(){this.#$12=new Answers();this.#$13=this.#$13.filter((item)=>!item.reply);const error=new RpcError('session-lost','The server no longer knew the session');const isLost=(item)=>item.sent||(item.session&&!this.#i.tellsLoss);this.#$11.settleAll((item)=>!item.link&&isLost(item),error);}
#$26(link){this.#$16=link;this.#$17=Date.now();link.onmessage=(text)=>this.#$1y(text);link.onclose=(why)=>this.#$28(link,why);this.#$14.start(this.#$1p);this.#$29();}
#$27({name}){const previous=this.#$19;this.#$19=name;if(previous!==name)this.#y.event('transport',name,previous);}
#$1n(link){this.#x.suspect(link.name);this.#$28(link,{reason:`The server does not answer${this.#x.hint(link.name)}`,unsent:link.drop()});}
#$28(link,{code,reason,unsent}){if(link!==this.#$16)return;this.#$2a(unsent);if(this.#$1l)return this.#$2b();if(this.#$1j?.asked)return;this.#$2c('The connection was lost');if(code===REPLACED)this.sessionId=null;const isStable=Date.now()-this.#$17>(this.#x.isCrowded?STABLE_IN_A_CROWD_AFTER:STABLE_AFTER);this.#$1c=isStable?0:this.#$1c+1;this.#$1b=Math.max(0,this.#$1c-1);this.#$2d(reason||`closed with ${code}`,this.#$24());}
#$24(){return this.#i.backoff.delay(this.#$1b)*(this.#x.isCrowded?CROWD_FACTOR:1);}
#$2a(unsent){this.#$1k();this.#$16=null;this.#$14.stop();this.#$1i();const again=unsent.filter((item)=>!item.link&&this.#$1v(item));for(const item of again)item.sent=false;this.#$13.unshift(...again);this.#$1x();}
#$2d(reason,delay,isWanted){this.#$1s(delay,isWanted);this.#$1z('reconnecting');this.#y.event('reconnecting',{reason});}
reconnect(delay=0){checked('delay',delay);if(this.#$1l)return false;this.#$1b=this.#$1c=0;this.#$1f=false;if(this.#$16)this.#$2a(this.#$16.drop());else if(this.state!=='disconnected'&&!this.#$1j){this.#$1s(delay,delay>0);return true;}
this.#$2c('The connection was cut');this.#$2d('reconnect() was called',delay,delay>0);return true;}
#$1q(){if(!this.#$16&&!this.#$1e&&!this.#$1f&&this.state!=='disconnected')this.reconnect();}
#$1o(isOffline){this.#$1f=isOffline;if(this.#$1l)return;if(this.#$16)this.#$14.beat();else if(isOffline)this.#$1h();else this.#$1q();}
force(name,done){const link=this.#$16;if(name&&!this.#x.supports(name))return done(new RpcError('transport',`${name} is not available here`));if(link&&name&&link.name!==name&&this.sessionId){return this.#$2e(name,(error)=>{if(!error)this.#x.forced=name;done(error);});}
this.#x.forced=name;if(link&&(!name||link.name===name))this.#$29();else this.reconnect();done();}
#$29(delay){this.#$1i();const name=this.#$16&&!this.#$1l&&this.sessionId&&this.#x.better(this.#$16.name);if(!name)return;delay??=this.#$16.isBrief&&name!=='websocket'?PROBE_MAX:this.#i.probeDelay;this.#$1i=after(delay,()=>{if(this.#$1f)return this.#$29(Math.max(delay,PROBE_MIN));const next=Math.min(Math.max(delay*2,PROBE_MIN),PROBE_MAX);this.#$2e(name,(error)=>error&&this.#$29(next));});}
#$2e(name,done){if(this.#$1j)return done(new RpcError('transport','Another move is under way'));const old=this.#$16;const move={holding:false,asked:false,stop:()=>{},done};this.#$1j=move;const prove=(link,proved)=>{move.holding=true;this.#$1w(old,this.#z.ping,undefined,FLUSH_TIMEOUT,()=>{if(this.#$1j!==move||link.ended)return;move.asked=true;link.onmessage=(text)=>this.#$1y(text);this.#$1w(link,this.#z.connect,{sessionId:this.sessionId},0,proved);});};move.stop=this.#x.open([name],prove,(error,link)=>{this.#$1j=null;this.#$1x();if(!error)this.#$2f(old,link);else if(move.asked){if(this.#$16)this.#$2a(this.#$16.drop());this.#$2d(error.message,0);}else this.#h();done(error??undefined);});}
#$2c(reason){const move=this.#$1j;this.#$1j=null;move?.stop();move?.done(new RpcError('transport',reason));}
#$2f(old,link){this.#$26(link);this.#h();if(!old.ended){const held=[];const release=()=>{clearTimeout(timer);this.#$1k=()=>{};old.drop();this.#$1x();link.onmessage=(text)=>this.#$1y(text);for(const text of held)this.#$1y(text);};const timer=setTimeout(release,GRACE);link.onmessage=(text)=>held.push(text);old.onclose=release;this.#$1k=release;}
this.#$27(link);}
get #$1p(){const{heartbeat}=this.#i;return isHidden()?Math.max(heartbeat,HIDDEN_INTERVAL):heartbeat;}
#$1m(params,answered){const heard=this.#$18;this.#$1w(this.#$16,this.#z.ping,params,this.#i.heartbeatTimeout,(error)=>{answered(error?.kind==='timeout'&&this.#$18===heard);});}
close({closeSession=false,timeout=FLUSH_TIMEOUT,code}={}){checked('timeout',timeout);const isMoving=this.#$1j?.asked;if(!this.#$1l){this.#$1l=deferred();this.#$1l.code=code;this.#$1d();this.#$1i();this.#$1h();this.#$2c('The client was closed');this.#h();this.#$14.stop();}
if(!closeSession)this.#$2b();else if(!this.#$16||isMoving||this.#$1g)this.#$2g();else{this.#$1l.isAsking=true;this.#$1w(this.#$16,this.#z.close,undefined,timeout,(error)=>{if(error&&error.kind!=='remote')this.#$2g();else this.#$2b();});}
return this.#$1l.promise;}
#$1r(){this.#$1g=true;if(this.#$1l?.isAsking)this.#$2g();}
#$2g(){if(this.state==='closed')return;const{sessionId}=this;if(sessionId)this.#x.sendLast(encodeRequest(undefined,this.#z.close,{sessionId}));this.#$2b();}
#$2b(){if(this.state==='closed')return;this.#$15();this.#$1k();this.#$16?.close(this.#$1l.code);this.#$16=null;this.#$13=[];this.#$1z('closed');this.#$11.settleAll(()=>true,new RpcError('closed','The client was closed'));this.#y.event('disconnected',{byUser:true});this.#$1l.resolve();}
}
function isOfApplication({kind,code}){return kind==='remote'&&!(code>=-32768&&code<=-32000)&&code!==CODES.sessionUnknown;}
function deferred(){const result={};result.promise=new Promise((resolve)=>Object.assign(result,{resolve}));return result;}
function remoteError(item,wire){const{code,message='The server answered with an error',data}=Object(wire);return new RpcError('remote',String(message),{code,data,method:item.method,wire});}
const DEFAULTS={requestTimeout:10000,heartbeat:5000,heartbeatTimeout:5000,queueLimit:256,maxAttempts:Infinity,probeDelay:5000,};const EVENTS=[
'connected','disconnected','reconnecting','reconnected','connectionFailed','state','transport','notification',];class Client{#$2h;#$2i=new Emitter();#$2j=new Map();constructor(url,options={}){const{heartbeat}=options;const settings={...options,heartbeat:heartbeat===false?0:heartbeat};for(const[name,usual]of Object.entries(DEFAULTS))settings[name]=checked(name,settings[name]??usual);this.#$2h=new Session(new Linker(url,{...settings,query:'wire=plain'}),{...settings,greet:true,tellsLoss:true,firstId:1,backoff:new Backoff(options.backoff)},{event:(...args)=>this.#$2i.emit(...args),notification:(method,params)=>{if(!EVENTS.includes(method))this.#$2i.emit(method,params);this.#$2i.emit('notification',{method,params});},request:(...args)=>this.#$2k(...args),},);}
get state(){return this.#$2h.state;}
get sessionId(){return this.#$2h.sessionId;}
get transport(){return this.#$2h.transport;}
call(method,params,{timeout,signal}={}){return new Promise((resolve,reject)=>{const aborted=()=>new RpcError('aborted',`${method} was aborted`,{method,cause:signal.reason});if(signal?.aborted)return reject(aborted());const abort=()=>forget(aborted());const forget=this.#$2h.request(method,params,{timeout},(error,result)=>{signal?.removeEventListener('abort',abort);if(error)reject(error);else resolve(this.#$2h.isPlain?result:unwrap(result));});signal?.addEventListener('abort',abort);});}
notify(method,params){this.#$2h.notify(method,params);}
on(event,listener){return this.#$2i.on(event,listener);}
off(event,listener){this.#$2i.off(event,listener);}
method(name,handler){this.#$2j.set(name,handler);return()=>{if(this.#$2j.get(name)===handler)this.#$2j.delete(name);};}
reconnect({delay=0}={}){if(!this.#$2h.reconnect(delay))throw new RpcError('closed','The client is closed');}
async forceTransport(name){if(name!==null)checkTransport(name);await new Promise((resolve,reject)=>{this.#$2h.force(name,(error)=>(error?reject(error):resolve()));});}
async close(options){return this.#$2h.close({code:1000,...options});}
async #$2k(method,params,reply){const handler=this.#$2j.get(method);if(!handler)return reply({code:CODES.unknownMethod,message:`Unknown method: ${method}`});try{reply(undefined,await handler(params));}catch(error){const isError=error instanceof Error||Number.isInteger(error?.code);reply(isError?error:{code:CODES.internal,message:String(error)});}
}
}
const REQUEST_TIMEOUT=5000;const MAX_ATTEMPTS=2000;const PROBE_DELAY=5000;class JsonRpcClient{#$2h;#$2l;#$2m;#$2n=false;constructor({ws={},rpc={},heartbeat,sendCloseMessage}={}){const requestTimeout=checked('requestTimeout',rpc.requestTimeout??REQUEST_TIMEOUT);this.#$2l=rpc;this.#$2m=requestTimeout;const hasWebSocket=ws.WebSocket??globalThis.WebSocket;const linker=new Linker(ws.uri,{...ws,SockJS:ws.useSockJS?ws.SockJS:undefined,websocketSuffix:ws.useSockJS?'/websocket':'',transports:ws.transports??(ws.useSockJS||!hasWebSocket?TRANSPORTS:['websocket']),});this.#$2h=new Session(linker,{requestTimeout,heartbeat:checked('heartbeat',heartbeat||0),heartbeatTimeout:checked('heartbeatRequestTimeout',rpc.heartbeatRequestTimeout??requestTimeout),queueLimit:256,maxAttempts:MAX_ATTEMPTS,probeDelay:PROBE_DELAY,backoff:new Backoff(ws.backoff),firstId:0,greet:false,nextUrl:ws.newWsUriOnReconnection,},{event:(name,detail)=>this.#$2o(ws,name,detail),notification:(method,params)=>this.#$2p(method,params),request:(method,params,reply)=>this.#$2p(method,params,reply),},);this.send=(method,params,callback)=>this.#$2q(method,params,callback);this.close=()=>void this.#$2h.close({closeSession:Boolean(sendCloseMessage),timeout:requestTimeout});this.reconnect=()=>void(this.#$2h.state==='reconnecting'||this.#$2h.reconnect());this.forceClose=(millis)=>void this.#$2h.reconnect(millis??0);}
get state(){return this.#$2h.state;}
get sessionId(){return this.#$2h.sessionId;}
get transport(){return this.#$2h.transport;}
#$2o(ws,name,detail){const call=(callback,...args)=>typeof callback==='function'&&guarded(callback,...args);switch(name){case 'connected':
return call(ws.onconnected);case 'reconnecting':
call(ws.ondisconnect,new RpcError('transport',detail.reason));return this.#$2h.state==='reconnecting'&&call(ws.onreconnecting);case 'reconnected':
return call(ws.onreconnected);case 'disconnected':
return detail.byUser||call(ws.ondisconnect,detail.error);case 'connectionFailed':
if(this.#$2n||this.#$2h.state!=='connecting')return;this.#$2n=true;call(ws.onerror,detail.error);return call(ws.onreconnecting);}
}
#$2q(method,params,callback){if(typeof params==='function')[params,callback]=[undefined,params];const requestTime=Date.now();const attempt=(timeout,id)=>{this.#$2h.request(method,params||undefined,{timeout,id},(error,result)=>{if(!error)return callback?.(undefined,result);callback?.(legacyError(error,requestTime,()=>attempt(timeout*2,error.id)),result);});};attempt(this.#$2m);}
#$2p(method,params={},reply){if(method==='pull')return reply?.(undefined,'push');const handler=this.#$2l[method];if(typeof handler!=='function'||handler===Object.prototype[method]){return reply?.({code:CODES.unknownMethod,message:`Unknown method: ${method}`});}
const failed=(error)=>{console.error(error);reply?.({code:CODES.internal,message:String(error?.message??error)});};try{Promise.resolve(handler.call(this.#$2l,params,{method,params,reply})).catch(failed);}catch(error){failed(error);}
}
}
function legacyError(error,requestTime,retry){if(error.kind==='remote'){const{wire}=error;return typeof wire==='object'?Object.assign(wire,{requestTime}):wire;}
if(error.kind!=='timeout')return Object.assign(error,{requestTime});return Object.assign(new RpcError('timeout','Request has timed out'),{request:error.request,retry,requestTime});}
const Holdfast = { Client, JsonRpcClient, RpcError, TRANSPORTS, clients: { JsonRpcClient } };
globalThis.Holdfast = Holdfast;
globalThis.RpcBuilder ??= Holdfast;
if (typeof module === 'object' && module.exports) module.exports = Holdfast;
})();
