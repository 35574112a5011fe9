// Holdfast JavaScript client. SPDX-License-Identifier: Apache-2.0. Built from src/ by build.mjs; do not edit.
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
const STABLE_AFTER=5000;const STABLE_IN_A_CROWD_AFTER=60000;const CROWD_FACTOR=4;const GRACE=3000;const FLUSH_TIMEOUT=2000;const HIDDEN_INTERVAL=60000;const PROBE_MIN=1000;const PROBE_MAX=300000;const REPLACED=4409;class Session{state='connecting';sessionId=null;#x;#y=0;#i;#z;#$10;#$11;#$12=new Calls();#$13=new Answers();#$14=[];#$15;#$16;#$17=null;#$18=0;#$19=0;#$1a=null;#$1b=false;#$1c=0;#$1d=0;#$1e=()=>{};#$1f=false;#$1g;#$1h=false;#$1i=()=>{};#$1j=()=>{};#$1k=null;#$1l=()=>{};#$1m=null;constructor(linker,options,hooks){this.#x=linker;this.#i=options;this.#z=hooks;this.#$10=options.greet?PLAIN:KURENTO;this.#$11=options.firstId;this.#$15=new Heartbeat(options.heartbeat,(params,answered)=>this.#$1n(params,answered),()=>this.#$1o(this.#$17),);const isCutOff=()=>isOffline()&&!linker.isLocal;this.#$1g=isCutOff();this.#$16=watchPage({online:()=>this.#$1p(false),offline:()=>this.#$1p(true),visibilitychange:()=>{if(this.#$17&&!this.#$1m)this.#$15.start(this.#$1q);this.#$1r();},pagehide:()=>this.#$1s(),pageshow:({persisted})=>{this.#$1h=false;if(persisted)this.#$1p(isCutOff());},});this.#$1t(0);}
get transport(){return this.#$17?.name??null;}
get isPlain(){return this.#$10===PLAIN;}
request(method,params,{timeout=this.#i.requestTimeout,id=this.#$11++},callback){checked('timeout',timeout);const item={id,method,text:encodeRequest(id,method,params),callback,session:this.sessionId};const refusal=this.#$1u();this.#$12.add(item,timeout);if(refusal)queueMicrotask(()=>this.#$12.settle(item,refusal));else this.#f(item);return(error)=>this.#$12.settle(item,error);}
notify(method,params){const refusal=this.#$1u();if(refusal)throw refusal;this.#f({text:encodeRequest(undefined,method,params)});}
#$1u(){if(this.#$1m)return new RpcError('closed','The client is closed');if(this.state==='disconnected')return new RpcError('transport','Not connected; reconnect() tries again');const{queueLimit}=this.#i;if(this.#$1v||this.#$14.length<queueLimit)return;this.#$14=this.#$14.filter((item)=>this.#$1w(item));if(this.#$14.length>=queueLimit){return new RpcError('queue-full',`${queueLimit} messages wait for the connection already`);}
}
get #$1v(){return this.#$17!==null&&!this.#$1k?.holding;}
#$1w(item){return!item.callback||this.#$12.has(item);}
#f(item){this.#$14.push(item);this.#h();}
#h(){while(this.#$1v&&this.#$14.length>0){const item=this.#$14.shift();if(!this.#$1w(item))continue;item.sent=true;this.#$17.send(item);}
}
#$1x(link,method,params,timeout,callback){const id=this.#$11++;const item={id,method,text:encodeRequest(id,method,params),callback,link,sent:true};this.#$12.add(item,timeout);link.send(item);}
#$1y(){this.#$12.settleAll((item)=>item.link?.ended,new RpcError('transport','The connection was lost'));}
#$1z(text){const message=decode(text);if(!message)return;this.#$19+=1;const{kind,id,method,params,result,error}=message;if(kind==='notification')return this.#z.notification(method,params);if(kind==='request'){const answers=this.#$13;const send=(answer)=>answers===this.#$13&&!this.#$1m&&this.#f({text:answer,reply:true});return answers.answer(id,(reply)=>this.#z.request(method,params,reply),send);}
const item=this.#$12.get(id);if(!item)return;if(!this.isPlain)this.sessionId=sessionIdOf(result)??this.sessionId;this.#$12.settle(item,error===undefined?undefined:remoteError(item,error),result);}
#$20(state){const previous=this.state;this.state=state;if(previous!==state)this.#z.event('state',state,previous);}
#$1t(delay,isWanted=false){this.#$1e();this.#$1i();this.#$1f=isWanted;this.#$1e=after(delay,()=>this.#$21());}
#$21(){this.#$1f=false;if(this.#$1g)return;let isStopped=false;this.#$1i=()=>{isStopped=true;};const open=(error,url)=>{if(isStopped)return;isStopped=true;try{if(error)throw error;if(url)this.#x.url=url;}catch(problem){return this.#$22(problem);}
let isSame=false;const prove=(link,proved)=>
this.#$23(link,(problem,same)=>{isSame=same;proved(problem);});this.#$1i=this.#x.open(this.#x.order,prove,(problem,link)=>{if(problem)this.#$22(problem);else this.#$24(link,isSame);});};if(!this.#$1b||!this.#i.nextUrl)return open();try{this.#i.nextUrl(open);}catch(error){open(error);}
}
#$23(link,done,hasChanged){const{sessionId,isPlain}=this;link.onmessage=(text)=>this.#$1z(text);if(!sessionId&&!this.#i.greet)return done(null,false);this.#$25(link,sessionId,(error,result)=>{const isStrange=error?isOfApplication(error):isPlain&&!isSessionId(result);const isNone=error?.code===CODES.unknownMethod;if(this.#i.greet&&!hasChanged&&(isPlain?isStrange||isNone:isNone&&sessionId)){this.#$10=isPlain?KURENTO:PLAIN;return this.#$23(link,done,true);}
if(!error){this.sessionId=sessionIdOf(result)??sessionId;return done(null,sessionId!==null&&this.sessionId===sessionId);}
const isUnknown=isNone||error.code===CODES.sessionUnknown;if(isUnknown)this.sessionId=null;if(isUnknown&&sessionId)return this.#$23(link,done,hasChanged);if(isNone&&this.#i.greet)this.#$10=PLAIN;done(isNone?null:error,false);});}
#$25(link,sessionId,answered){this.#$1x(link,this.#$10.connect,sessionId?{sessionId}:undefined,0,(error,result)=>{if(sessionId&&error&&error.kind!=='remote')this.#y+=1;answered(error,result);});}
#$22(error){this.#$1y();this.#$1c+=1;const isLast=this.#$1c>=this.#i.maxAttempts;const retryIn=isLast?null:this.#$26();if(!isLast)this.#$1t(retryIn);this.#z.event('connectionFailed',{error,attempt:this.#$1c,retryIn});if(!isLast||this.#$1m)return;this.#$20('disconnected');this.#$14=[];this.#$12.settleAll(()=>true,error);this.#z.event('disconnected',{byUser:false,error});}
#$24(link,sameSession){const isFirst=!this.#$1b;const isNew=!isFirst&&!sameSession;this.#$1b=true;this.#$1i=()=>{};this.#$1y();if(isNew)this.#$27();const waiting=isNew?this.#$14.splice(0):[];this.#$28(link);this.#h();this.#$29(link);if(this.#$17===link)this.#$20('connected');if(this.#$17===link){const detail={sessionId:this.sessionId,transport:link.name};if(isFirst)this.#z.event('connected',detail);else this.#z.event('reconnected',{sameSession,...detail});}
this.#$14.unshift(...waiting);this.#h();}
#$27(){this.#$13=new Answers();this.#y=0;this.#$14=this.#$14.filter((item)=>!item.reply);const error=new RpcError('session-lost','The server no longer knew the session');const isLost=(item)=>item.sent||(item.session&&!this.#i.tellsLoss);this.#$12.settleAll((item)=>!item.link&&isLost(item),error);}
#$28(link){this.#$17=link;this.#$18=Date.now();link.onmessage=(text)=>this.#$1z(text);link.onclose=(why)=>this.#$2a(link,why);this.#$15.start(this.#$1q);this.#$2b();}
#$29({name}){const previous=this.#$1a;this.#$1a=name;if(previous!==name)this.#z.event('transport',name,previous);}
#$1o(link){this.#x.suspect(link.name);this.#$2a(link,{reason:`The server does not answer${this.#x.hint(link.name)}`,unsent:link.drop()});}
#$2a(link,{code,reason,unsent}){if(link!==this.#$17)return;this.#$2c(unsent);if(this.#$1m)return this.#$2d();if(this.#$1k?.asked)return;this.#$2e('The connection was lost');if(code===REPLACED&&(this.#y-=1)<0){this.#y=0;this.sessionId=null;}
const isStable=Date.now()-this.#$18>(this.#x.isCrowded?STABLE_IN_A_CROWD_AFTER:STABLE_AFTER);this.#$1d=isStable?0:this.#$1d+1;this.#$1c=Math.max(0,this.#$1d-1);this.#$2f(reason||`closed with ${code}`,this.#$26());}
#$26(){return this.#i.backoff.delay(this.#$1c)*(this.#x.isCrowded?CROWD_FACTOR:1);}
#$2c(unsent){this.#$1l();this.#$17=null;this.#$15.stop();this.#$1j();const again=unsent.filter((item)=>!item.link&&this.#$1w(item));for(const item of again)item.sent=false;this.#$14.unshift(...again);this.#$1y();}
#$2f(reason,delay,isWanted){this.#$1t(delay,isWanted);this.#$20('reconnecting');this.#z.event('reconnecting',{reason});}
reconnect(delay=0){checked('delay',delay);if(this.#$1m)return false;this.#$1c=this.#$1d=0;this.#$1g=false;if(this.#$17)this.#$2c(this.#$17.drop());else if(this.state!=='disconnected'&&!this.#$1k){this.#$1t(delay,delay>0);return true;}
this.#$2e('The connection was cut');this.#$2f('reconnect() was called',delay,delay>0);return true;}
#$1r(){if(!this.#$17&&!this.#$1f&&!this.#$1g&&this.state!=='disconnected')this.reconnect();}
#$1p(isOffline){this.#$1g=isOffline;if(this.#$1m)return;if(this.#$17)this.#$15.beat();else if(isOffline)this.#$1i();else this.#$1r();}
force(name,done){const link=this.#$17;if(name&&!this.#x.supports(name))return done(new RpcError('transport',`${name} is not available here`));if(link&&name&&link.name!==name&&this.sessionId){return this.#$2g(name,(error)=>{if(!error)this.#x.forced=name;done(error);});}
this.#x.forced=name;if(link&&(!name||link.name===name))this.#$2b();else this.reconnect();done();}
#$2b(delay){this.#$1j();const name=this.#$17&&!this.#$1m&&this.sessionId&&this.#x.better(this.#$17.name);if(!name)return;delay??=this.#$17.isBrief&&name!=='websocket'?PROBE_MAX:this.#i.probeDelay;this.#$1j=after(delay,()=>{if(this.#$1g)return this.#$2b(Math.max(delay,PROBE_MIN));const next=Math.min(Math.max(delay*2,PROBE_MIN),PROBE_MAX);this.#$2g(name,(error)=>error&&this.#$2b(next));});}
#$2g(name,done){if(this.#$1k)return done(new RpcError('transport','Another move is under way'));const old=this.#$17;const move={holding:false,asked:false,stop:()=>{},done};this.#$1k=move;const prove=(link,proved)=>{move.holding=true;this.#$1x(old,this.#$10.ping,undefined,FLUSH_TIMEOUT,()=>{if(this.#$1k!==move||link.ended)return;move.asked=true;link.onmessage=(text)=>this.#$1z(text);this.#$25(link,this.sessionId,proved);});};move.stop=this.#x.open([name],prove,(error,link)=>{this.#$1k=null;this.#$1y();if(!error)this.#$2h(old,link);else if(move.asked){if(this.#$17)this.#$2c(this.#$17.drop());this.#$2f(error.message,0);}else this.#h();done(error??undefined);});}
#$2e(reason){const move=this.#$1k;this.#$1k=null;move?.stop();move?.done(new RpcError('transport',reason));}
#$2h(old,link){this.#$28(link);this.#h();if(!old.ended){const held=[];const release=()=>{clearTimeout(timer);this.#$1l=()=>{};old.drop();this.#$1y();link.onmessage=(text)=>this.#$1z(text);for(const text of held)this.#$1z(text);};let timer;const wait=()=>{clearTimeout(timer);timer=setTimeout(release,GRACE);};wait();old.onmessage=(text)=>{wait();this.#$1z(text);};link.onmessage=(text)=>held.push(text);old.onclose=release;this.#$1l=release;}
this.#$29(link);}
get #$1q(){const{heartbeat}=this.#i;return isHidden()?Math.max(heartbeat,HIDDEN_INTERVAL):heartbeat;}
#$1n(params,answered){const heard=this.#$19;this.#$1x(this.#$17,this.#$10.ping,params,this.#i.heartbeatTimeout,(error)=>{answered(error?.kind==='timeout'&&this.#$19===heard);});}
close({closeSession=false,timeout=FLUSH_TIMEOUT,code}={}){checked('timeout',timeout);const isMoving=this.#$1k?.asked;if(!this.#$1m){this.#$1m=deferred();this.#$1m.code=code;this.#$1e();this.#$1j();this.#$1i();this.#$2e('The client was closed');this.#h();this.#$15.stop();}
if(!closeSession)this.#$2d();else if(!this.#$17||isMoving||this.#$1h)this.#$2i();else{this.#$1m.isAsking=true;this.#$1x(this.#$17,this.#$10.close,undefined,timeout,(error)=>{if(error&&error.kind!=='remote')this.#$2i();else this.#$2d();});}
return this.#$1m.promise;}
#$1s(){this.#$1h=true;if(this.#$1m?.isAsking)this.#$2i();}
#$2i(){if(this.state==='closed')return;const{sessionId}=this;if(sessionId)this.#x.sendLast(encodeRequest(undefined,this.#$10.close,{sessionId}));this.#$2d();}
#$2d(){if(this.state==='closed')return;this.#$16();this.#$1l();this.#$17?.close(this.#$1m.code);this.#$17=null;this.#$14=[];this.#$20('closed');this.#$12.settleAll(()=>true,new RpcError('closed','The client was closed'));this.#z.event('disconnected',{byUser:true});this.#$1m.resolve();}
}
function isOfApplication({kind,code}){return kind==='remote'&&!(code>=-32768&&code<=-32000)&&code!==CODES.sessionUnknown;}
function deferred(){const result={};result.promise=new Promise((resolve)=>Object.assign(result,{resolve}));return result;}
function remoteError(item,wire){const{code,message='The server answered with an error',data}=Object(wire);return new RpcError('remote',String(message),{code,data,method:item.method,wire});}
const DEFAULTS={requestTimeout:10000,heartbeat:5000,heartbeatTimeout:5000,queueLimit:256,maxAttempts:Infinity,probeDelay:5000,};const EVENTS=[
'connected','disconnected','reconnecting','reconnected','connectionFailed','state','transport','notification',];class Client{#$2j;#$2k=new Emitter();#$2l=new Map();constructor(url,options={}){const{heartbeat}=options;const settings={...options,heartbeat:heartbeat===false?0:heartbeat};for(const[name,usual]of Object.entries(DEFAULTS))settings[name]=checked(name,settings[name]??usual);this.#$2j=new Session(new Linker(url,{...settings,query:'wire=plain'}),{...settings,greet:true,tellsLoss:true,firstId:1,backoff:new Backoff(options.backoff)},{event:(...args)=>this.#$2k.emit(...args),notification:(method,params)=>{if(!EVENTS.includes(method))this.#$2k.emit(method,params);this.#$2k.emit('notification',{method,params});},request:(...args)=>this.#$2m(...args),},);}
get state(){return this.#$2j.state;}
get sessionId(){return this.#$2j.sessionId;}
get transport(){return this.#$2j.transport;}
call(method,params,{timeout,signal}={}){return new Promise((resolve,reject)=>{const aborted=()=>new RpcError('aborted',`${method} was aborted`,{method,cause:signal.reason});if(signal?.aborted)return reject(aborted());const abort=()=>forget(aborted());const forget=this.#$2j.request(method,params,{timeout},(error,result)=>{signal?.removeEventListener('abort',abort);if(error)reject(error);else resolve(this.#$2j.isPlain?result:unwrap(result));});signal?.addEventListener('abort',abort);});}
notify(method,params){this.#$2j.notify(method,params);}
on(event,listener){return this.#$2k.on(event,listener);}
off(event,listener){this.#$2k.off(event,listener);}
method(name,handler){this.#$2l.set(name,handler);return()=>{if(this.#$2l.get(name)===handler)this.#$2l.delete(name);};}
reconnect({delay=0}={}){if(!this.#$2j.reconnect(delay))throw new RpcError('closed','The client is closed');}
async forceTransport(name){if(name!==null)checkTransport(name);await new Promise((resolve,reject)=>{this.#$2j.force(name,(error)=>(error?reject(error):resolve()));});}
async close(options){return this.#$2j.close({code:1000,...options});}
async #$2m(method,params,reply){const handler=this.#$2l.get(method);if(!handler)return reply({code:CODES.unknownMethod,message:`Unknown method: ${method}`});try{reply(undefined,await handler(params));}catch(error){const isError=error instanceof Error||Number.isInteger(error?.code);reply(isError?error:{code:CODES.internal,message:String(error)});}
}
}
const REQUEST_TIMEOUT=5000;const MAX_ATTEMPTS=2000;const PROBE_DELAY=5000;class JsonRpcClient{#$2j;#$2n;#$2o;#$2p=false;constructor({ws={},rpc={},heartbeat,sendCloseMessage}={}){const requestTimeout=checked('requestTimeout',rpc.requestTimeout??REQUEST_TIMEOUT);this.#$2n=rpc;this.#$2o=requestTimeout;const hasWebSocket=ws.WebSocket??globalThis.WebSocket;const linker=new Linker(ws.uri,{...ws,SockJS:ws.useSockJS?ws.SockJS:undefined,websocketSuffix:ws.useSockJS?'/websocket':'',transports:ws.transports??(ws.useSockJS||!hasWebSocket?TRANSPORTS:['websocket']),});this.#$2j=new Session(linker,{requestTimeout,heartbeat:checked('heartbeat',heartbeat||0),heartbeatTimeout:checked('heartbeatRequestTimeout',rpc.heartbeatRequestTimeout??requestTimeout),queueLimit:256,maxAttempts:MAX_ATTEMPTS,probeDelay:PROBE_DELAY,backoff:new Backoff(ws.backoff),firstId:0,greet:false,nextUrl:ws.newWsUriOnReconnection,},{event:(name,detail)=>this.#$2q(ws,name,detail),notification:(method,params)=>this.#$2r(method,params),request:(method,params,reply)=>this.#$2r(method,params,reply),},);this.send=(method,params,callback)=>this.#$2s(method,params,callback);this.close=()=>void this.#$2j.close({closeSession:Boolean(sendCloseMessage),timeout:requestTimeout});this.reconnect=()=>void(this.#$2j.state==='reconnecting'||this.#$2j.reconnect());this.forceClose=(millis)=>void this.#$2j.reconnect(millis??0);}
get state(){return this.#$2j.state;}
get sessionId(){return this.#$2j.sessionId;}
get transport(){return this.#$2j.transport;}
#$2q(ws,name,detail){const call=(callback,...args)=>typeof callback==='function'&&guarded(callback,...args);switch(name){case 'connected':
return call(ws.onconnected);case 'reconnecting':
call(ws.ondisconnect,new RpcError('transport',detail.reason));return this.#$2j.state==='reconnecting'&&call(ws.onreconnecting);case 'reconnected':
return call(ws.onreconnected);case 'disconnected':
return detail.byUser||call(ws.ondisconnect,detail.error);case 'connectionFailed':
if(this.#$2p||this.#$2j.state!=='connecting')return;this.#$2p=true;call(ws.onerror,detail.error);return call(ws.onreconnecting);}
}
#$2s(method,params,callback){if(typeof params==='function')[params,callback]=[undefined,params];const requestTime=Date.now();const attempt=(timeout,id)=>{this.#$2j.request(method,params||undefined,{timeout,id},(error,result)=>{if(!error)return callback?.(undefined,result);callback?.(legacyError(error,requestTime,()=>attempt(timeout*2,error.id)),result);});};attempt(this.#$2o);}
#$2r(method,params={},reply){if(method==='pull')return reply?.(undefined,'push');const handler=this.#$2n[method];if(typeof handler!=='function'||handler===Object.prototype[method]){return reply?.({code:CODES.unknownMethod,message:`Unknown method: ${method}`});}
const failed=(error)=>{console.error(error);reply?.({code:CODES.internal,message:String(error?.message??error)});};try{Promise.resolve(handler.call(this.#$2n,params,{method,params,reply})).catch(failed);}catch(error){failed(error);}
}
}
function legacyError(error,requestTime,retry){if(error.kind==='remote'){const{wire}=error;return typeof wire==='object'?Object.assign(wire,{requestTime}):wire;}
if(error.kind!=='timeout')return Object.assign(error,{requestTime});return Object.assign(new RpcError('timeout','Request has timed out'),{request:error.request,retry,requestTime});}
export { Client, JsonRpcClient, RpcError, TRANSPORTS };
