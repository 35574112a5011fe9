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
const isObject=(value)=>typeof value==='object'&&value!==null&&!Array.isArray(value);const hasOwn=(object,name)=>Object.prototype.hasOwnProperty.call(object,name);function encodeRequest(id,method,params){return JSON.stringify({jsonrpc:'2.0',method,params:params??undefined,id});}
function encodeAnswer(id,error,result){if(error===undefined||error===null)return JSON.stringify({jsonrpc:'2.0',result:result??null,id});return JSON.stringify({jsonrpc:'2.0',error:errorObject(error),id});}
function errorObject(error){if(!(error instanceof Error))return error;const code=Number.isInteger(error.code)?error.code:CODES.internal;return{code,message:error.message,data:error.data};}
function decode(text){let message;try{message=JSON.parse(text);}catch{return null;}
if(!isObject(message)||message.jsonrpc!=='2.0')return null;const{id,method,params,result,error}=message;if(typeof method==='string'){return id===undefined||id===null
?{kind:'notification',method,params}
:{kind:'request',id,method,params};}
if(id===undefined||id===null||hasOwn(message,'method'))return null;if(error!==undefined&&error!==null)return{kind:'response',id,error};return hasOwn(message,'result')?{kind:'response',id,result}:null;}
function sessionIdOf(result){return isObject(result)&&typeof result.sessionId==='string'?result.sessionId:undefined;}
function unwrap(result){if(sessionIdOf(result)===undefined)return result;const{sessionId,...rest}=result;const names=Object.keys(rest);if(names.length===0)return null;return names.length===1&&names[0]==='value'?rest.value:rest;}
function addressesOf(text){const base=globalThis.document?.baseURI??globalThis.location?.href.replace(/^blob:/,'');let url;try{if((typeof text==='string'&&text.trim())||text instanceof URL)url=new URL(text,base);}catch{}
const secure={'ws:':'','http:':'','wss:':'s','https:':'s'}[url?.protocol];if(secure===undefined){throw new SyntaxError(`Wanted is a ws, wss, http or https URL, or one relative to a page; this is none: ${String(text)}`);}
const path=url.pathname.replace(/\/+$/,'');const query=(item)=>(item?`${url.search || '?'}${url.search.length > 1 ? '&' : ''}${item}`:url.search);return{ws:(suffix='')=>`ws${secure}://${url.host}${suffix ? path + suffix : url.pathname}${url.search}`,http:(suffix='',item='')=>`http${secure}://${url.host}${path}${suffix}${query(item)}`,};}
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
set url(url){this.#j=addressesOf(url);}
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
const STABLE_AFTER=5000;const STABLE_IN_A_CROWD_AFTER=60000;const CROWD_FACTOR=4;const GRACE=1000;const FLUSH_TIMEOUT=2000;const HIDDEN_INTERVAL=60000;const PROBE_MIN=1000;const PROBE_MAX=300000;const REPLACED=4409;class Session{state='connecting';sessionId=null;#x;#i;#y;#z;#$10=new Calls();#$11=new Answers();#$12=[];#$13;#$14;#$15=null;#$16=0;#$17=0;#$18=null;#$19=false;#$1a=0;#$1b=0;#$1c=()=>{};#$1d=false;#$1e;#$1f=false;#$1g=()=>{};#$1h=()=>{};#$1i=null;#$1j=()=>{};#$1k=null;constructor(linker,options,hooks){this.#x=linker;this.#i=options;this.#y=hooks;this.#z=options.firstId;this.#$13=new Heartbeat(options.heartbeat,(params,answered)=>this.#$1l(params,answered),()=>this.#$1m(this.#$15),);const isCutOff=()=>isOffline()&&!linker.isLocal;this.#$1e=isCutOff();this.#$14=watchPage({online:()=>this.#$1n(false),offline:()=>this.#$1n(true),visibilitychange:()=>{if(this.#$15&&!this.#$1k)this.#$13.start(this.#$1o);this.#$1p();},pagehide:()=>this.#$1q(),pageshow:({persisted})=>{this.#$1f=false;if(persisted)this.#$1n(isCutOff());},});this.#$1r(0);}
get transport(){return this.#$15?.name??null;}
request(method,params,{timeout=this.#i.requestTimeout,id=this.#z++},callback){checked('timeout',timeout);const item={id,method,text:encodeRequest(id,method,params),callback,session:this.sessionId};const refusal=this.#$1s();this.#$10.add(item,timeout);if(refusal)queueMicrotask(()=>this.#$10.settle(item,refusal));else this.#f(item);return(error)=>this.#$10.settle(item,error);}
notify(method,params){const refusal=this.#$1s();if(refusal)throw refusal;this.#f({text:encodeRequest(undefined,method,params)});}
#$1s(){if(this.#$1k)return new RpcError('closed','The client is closed');if(this.state==='disconnected')return new RpcError('transport','Not connected; reconnect() tries again');const{queueLimit}=this.#i;if(this.#$1t||this.#$12.length<queueLimit)return;this.#$12=this.#$12.filter((item)=>this.#$1u(item));if(this.#$12.length>=queueLimit){return new RpcError('queue-full',`${queueLimit} messages wait for the connection already`);}
}
get #$1t(){return this.#$15!==null&&!this.#$1i?.holding;}
#$1u(item){return!item.callback||this.#$10.has(item);}
#f(item){this.#$12.push(item);this.#h();}
#h(){while(this.#$1t&&this.#$12.length>0){const item=this.#$12.shift();if(!this.#$1u(item))continue;item.sent=true;this.#$15.send(item);}
}
#$1v(link,method,params,timeout,callback){const id=this.#z++;const item={id,method,text:encodeRequest(id,method,params),callback,link,sent:true};this.#$10.add(item,timeout);link.send(item);}
#$1w(){this.#$10.settleAll((item)=>item.link?.ended,new RpcError('transport','The connection was lost'));}
#$1x(text){const message=decode(text);if(!message)return;this.#$17+=1;const{kind,id,method,params,result,error}=message;if(kind==='notification')return this.#y.notification(method,params);if(kind==='request'){const answers=this.#$11;const send=(answer)=>answers===this.#$11&&!this.#$1k&&this.#f({text:answer,reply:true});return answers.answer(id,(reply)=>this.#y.request(method,params,reply),send);}
const item=this.#$10.get(id);if(!item)return;this.sessionId=sessionIdOf(result)??this.sessionId;this.#$10.settle(item,error===undefined?undefined:remoteError(item,error),result);}
#$1y(state){const previous=this.state;this.state=state;if(previous!==state)this.#y.event('state',state,previous);}
#$1r(delay,isWanted=false){this.#$1c();this.#$1g();this.#$1d=isWanted;this.#$1c=after(delay,()=>this.#$1z());}
#$1z(){this.#$1d=false;if(this.#$1e)return;let isStopped=false;this.#$1g=()=>{isStopped=true;};const open=(error,url)=>{if(isStopped)return;isStopped=true;try{if(error)throw error;if(url)this.#x.url=url;}catch(problem){return this.#$20(problem);}
let isSame=false;const prove=(link,proved)=>
this.#$21(link,(problem,same)=>{isSame=same;proved(problem);});this.#$1g=this.#x.open(this.#x.order,prove,(problem,link)=>{if(problem)this.#$20(problem);else this.#$22(link,isSame);});};if(!this.#$19||!this.#i.nextUrl)return open();try{this.#i.nextUrl(open);}catch(error){open(error);}
}
#$21(link,done){const{sessionId}=this;link.onmessage=(text)=>this.#$1x(text);if(!sessionId&&!this.#i.greet)return done(null,false);this.#$1v(link,'connect',sessionId?{sessionId}:undefined,0,(error,result)=>{if(!error)return done(null,sessionId!==null&&(sessionIdOf(result)??sessionId)===sessionId);const isUnknown=error.code===CODES.sessionUnknown||error.code===CODES.unknownMethod;if(isUnknown)this.sessionId=null;if(isUnknown&&sessionId)return this.#$21(link,done);done(error.code===CODES.unknownMethod?null:error,false);});}
#$20(error){this.#$1w();this.#$1a+=1;const isLast=this.#$1a>=this.#i.maxAttempts;const retryIn=isLast?null:this.#$23();if(!isLast)this.#$1r(retryIn);this.#y.event('connectionFailed',{error,attempt:this.#$1a,retryIn});if(!isLast||this.#$1k)return;this.#$1y('disconnected');this.#$12=[];this.#$10.settleAll(()=>true,error);this.#y.event('disconnected',{byUser:false,error});}
#$22(link,sameSession){const isFirst=!this.#$19;const isNew=!isFirst&&!sameSession;this.#$19=true;this.#$1g=()=>{};this.#$1w();if(isNew)this.#$24();const waiting=isNew?this.#$12.splice(0):[];this.#$25(link);this.#h();this.#$26(link);if(this.#$15===link)this.#$1y('connected');if(this.#$15===link){const detail={sessionId:this.sessionId,transport:link.name};if(isFirst)this.#y.event('connected',detail);else this.#y.event('reconnected',{sameSession,...detail});}
this.#$12.unshift(...waiting);this.#h();}
#$24(){this.#$11=new Answers();this.#$12=this.#$12.filter((item)=>!item.reply);const error=new RpcError('session-lost','The server no longer knew the session');const isLost=(item)=>item.sent||(item.session&&!this.#i.tellsLoss);this.#$10.settleAll((item)=>!item.link&&isLost(item),error);}
#$25(link){this.#$15=link;this.#$16=Date.now();link.onmessage=(text)=>this.#$1x(text);link.onclose=(why)=>this.#$27(link,why);this.#$13.start(this.#$1o);this.#$28();}
#$26({name}){const previous=this.#$18;this.#$18=name;if(previous!==name)this.#y.event('transport',name,previous);}
#$1m(link){this.#x.suspect(link.name);this.#$27(link,{reason:`The server does not answer${this.#x.hint(link.name)}`,unsent:link.drop()});}
#$27(link,{code,reason,unsent}){if(link!==this.#$15)return;this.#$29(unsent);if(this.#$1k)return this.#$2a();if(this.#$1i?.asked)return;this.#$2b('The connection was lost');if(code===REPLACED)this.sessionId=null;const isStable=Date.now()-this.#$16>(this.#x.isCrowded?STABLE_IN_A_CROWD_AFTER:STABLE_AFTER);this.#$1b=isStable?0:this.#$1b+1;this.#$1a=Math.max(0,this.#$1b-1);this.#$2c(reason||`closed with ${code}`,this.#$23());}
#$23(){return this.#i.backoff.delay(this.#$1a)*(this.#x.isCrowded?CROWD_FACTOR:1);}
#$29(unsent){this.#$1j();this.#$15=null;this.#$13.stop();this.#$1h();const again=unsent.filter((item)=>!item.link&&this.#$1u(item));for(const item of again)item.sent=false;this.#$12.unshift(...again);this.#$1w();}
#$2c(reason,delay,isWanted){this.#$1r(delay,isWanted);this.#$1y('reconnecting');this.#y.event('reconnecting',{reason});}
reconnect(delay=0){checked('delay',delay);if(this.#$1k)return false;this.#$1a=this.#$1b=0;this.#$1e=false;if(this.#$15)this.#$29(this.#$15.drop());else if(this.state!=='disconnected'&&!this.#$1i){this.#$1r(delay,delay>0);return true;}
this.#$2b('The connection was cut');this.#$2c('reconnect() was called',delay,delay>0);return true;}
#$1p(){if(!this.#$15&&!this.#$1d&&!this.#$1e&&this.state!=='disconnected')this.reconnect();}
#$1n(isOffline){this.#$1e=isOffline;if(this.#$1k)return;if(this.#$15)this.#$13.beat();else if(isOffline)this.#$1g();else this.#$1p();}
force(name,done){const link=this.#$15;if(name&&!this.#x.supports(name))return done(new RpcError('transport',`${name} is not available here`));if(link&&name&&link.name!==name&&this.sessionId){return this.#$2d(name,(error)=>{if(!error)this.#x.forced=name;done(error);});}
this.#x.forced=name;if(link&&(!name||link.name===name))this.#$28();else this.reconnect();done();}
#$28(delay){this.#$1h();const name=this.#$15&&!this.#$1k&&this.sessionId&&this.#x.better(this.#$15.name);if(!name)return;delay??=this.#$15.isBrief&&name!=='websocket'?PROBE_MAX:this.#i.probeDelay;this.#$1h=after(delay,()=>{if(this.#$1e)return this.#$28(Math.max(delay,PROBE_MIN));const next=Math.min(Math.max(delay*2,PROBE_MIN),PROBE_MAX);this.#$2d(name,(error)=>error&&this.#$28(next));});}
#$2d(name,done){if(this.#$1i)return done(new RpcError('transport','Another move is under way'));const old=this.#$15;const move={holding:false,asked:false,stop:()=>{},done};this.#$1i=move;const prove=(link,proved)=>{move.holding=true;this.#$1v(old,'ping',undefined,FLUSH_TIMEOUT,()=>{if(this.#$1i!==move||link.ended)return;move.asked=true;link.onmessage=(text)=>this.#$1x(text);this.#$1v(link,'connect',{sessionId:this.sessionId},0,proved);});};move.stop=this.#x.open([name],prove,(error,link)=>{this.#$1i=null;this.#$1w();if(!error)this.#$2e(old,link);else if(move.asked){if(this.#$15)this.#$29(this.#$15.drop());this.#$2c(error.message,0);}else this.#h();done(error??undefined);});}
#$2b(reason){const move=this.#$1i;this.#$1i=null;move?.stop();move?.done(new RpcError('transport',reason));}
#$2e(old,link){this.#$25(link);this.#h();if(!old.ended){const held=[];const release=()=>{clearTimeout(timer);this.#$1j=()=>{};old.drop();this.#$1w();link.onmessage=(text)=>this.#$1x(text);for(const text of held)this.#$1x(text);};const timer=setTimeout(release,GRACE);link.onmessage=(text)=>held.push(text);old.onclose=release;this.#$1j=release;}
this.#$26(link);}
get #$1o(){const{heartbeat}=this.#i;return isHidden()?Math.max(heartbeat,HIDDEN_INTERVAL):heartbeat;}
#$1l(params,answered){const heard=this.#$17;this.#$1v(this.#$15,'ping',params,this.#i.heartbeatTimeout,(error)=>{answered(error?.kind==='timeout'&&this.#$17===heard);});}
close({closeSession=false,timeout=FLUSH_TIMEOUT,code}={}){checked('timeout',timeout);const isMoving=this.#$1i?.asked;if(!this.#$1k){this.#$1k=deferred();this.#$1k.code=code;this.#$1c();this.#$1h();this.#$1g();this.#$2b('The client was closed');this.#h();this.#$13.stop();}
if(!closeSession)this.#$2a();else if(!this.#$15||isMoving||this.#$1f)this.#$2f();else{this.#$1k.isAsking=true;this.#$1v(this.#$15,'closeSession',undefined,timeout,(error)=>{if(error&&error.kind!=='remote')this.#$2f();else this.#$2a();});}
return this.#$1k.promise;}
#$1q(){this.#$1f=true;if(this.#$1k?.isAsking)this.#$2f();}
#$2f(){if(this.state==='closed')return;if(this.sessionId)this.#x.sendLast(encodeRequest(undefined,'closeSession',{sessionId:this.sessionId}));this.#$2a();}
#$2a(){if(this.state==='closed')return;this.#$14();this.#$1j();this.#$15?.close(this.#$1k.code);this.#$15=null;this.#$12=[];this.#$1y('closed');this.#$10.settleAll(()=>true,new RpcError('closed','The client was closed'));this.#y.event('disconnected',{byUser:true});this.#$1k.resolve();}
}
function deferred(){const result={};result.promise=new Promise((resolve)=>Object.assign(result,{resolve}));return result;}
function remoteError(item,wire){const{code,message='The server answered with an error',data}=Object(wire);return new RpcError('remote',String(message),{code,data,method:item.method,wire});}
const DEFAULTS={requestTimeout:10000,heartbeat:5000,heartbeatTimeout:5000,queueLimit:256,maxAttempts:Infinity,probeDelay:5000,};const EVENTS=[
'connected','disconnected','reconnecting','reconnected','connectionFailed','state','transport','notification',];class Client{#$2g;#$2h=new Emitter();#$2i=new Map();constructor(url,options={}){const{heartbeat}=options;const settings={...options,heartbeat:heartbeat===false?0:heartbeat};for(const[name,usual]of Object.entries(DEFAULTS))settings[name]=checked(name,settings[name]??usual);this.#$2g=new Session(new Linker(url,settings),{...settings,greet:true,tellsLoss:true,firstId:1,backoff:new Backoff(options.backoff)},{event:(...args)=>this.#$2h.emit(...args),notification:(method,params)=>{if(!EVENTS.includes(method))this.#$2h.emit(method,params);this.#$2h.emit('notification',{method,params});},request:(...args)=>this.#$2j(...args),},);}
get state(){return this.#$2g.state;}
get sessionId(){return this.#$2g.sessionId;}
get transport(){return this.#$2g.transport;}
call(method,params,{timeout,signal}={}){return new Promise((resolve,reject)=>{const aborted=()=>new RpcError('aborted',`${method} was aborted`,{method,cause:signal.reason});if(signal?.aborted)return reject(aborted());const abort=()=>forget(aborted());const forget=this.#$2g.request(method,params,{timeout},(error,result)=>{signal?.removeEventListener('abort',abort);if(error)reject(error);else resolve(unwrap(result));});signal?.addEventListener('abort',abort);});}
notify(method,params){this.#$2g.notify(method,params);}
on(event,listener){return this.#$2h.on(event,listener);}
off(event,listener){this.#$2h.off(event,listener);}
method(name,handler){this.#$2i.set(name,handler);return()=>{if(this.#$2i.get(name)===handler)this.#$2i.delete(name);};}
reconnect({delay=0}={}){if(!this.#$2g.reconnect(delay))throw new RpcError('closed','The client is closed');}
async forceTransport(name){if(name!==null)checkTransport(name);await new Promise((resolve,reject)=>{this.#$2g.force(name,(error)=>(error?reject(error):resolve()));});}
async close(options){return this.#$2g.close({code:1000,...options});}
async #$2j(method,params,reply){const handler=this.#$2i.get(method);if(!handler)return reply({code:CODES.unknownMethod,message:`Unknown method: ${method}`});try{reply(undefined,await handler(params));}catch(error){const isError=error instanceof Error||Number.isInteger(error?.code);reply(isError?error:{code:CODES.internal,message:String(error)});}
}
}
const REQUEST_TIMEOUT=5000;const MAX_ATTEMPTS=2000;const PROBE_DELAY=5000;class JsonRpcClient{#$2g;#$2k;#$2l;#$2m=false;constructor({ws={},rpc={},heartbeat,sendCloseMessage}={}){const requestTimeout=checked('requestTimeout',rpc.requestTimeout??REQUEST_TIMEOUT);this.#$2k=rpc;this.#$2l=requestTimeout;const hasWebSocket=ws.WebSocket??globalThis.WebSocket;const linker=new Linker(ws.uri,{...ws,SockJS:ws.useSockJS?ws.SockJS:undefined,websocketSuffix:ws.useSockJS?'/websocket':'',transports:ws.transports??(ws.useSockJS||!hasWebSocket?TRANSPORTS:['websocket']),});this.#$2g=new Session(linker,{requestTimeout,heartbeat:checked('heartbeat',heartbeat||0),heartbeatTimeout:checked('heartbeatRequestTimeout',rpc.heartbeatRequestTimeout??requestTimeout),queueLimit:256,maxAttempts:MAX_ATTEMPTS,probeDelay:PROBE_DELAY,backoff:new Backoff(ws.backoff),firstId:0,greet:false,nextUrl:ws.newWsUriOnReconnection,},{event:(name,detail)=>this.#$2n(ws,name,detail),notification:(method,params)=>this.#$2o(method,params),request:(method,params,reply)=>this.#$2o(method,params,reply),},);this.send=(method,params,callback)=>this.#$2p(method,params,callback);this.close=()=>void this.#$2g.close({closeSession:Boolean(sendCloseMessage),timeout:requestTimeout});this.reconnect=()=>void(this.#$2g.state==='reconnecting'||this.#$2g.reconnect());this.forceClose=(millis)=>void this.#$2g.reconnect(millis??0);}
get state(){return this.#$2g.state;}
get sessionId(){return this.#$2g.sessionId;}
get transport(){return this.#$2g.transport;}
#$2n(ws,name,detail){const call=(callback,...args)=>typeof callback==='function'&&guarded(callback,...args);switch(name){case 'connected':
return call(ws.onconnected);case 'reconnecting':
call(ws.ondisconnect,new RpcError('transport',detail.reason));return this.#$2g.state==='reconnecting'&&call(ws.onreconnecting);case 'reconnected':
return call(ws.onreconnected);case 'disconnected':
return detail.byUser||call(ws.ondisconnect,detail.error);case 'connectionFailed':
if(this.#$2m||this.#$2g.state!=='connecting')return;this.#$2m=true;call(ws.onerror,detail.error);return call(ws.onreconnecting);}
}
#$2p(method,params,callback){if(typeof params==='function')[params,callback]=[undefined,params];const requestTime=Date.now();const attempt=(timeout,id)=>{this.#$2g.request(method,params||undefined,{timeout,id},(error,result)=>{if(!error)return callback?.(undefined,result);callback?.(legacyError(error,requestTime,()=>attempt(timeout*2,error.id)),result);});};attempt(this.#$2l);}
#$2o(method,params={},reply){if(method==='pull')return reply?.(undefined,'push');const handler=this.#$2k[method];if(typeof handler!=='function'||handler===Object.prototype[method]){return reply?.({code:CODES.unknownMethod,message:`Unknown method: ${method}`});}
const failed=(error)=>{console.error(error);reply?.({code:CODES.internal,message:String(error?.message??error)});};try{Promise.resolve(handler.call(this.#$2k,params,{method,params,reply})).catch(failed);}catch(error){failed(error);}
}
}
function legacyError(error,requestTime,retry){if(error.kind==='remote'){const{wire}=error;return typeof wire==='object'?Object.assign(wire,{requestTime}):wire;}
if(error.kind!=='timeout')return Object.assign(error,{requestTime});return Object.assign(new RpcError('timeout','Request has timed out'),{request:error.request,retry,requestTime});}
export { Client, JsonRpcClient, RpcError, TRANSPORTS };
