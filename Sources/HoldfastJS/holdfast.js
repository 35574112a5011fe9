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
const CODES={invalid:-32600,unknownMethod:-32601,internal:-32603,superseded:-32056,sessionUnknown:40007};function guarded(callback,...args){try{return callback(...args);}catch(error){console.error(error);}
}
class Emitter{#e=new Map();on(name,listener){const entry={listener};const entries=this.#e.get(name)??[];this.#e.set(name,[...entries,entry]);return()=>this.#t(name,(other)=>other===entry);}
off(name,listener){this.#t(name,(entry)=>listener===undefined||entry.listener===listener);}
emit(name,...args){const entries=this.#e.get(name)??[];for(const{listener}of entries)guarded(listener,...args);return entries.length>0;}
#t(name,matches){const entries=this.#e.get(name)??[];this.#e.set(name,entries.filter((entry)=>!matches(entry)));}
}
const isObject=(value)=>typeof value==='object'&&value!==null&&!Array.isArray(value);const hasOwn=(object,name)=>Object.prototype.hasOwnProperty.call(object,name);const KURENTO={connect:'connect',ping:'ping',close:'closeSession'};const PLAIN={connect:'rpc.connect',ping:'rpc.ping',close:'rpc.close'};function encodeRequest(id,method,params){return JSON.stringify({jsonrpc:'2.0',method,params:params??undefined,id});}
function encodeAnswer(id,error,result){if(error===undefined||error===null)return JSON.stringify({jsonrpc:'2.0',result:result??null,id});return JSON.stringify({jsonrpc:'2.0',error:errorObject(error),id});}
function errorObject(error){if(!(error instanceof Error))return error;const code=Number.isInteger(error.code)?error.code:CODES.internal;return{code,message:error.message,data:error.data};}
function withNumbers(text,seq,rcv){return `${text.slice(0, -1)}${seq ? `,"seq":${seq}` : ''},"rcv":${rcv}}`;}
const withoutNumbers=(text)=>text.replace(/,"seq":\d+,"rcv":\d+}$/,'}');function decode(text){let message;try{message=JSON.parse(text);}catch{return null;}
if(!isObject(message)||message.jsonrpc!=='2.0')return null;const hasId=(message.id??null)!==null;const error=message.error??undefined;if(typeof message.method==='string')return{...message,kind:hasId?'request':'notification'};if(!hasId||hasOwn(message,'method')||(error===undefined&&!hasOwn(message,'result')))return null;return{...message,error,kind:'response'};}
function isSessionId(result){return sessionIdOf(result)!==undefined&&Object.keys(result).length===(result.resume?.v===1?2:1);}
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
const OPEN=1;class WebSocketLink extends Link{#t;#r=[];constructor(name,url,Constructor){super(name);let problem='';const socket=(this.#t=new Constructor(url));socket.onopen=()=>{this.name=socket.transport??name;this.opened();};socket.onmessage=(event)=>{if(typeof event.data==='string')this.deliver(event.data);};socket.onerror=(event)=>{problem=event?.message??'';setTimeout(()=>socket.readyState!==OPEN&&this.lost(1006,problem,this.#r),0);};socket.onclose=(event)=>this.lost(event.code,event.reason||problem,this.#r);}
send(item){if(this.#t.readyState===OPEN)this.#t.send(item.text);else this.#r.push(item);}
close(code){this.ended=true;if(code===undefined)this.#t.close();else this.#t.close(code);}
drop(){this.close();return this.#r;}
}
const BATCH=32768;const FAREWELL=1000;const HASTE=500;const MOST_HASTE=9;const STRANGER='Not a SockJS server, or a proxy answered for it';function sessionPath(){const bytes=crypto.getRandomValues(new Uint8Array(29));const text=Array.from(bytes,(byte)=>(byte % 32).toString(32));const server=bytes.slice(26).map((byte)=>byte % 10).join('');return `/${server}/${text.slice(0, 26).join('')}`;}
const isString=(value)=>typeof value==='string';class SockJSLink extends Link{#c=sessionPath();#u;#h;#a=new Set();#f=false;#e=[];#i=null;isOpen=false;hasSent=false;wake=()=>{};#s=0;#l=0;constructor(name,address,credentials,isBrief=false){super(name);this.isBrief=isBrief;this.#u=address;this.#h=credentials;this.#d();}
async #d(){let hasty=0;try{while(!this.ended){this.#s=this.#l=0;const start=Date.now();await this.receive();hasty=this.#s===this.#l&&!this.isBrief&&Date.now()-start<HASTE?hasty+1:0;if(!this.#s||hasty>MOST_HASTE)throw new Error('The server sent nothing');}
}catch(error){this.#f=true;if(!this.ended)await Promise.race([this.#i,new Promise((resolve)=>setTimeout(resolve,FAREWELL))]);this.#o(1006,error.message);}
}
async #p(address,body,use){const abort=new AbortController();this.#a.add(abort);try{const response=await fetch(address,{method:'POST',body,headers:body===undefined?{}:{'content-type':'text/plain'},credentials:this.#h,cache:'no-store',signal:abort.signal,});return await use(response);}catch(error){abort.abort();throw error;}finally{this.#a.delete(abort);}
}
#n(){this.#f=true;for(const abort of this.#a)abort.abort();}
receiving(transport,use){const items=[this.isOpen&&'continued',this.isBrief&&'brief'].filter(Boolean).join('&');const address=this.#u(`${this.#c}/${transport}`,items);return this.#p(address,undefined,(response)=>{const{status,headers}=response;const type=headers.get('content-type');if(status!==200)throw new Error(`${transport} answered ${status}`);if(/html/i.test(type))throw new Error(`${STRANGER}: ${type}`);return use(response);});}
frame(frame){if(/^hh+$/.test(frame))return;this.#s+=1;const[kind]=frame;let value;try{value=JSON.parse(frame.slice(1));}catch{}
if(frame==='o'){if(this.isOpen)return this.#o(1006,'The server lost the connection');this.isOpen=true;this.opened();}else if(kind==='c'&&Number.isInteger(value?.[0])){this.#o(value[0],String(value[1]??''));}else if(this.isOpen&&frame==='h'){this.#l+=1;}else if(this.isOpen&&kind==='a'&&Array.isArray(value)&&value.every(isString)){for(const text of value)this.deliver(text);}else if(this.isOpen&&kind==='m'&&isString(value)){this.deliver(value);}else{throw new Error(`${STRANGER}: ${frame.slice(0, 60)}`);}
}
send(item){this.#e.push(item);this.#i??=this.#v();}
async #v(){await null;while(this.#e.length>0&&!this.#f){let size=0;let count=0;while(count<this.#e.length&&(count===0||size<BATCH))size+=this.#e[count++].text.length;const batch=this.#e.splice(0,count);try{const body=JSON.stringify(batch.map((item)=>item.text));await this.#p(this.#u(`${this.#c}/xhr_send`),body,({status})=>{if(status===404)this.#e.unshift(...batch);if(status!==204)throw new Error(`xhr_send answered ${status}`);});this.hasSent=true;this.wake();}catch(error){this.#o(1006,error.message);}
}
this.#i=null;if(this.ended)this.#n();}
#o(code,reason){this.#n();this.lost(code,reason,this.#e.splice(0));}
close(){this.ended=true;if(this.#i)setTimeout(()=>this.#n(),FAREWELL);else this.#n();}
drop(){this.ended=true;this.#n();return this.#e.splice(0);}
}
class StreamLink extends SockJSLink{receive(){return this.receiving('xhr_streaming',async(response)=>{const reader=response.body.getReader();const decoder=new TextDecoder();let rest='';for(;;){const{done,value}=await reader.read();if(this.ended)return;const lines=(rest+decoder.decode(value,{stream:!done})).split('\n');rest=lines.pop();for(const line of lines)this.frame(line);if(rest&&(done||/^[^ohamc]/.test(rest)))this.frame(rest);if(done)return;}
});}
}
const PAUSE=1000;class PollLink extends SockJSLink{async receive(){if(this.isBrief&&this.isOpen&&!this.hasSent){await new Promise((resolve)=>{this.wake=resolve;setTimeout(resolve,PAUSE);});if(this.ended)return;}
this.hasSent=false;await this.receiving('xhr',async(response)=>{const text=await response.text();if(text)this.frame(text.trimEnd());});}
}
const TRANSPORTS=['websocket','xhr-streaming','xhr-polling'];const OPEN_TIMEOUTS={websocket:4000,'xhr-streaming':4000,'xhr-polling':10000,sockjs:10000};const REMEMBER_FOR=3600000;const LAST_FOR=5000;const CROWDED_FOR=300000;const CROWDED='; other tabs may hold the six connections of HTTP/1.1: share a client in a SharedWorker, or serve HTTP/2';const memory=new Map();class Linker{forced=null;#e;#t;#r;#f={};#i=-Infinity;#l;constructor(url,options={}){this.#e=options;this.#r=options.transports??TRANSPORTS;for(const name of this.#r)checkTransport(name);const{openTimeout}=options;for(const[name,usual]of Object.entries(OPEN_TIMEOUTS)){const limit=typeof openTimeout==='object'?openTimeout?.[name]:openTimeout;this.#f[name]=checked('openTimeout',limit??usual)||Infinity;}
this.url=url;}
set url(url){this.#t=addressesOf(url,this.#e.query);}
get isLocal(){return /^wss?:\/\/(localhost|127\.|\[::1\])/.test(this.#t.ws());}
get names(){if(this.#e.SockJS)return['sockjs'];const names=this.forced?[this.forced]:this.#r;return names.filter((name)=>this.#s[name]);}
supports(name){return!this.#e.SockJS&&Boolean(this.#s[name]);}
better(name){const best=this.names[0];return this.#e.SockJS||best===name?undefined:best;}
open(names,prove,done){const waiting=[...names];const cause=[];let current=null;let stop;const settle=()=>{stop?.();const link=current;current=null;return link;};const next=()=>{if(waiting.length===0){const reasons=cause.map(({message})=>message).join('; ');return done(new RpcError('transport',reasons||'no transport is available here',{cause}));}
const name=waiting.shift();const failed=(reason,kind='transport')=>{if(current!==link)return;settle();link?.drop();cause.push(new RpcError(kind,`${name}: ${reason}`,{transport:name}));if(kind==='timeout'&&!cause.some(isSilentSocket))this.suspect(name);next();};let link=null;try{link=this.#s[name]();}catch(error){return failed(error.message);}
current=link;const limit=this.#f[name];stop=after(limit,()=>{failed(`not open within ${limit} ms${this.hint(name)}`,'timeout');});link.onclose=({code,reason})=>failed(reason||`closed with ${code}`);link.onopen=()=>
prove(link,(error)=>{if(current!==link)return;if(error?.isFinal)waiting.length=0;if(error)return failed(error.message);settle();if(name!=='xhr-polling')this.#i=-Infinity;if(!this.forced&&(names.length>1||!this.better(name)))this.#p(name);done(null,link);});};next();return()=>settle()?.drop();}
hint(name){return name.startsWith('xhr')&&globalThis.location?CROWDED:'';}
suspect(name){if(this.hint(name))this.#i=Date.now();}
get isCrowded(){return Date.now()-this.#i<CROWDED_FOR;}
sendLast(text){const{credentials='include'}=this.#e;const signal=AbortSignal.timeout?.(LAST_FOR);const options={method:'POST',body:text,keepalive:true,credentials,signal};globalThis.fetch?.(this.#t.http(),options).catch(()=>{});}
get order(){const{names}=this;const first=this.#l??this.#d();return names.includes(first)?[first,...names.filter((name)=>name!==first)]:names;}
get #s(){const{ws,http}=this.#t;const{SockJS,websocketSuffix,credentials='include'}=this.#e;const Socket=this.#e.WebSocket??globalThis.WebSocket;const canFetch=typeof fetch==='function';return{sockjs:SockJS&&(()=>new WebSocketLink('sockjs',http(),SockJS)),websocket:Socket&&(()=>new WebSocketLink('websocket',ws(websocketSuffix),Socket)),'xhr-streaming':
canFetch&&typeof ReadableStream==='function'&&(()=>new StreamLink('xhr-streaming',http,credentials)),'xhr-polling':canFetch&&(()=>new PollLink('xhr-polling',http,credentials,this.isCrowded)),};}
get key(){return `holdfast:${this.#t.http()}`.split('?')[0];}
get #c(){return String(this.names)===String(TRANSPORTS);}
#p(name){this.#l=name;if(!this.#c||this.isCrowded)return;const text=`${name} ${Date.now()}`;memory.set(this.key,text);try{localStorage.setItem(this.key,text);}catch{}
}
#d(){if(!this.#c)return;let text=memory.get(this.key);try{text??=localStorage.getItem(this.key);}catch{}
const[name,time]=(text??'').split(' ');return Date.now()-time<REMEMBER_FOR?name:undefined;}
}
function checkTransport(name){if(!TRANSPORTS.includes(name))throw new RangeError(`Not a transport: ${name}`);}
const isSilentSocket=({transport,kind})=>transport==='websocket'&&kind==='timeout';class Counter{last;hasNews=false;#n=[];#o;#u;#a=0;constructor(policy,last=0){this.#o=policy;this.#u=this.last=last;}
get isDue(){return this.hasNews&&(this.last-this.#u>=this.#o.msgs||this.#a>=this.#o.bytes);}
accept(seq,bytes=0){if(!(seq<=this.last+1))return 'violation';this.hasNews=true;if(seq<=this.last)return 'repeated';this.last=seq;this.#a+=bytes;this.#h();return 'new';}
lose(from,to){const found=[];let next=Math.max(from,this.last+1);for(const known of[...this.#n,{from:to+1,to}]){const end=Math.min(to,known.from-1);if(next<=end)found.push({from:next,to:end});next=Math.max(next,known.to+1);}
this.#n=[...this.#n,...found].sort((a,b)=>a.from-b.from);this.#h();return found;}
tell(){this.hasNews=false;this.#a=0;return(this.#u=this.last);}
#h(){while(this.#n[0]?.from===this.last+1){this.last=this.#n.shift().to;this.hasNews=true;}
}
}
class Ledger{acked;bytes=0;#e=[];#t;constructor(limits,acked=0){this.#t=limits;this.acked=acked;}
get end(){return this.acked+this.#e.length;}
get isHalfFull(){return this.#e.length>this.#t.msgs / 2||this.bytes>this.#t.bytes / 2;}
append(message,size,isNotification=false){const share=isNotification?0.75:1;const isFull=this.#e.length>=this.#t.msgs*share||this.bytes+size>this.#t.bytes*share;if(this.#e.length>0&&isFull)return false;this.restore(message,size);return true;}
restore(message,size){this.#e.push({message,size});this.bytes+=size;}
after(cursor){return this.#e[cursor-this.acked]?.message;}
acknowledge(seq){const gone=this.#e.splice(0,Math.max(0,seq-this.acked));this.acked+=gone.length;for(const{size}of gone)this.bytes-=size;return gone.map(({message})=>message);}
}
const BUFFER={msgs:1024,bytes:1048576};const isCount=(value)=>Number.isSafeInteger(value)&&value>=0;const violation=(text)=>new RpcError('transport',text);const sizeOf=(text)=>new TextEncoder().encode(text).length;const offer=(buf)=>({v:[1],at:1,buf});function agreement(answer,{msgs,bytes}){const{v,epoch,token,ack={},buf}=Object(answer);if(v!==1||typeof epoch!=='string'||typeof token!=='string')return;const least=(own,other)=>(other>=1?Math.min(own,other):own);const room={msgs:least(msgs,buf?.msgs),bytes:least(bytes,buf?.bytes)};return{epoch,token,ack,buf:room,at:1,rcv:0,acked:0};}
class Resumption{ledger;counter;violations=0;isSuperseded=false;losses=[];#n;#t;#a;#f=false;#d=null;constructor(session,{rcv,acked,...agreed},texts=[]){this.#n=session;this.#t=agreed;this.ledger=new Ledger(agreed.buf,acked);this.counter=new Counter(agreed.ack,rcv);this.#a=acked;for(const wire of texts)this.ledger.restore(itemOf(withoutNumbers(wire),wire),sizeOf(wire));this.save();}
get token(){return this.#t.token;}
back(migrate){this.#t.at+=1;const rcv=this.#s();this.save();const{at,epoch,token}=this.#t;return{v:[1],at,epoch,token,rcv,sent:this.ledger.end,migrate};}
returned(answer){const{v,token,rcv,next,gaps}=Object(answer);if(v!==1||typeof token!=='string'||!this.#v(rcv)||!isCount(next))return false;this.#t.token=token;this.isSuperseded=this.#f=false;this.#x(rcv);this.#a=this.ledger.acked;for(const{from,to,why}of Array.isArray(gaps)?gaps:[])this.lose(from,to,why);this.lose(1,next-1,'acknowledged');this.save();return true;}
add(item){const seq=this.ledger.end+1;const wire=withNumbers(item.text,seq,this.counter.last);if(!this.ledger.append(item,sizeOf(wire),!item.callback&&!item.isAnswer))return false;item.wire=wire;this.#s();this.#n.store?.put(seq,wire);this.save();return true;}
pump(link){let item;while((item=this.ledger.after(this.#a))){this.#a+=1;link.send({text:item.wire,link});}
if(!this.ledger.isHalfFull||this.#f)return;this.#f=true;link.send({text:encodeRequest(undefined,'rpc.ackNow'),link});}
take({seq,rcv},size,mustCount){if(rcv!==undefined)this.acknowledge(rcv);if(seq===undefined&&!mustCount)return true;const verdict=isCount(seq)&&seq>0?this.counter.accept(seq,size):'violation';if(verdict==='violation')throw violation(`Message ${seq} came after ${this.counter.last}`);const isNew=verdict==='new';if(isNew){this.violations=0;this.save();}
this.#T();return isNew;}
acknowledge(rcv){if(!this.#v(rcv))throw violation(`Message ${rcv} of ${this.ledger.end} was acknowledged`);if(rcv<=this.ledger.acked)return;this.violations=0;this.#f=false;this.#x(rcv);this.save();this.#n.flush();}
lose(from,to,why){if(!isCount(from)||!isCount(to))return;for(const part of this.counter.lose(from,to))this.losses.push({...part,why});this.#T();}
tell(){const{link}=this.#n;link?.send({text:encodeRequest(undefined,'rpc.ack',{rcv:this.#s()}),link});}
telling(text){return this.counter.hasNews?withNumbers(text,0,this.#s()):text;}
end(rcv){this.#s();if(!this.#v(rcv))return[];this.ledger.acknowledge(rcv);return this.ledger.acknowledge(this.ledger.end);}
save(){const{store,sessionId,nextId}=this.#n;const{acked,end}=this.ledger;store?.save({...this.#t,id:sessionId,rcv:this.counter.last,acked,end,nextId});}
#v(seq){return isCount(seq)&&seq<=this.ledger.end;}
#x(rcv){const{acked}=this.ledger;this.ledger.acknowledge(rcv);this.#n.store?.remove(acked+1,rcv);}
#T(){if(this.counter.isDue)this.tell();else if(this.counter.hasNews)this.#d??=setTimeout(()=>this.tell(),this.#t.ack.ms);}
#s(){clearTimeout(this.#d);this.#d=null;return this.counter.tell();}
}
function itemOf(text,wire){const{method}=JSON.parse(text);return{text,wire,method,isAnswer:!method};}
const HANDOVER=500;class Store{#l;#c;#m=()=>{};#o=false;#g=0;#y=0;constructor(storage,key){this.#l=storage;this.#c=key;}
open(done){const record=guarded(()=>this.#M());if(!record)return done();hold(record.id,(release)=>{if(!release)this.clear();else if(this.#N(release))return done(record);done();});}
begin(id){this.clear();hold(id,(release)=>{if(release)this.#N(release);else this.#C();});}
save(record){this.#g=record.acked;this.#y=record.end;this.#b('',JSON.stringify(record));}
put(seq,text){this.#b(`:${seq}`,text);}
remove(from,to){for(let seq=from;seq<=to;seq+=1)this.#w(`:${seq}`);}
wait(texts){if(texts.length>0)this.#b(':',JSON.stringify(texts));else this.#w(':');}
leave(){this.#o=true;this.#m();}
clear(){this.#m();this.remove(this.#g+1,this.#y);this.wait([]);this.#w('');}
#N(release){if(this.#o)release();else this.#m=release;return!this.#o;}
#M(){const record=JSON.parse(this.#E(''));if(typeof record?.token!=='string')return;this.#g=record.acked;this.#y=record.end;const texts=[];for(let seq=record.acked+1;seq<=record.end;seq+=1)texts.push(this.#E(`:${seq}`));if(texts.every((text)=>text))return{...record,texts,waiting:JSON.parse(this.#E(':'))??[]};this.clear();}
#E(name){return this.#l.getItem(this.#c+name);}
#b(name,text){if(!this.#o&&!guarded(()=>this.#l.setItem(this.#c+name,text)??true))this.#C();}
#w(name){guarded(()=>this.#l.removeItem(this.#c+name));}
#C(){this.clear();this.#o=true;}
}
function hold(id,done){const locks=globalThis.navigator?.locks;if(!locks)return done(globalThis.document?undefined:()=>{});const abort=new AbortController();const timer=setTimeout(()=>abort.abort(),HANDOVER);const held=()=>{clearTimeout(timer);return new Promise(done);};locks.request(`holdfast:${id}`,{signal:abort.signal},held).catch(()=>done());}
const KEPT=256;class Answers{#e=new Map();answer(id,handle,send){const key=JSON.stringify(id);if(this.#e.has(key)){const text=this.#e.get(key);if(text)send(text);return;}
this.#e.set(key,null);if(this.#e.size>KEPT)this.#e.delete(this.#e.keys().next().value);let isOpen=true;handle((error,result)=>{if(!isOpen)return;isOpen=false;const text=encoded(id,error,result);if(this.#e.has(key))this.#e.set(key,text);send(text);});}
}
function encoded(id,error,result){try{return encodeAnswer(id,error,result);}catch(problem){return encodeAnswer(id,{code:CODES.internal,message:problem.message});}
}
const STABLE_AFTER=5000;const STABLE_IN_A_CROWD_AFTER=60000;const CROWD_FACTOR=4;class Attempts{isAway=false;isOffline;everConnected=false;#k=true;#r;#u;#L;#S;#i=0;#h=0;#A=0;#O=()=>{};#p=()=>{};constructor(linker,options,isOffline,prove,done){this.#r=linker;this.#u=options;this.isOffline=isOffline;this.#L=prove;this.#S=done;}
begin(){this.#k=false;this.start(0);}
start(delay,isAway=false){this.stop();this.isAway=isAway;this.#O=after(delay,()=>this.#e1());}
stop(){this.#O();this.stopAttempt();}
stopAttempt(){this.#p();}
linked(){this.#A=Date.now();}
lost(){const isStable=Date.now()-this.#A>(this.#r.isCrowded?STABLE_IN_A_CROWD_AFTER:STABLE_AFTER);this.#h=isStable?0:this.#h+1;this.#i=Math.max(0,this.#h-1);}
forget(){this.#i=this.#h=0;this.isOffline=false;}
get pause(){return this.#u.backoff.delay(this.#i)*(this.#r.isCrowded?CROWD_FACTOR:1);}
failed(){this.#i+=1;const retryIn=this.#i<this.#u.maxAttempts?this.pause:null;if(retryIn!==null)this.start(retryIn);return{attempt:this.#i,retryIn};}
#e1(){this.isAway=false;if(this.#k||this.isOffline)return;let isStopped=false;this.#p=()=>{isStopped=true;};const open=(error,url)=>{if(isStopped)return;isStopped=true;try{if(error)throw error;if(url)this.#r.url=url;}catch(problem){return this.#S(problem);}
this.#p=this.#r.open(this.#r.order,this.#L,(problem,link)=>{this.#p=()=>{};this.#S(problem,link);});};if(!this.everConnected||!this.#u.nextUrl)return open();try{this.#u.nextUrl(open);}catch(error){open(error);}
}
}
class Calls{#t=new Map();add(item,timeout){this.#t.set(String(item.id),item);const{id,method,text:request}=item;item.stop=after(timeout||Infinity,()=>{this.settle(item,new RpcError('timeout',`No answer to ${method} in ${timeout} ms`,{id,method,request}));});}
get(id){return this.#t.get(String(id));}
has(item){return this.get(item.id)===item;}
settle(item,error,result){item.stop();if(!this.has(item))return;this.#t.delete(String(item.id));guarded(item.callback,error,result);}
settleAll(matches,error){for(const item of[...this.#t.values()])if(matches(item))this.settle(item,error);}
}
const TIMEOUT=2000;class Ending{#e;#n=null;#i;#s;#o=false;#u=false;#a=false;constructor(session){this.#e=session;}
get hasBegun(){return this.#n!==null;}
close({closeSession=false,timeout=TIMEOUT,code}={}){checked('timeout',timeout);const session=this.#e;const isMoving=session.moves.current?.isAsked;if(!this.hasBegun){this.#n=new Promise((resolve)=>(this.#i=resolve));this.#s=code;session.quiesce();}
this.#o||=closeSession;if(!closeSession)this.finish();else if(!session.link||isMoving||this.#a)this.#r();else{this.#u=true;session.ask(session.link,session.names.close,undefined,timeout,(error)=>{if(error&&error.kind!=='remote')this.#r();else this.finish();});}
return this.#n;}
leave(isLeaving){this.#a=isLeaving;if(isLeaving&&this.#u)this.#r();}
finish(){const session=this.#e;if(session.state==='closed')return;session.link?.close(this.#s);session.finished(this.#o);this.#i();}
#r(){if(this.#e.state==='closed')return;this.#e.endAlone();this.finish();}
}
function greet(session,link,done,hasChanged){const{sessionId,isPlain}=session;const{greet:mayAsk,buf}=session.options;link.onmessage=(text)=>session.receive(text,link);if(session.resume)return comeBack(session,link,done);if(!sessionId&&!mayAsk)return done(null,false);const params=sessionId?{sessionId}:buf&&isPlain?{resume:offer(buf)}:undefined;askForSession(session,link,params,(error,result)=>{const isStrange=error?isOfApplication(error):isPlain&&!isSessionId(result);const isNone=error?.code===CODES.unknownMethod;if(mayAsk&&!hasChanged&&(isPlain?isStrange||isNone:isNone&&sessionId)){session.names=isPlain?KURENTO:PLAIN;return greet(session,link,done,true);}
if(!error){session.sessionId=sessionIdOf(result)??sessionId;if(params?.resume)session.agree(result.resume);return done(null,sessionId!==null&&session.sessionId===sessionId);}
const isUnknown=isNone||error.code===CODES.sessionUnknown;if(isUnknown)session.sessionId=null;if(isUnknown&&sessionId)return greet(session,link,done,hasChanged);if(isNone&&mayAsk)session.names=PLAIN;done(isNone?null:error,false);});}
function comeBack(session,link,done){const{resume}=session;askForReturn(session,link,false,(error)=>{const{code,data}=Object(error);const isGone=code===CODES.sessionUnknown||code===CODES.unknownMethod;const isSuperseded=code===CODES.superseded;if(!isGone&&!isSuperseded&&code!==CODES.invalid)return done(error,!error);if(isSuperseded&&!resume.isSuperseded)resume.isSuperseded=true;else session.forfeit(data?.resume?.rcv);if(isGone)return greet(session,link,done);error.isFinal=true;done(error);});}
function askForReturn(session,link,migrate,answered){const{sessionId,resume}=session;askForSession(session,link,{sessionId,resume:resume.back(migrate||undefined)},(error,result)=>{if(error)return answered(error);if(session.resume===resume&&resume.returned(result?.resume))return answered();answered({message:'No resume',code:CODES.sessionUnknown});});}
function askForSession(session,link,params,answered){session.ask(link,session.names.connect,params,0,(error,result)=>{if(params?.sessionId&&error&&error.kind!=='remote')session.lateConnects+=1;answered(error,result);});}
function isOfApplication({kind,code}){return kind==='remote'&&!(code>=-32768&&code<=-32000)&&code!==CODES.sessionUnknown;}
class Heartbeat{#t;#i=0;#n=false;constructor(interval,ping,dead){Object.assign(this,{interval,ping,dead});}
start(interval=this.interval){this.stop();if(!(this.interval>0&&this.interval<Infinity))return;const next=()=>{this.#t=after(interval,()=>{next();this.beat();});};next();this.beat({interval});}
stop(){this.#t?.();this.#t=undefined;this.#i+=1;this.#n=false;}
beat(params){if(this.#n||!this.#t)return;this.#n=true;const round=this.#i;this.ping(params,(failed)=>{if(round!==this.#i)return;this.#n=false;if(failed)this.dead();});}
}
const GRACE=3000;const FLUSH_TIMEOUT=2000;const PROBE_MIN=1000;const PROBE_MAX=300000;const PROOF_TIMEOUT=10000;class Moves{#e;#r;current=null;#s=()=>{};#o=()=>{};constructor(session,linker){this.#e=session;this.#r=linker;}
scheduleProbe(delay){this.stopProbe();const{link,isClosing,sessionId,options}=this.#e;const name=link&&!isClosing&&sessionId&&this.#r.better(link.name);if(!name)return;delay??=link.isBrief&&name!=='websocket'?PROBE_MAX:options.probeDelay;this.#s=after(delay,()=>{if(this.#e.isOffline)return this.scheduleProbe(Math.max(delay,PROBE_MIN));const next=Math.min(Math.max(delay*2,PROBE_MIN),PROBE_MAX);this.to([name],(error)=>error&&this.scheduleProbe(next));});}
stopProbe(){this.#s();}
goAway(delay){this.stopProbe();this.#s=after(delay,()=>this.to(this.#r.order,(error)=>error&&this.scheduleProbe()));}
to(names,done){if(this.current)return done(new RpcError('transport','Another move is under way'));const session=this.#e;const old=session.link;const move={isHolding:false,isAsked:false,stop:()=>{},done};this.current=move;const{resume,sessionId,names:{ping}}=session;const prove=(link,proved)=>{link.onmessage=(text)=>session.receive(text,link);move.isHolding=!resume;session.ask(resume?link:old,ping,undefined,resume?PROOF_TIMEOUT:FLUSH_TIMEOUT,(error)=>{if(this.current!==move||link.ended)return;if(resume&&error)return proved(error);move.isAsked=true;if(resume)askForReturn(session,link,true,proved);else askForSession(session,link,{sessionId},proved);});};move.stop=this.#r.open(names,prove,(error,link)=>{this.current=null;session.forgetEndedLinks();if(!error)this.#u(old,link);else if(move.isAsked&&!(resume&&session.link))session.restart(error.message);else session.flush();done(error??undefined);});}
stop(reason){const move=this.current;this.current=null;move?.stop();move?.done(new RpcError('transport',reason));}
release(){this.#o();}
#u(old,link){const session=this.#e;session.use(link);session.flush();if(!old.ended)this.#a(old,link,session.resume===null);session.tellTransport(link);}
#a(old,link,isFirst){const session=this.#e;const held=[];let timer;const release=()=>{clearTimeout(timer);this.#o=()=>{};old.drop();session.forgetEndedLinks();link.onmessage=(text)=>session.receive(text,link);for(const text of held)session.receive(text,link);};const wait=()=>{clearTimeout(timer);timer=setTimeout(release,GRACE);};wait();old.onmessage=(text)=>{wait();session.receive(text,old);};if(isFirst)link.onmessage=(text)=>held.push(text);old.onclose=release;this.#o=release;}
}
class Outbox{#i=[];#r;#l;constructor(calls,limit){this.#r=calls;this.#l=limit;}
get refusal(){if(this.#i.length<this.#l||this.texts.length<this.#l)return;return new RpcError('queue-full',`${this.#l} messages wait already`);}
get isEmpty(){return this.#i.length===0;}
get texts(){this.#i=this.#i.filter((item)=>this.#p(item));return this.#i.map(({text})=>text);}
add(item){this.#i.push(item);}
putBack(items){const again=items.filter((item)=>!item.link&&this.#p(item));for(const item of again)item.sent=false;this.#i.unshift(...again);}
next(){while(this.#i.length>0){const item=this.#i.shift();if(this.#p(item))return item;}
}
takeAll(){return this.#i.splice(0);}
dropAnswers(){this.#i=this.#i.filter((item)=>!item.isAnswer);}
#p(item){return!item.callback||this.#r.has(item);}
}
const isHidden=()=>globalThis.document?.visibilityState==='hidden';const isOffline=()=>globalThis.navigator?.onLine===false;const LOOK=1000;function watchPage(listeners){const all=(change)=>Object.entries(listeners).forEach((entry)=>globalThis[change]?.(...entry,true));all('addEventListener');let timer;if(!('ononline' in globalThis)&&typeof globalThis.navigator?.onLine==='boolean'){let wasOffline=isOffline();timer=setInterval(()=>{if(isOffline()===wasOffline)return;wasOffline=!wasOffline;listeners[wasOffline?'offline':'online']();},LOOK);}
return()=>{clearInterval(timer);all('removeEventListener');};}
const HIDDEN_INTERVAL=60000;const VIOLATION=4400;const MOST_VIOLATIONS=3;const REPLACED=4409;class Session{state='connecting';sessionId=null;link=null;names;lateConnects=0;resume=null;store;nextId;#s;#o;#r=new Calls();#d=new Answers();#n;#t;#u;#a;#E;#v=0;#S=null;constructor(linker,options,hooks){this.options=options;this.names=options.greet?PLAIN:KURENTO;this.moves=new Moves(this,linker);this.#s=hooks;this.#o=linker;this.nextId=options.firstId;this.store=options.store;this.#n=new Outbox(this.#r,options.queueLimit);this.#u=new Ending(this);this.#a=new Heartbeat(options.heartbeat,(params,answered)=>this.#e1(params,answered),()=>this.#t1(this.link),);const isCutOff=()=>isOffline()&&!linker.isLocal;let isSame=false;const prove=(link,proved)=>
greet(this,link,(problem,same)=>{isSame=same;proved(problem);});this.#t=new Attempts(linker,options,isCutOff(),prove,(error,link)=>{if(error)this.#n1(error);else this.#r1(link,isSame);});this.#E=watchPage({online:()=>this.#m(false),offline:()=>this.#m(true),visibilitychange:()=>{if(this.link&&!this.isClosing)this.#a.start(this.#x);this.#T();},pagehide:()=>this.#u.leave(true),pageshow:({persisted})=>{this.#u.leave(false);if(persisted)this.#m(isCutOff());},});if(!this.store)return this.#t.begin();this.store.open((record)=>{if(record)this.#i1(record);if(!this.isClosing)this.#t.begin();});}
get transport(){return this.link?.name??null;}
get isPlain(){return this.names===PLAIN;}
get isOffline(){return this.#t.isOffline;}
get isClosing(){return this.#u.hasBegun;}
request(method,params,{timeout=this.options.requestTimeout,id=this.nextId++},callback){checked('timeout',timeout);const item={id,method,text:encodeRequest(id,method,params),callback,session:this.sessionId};const refusal=this.#N();this.#r.add(item,timeout);if(refusal)queueMicrotask(()=>this.#r.settle(item,refusal));else this.#g(item);return(error)=>this.#r.settle(item,error);}
notify(method,params){const refusal=this.#N();if(refusal)throw refusal;this.#g({method,text:encodeRequest(undefined,method,params)});}
#N(){if(this.isClosing)return new RpcError('closed','The client is closed');if(this.state==='disconnected')return new RpcError('transport','Not connected; reconnect() tries again');return this.#y&&this.#n.isEmpty?undefined:this.#n.refusal;}
get #y(){return this.link!==null&&!this.moves.current?.isHolding;}
#g(item){this.#n.add(item);this.flush();}
flush(){const{link,resume}=this;if(this.#y)resume?.pump(link);let item;while(this.#y&&(item=this.#n.next())){const isCounted=resume&&!item.method?.startsWith('rpc.');if(isCounted&&!resume.add(item)){this.#n.putBack([item]);break;}
item.sent=true;if(isCounted)resume.pump(link);else link.send(item);}
if(resume)this.store?.wait(this.#n.texts);}
ask(link,method,params,timeout,callback){const id=this.nextId++;const text=encodeRequest(id,method,params);const item={id,method,text,callback,link,sent:true};if(link===this.link&&this.resume)item.text=this.resume.telling(text);this.#r.add(item,timeout);link.send(item);}
forgetEndedLinks(){this.#r.settleAll((item)=>item.link?.ended,new RpcError('transport','The connection was lost'));}
receive(text,link){const message=decode(text);if(!message)return;this.#v+=1;const{kind,id,method,params,result,error,seq}=message;const item=kind==='response'?this.#r.get(id):undefined;if(this.resume){try{const mustCount=kind==='request'||item?.wire;if(!this.resume.take(message,text.length,mustCount))return;if(seq===undefined&&kind==='notification'&&this.#s1(method,Object(params)))return;}catch(problem){return this.#o1(link,problem.message);}
}
if(kind==='notification')return this.#s.notification(method,params);if(kind==='request'){const answers=this.#d;const send=(answer)=>answers===this.#d&&!this.isClosing&&this.#g({text:answer,isAnswer:true});return answers.answer(id,(reply)=>this.#s.request(method,params,reply),send);}
if(!item)return;if(!this.isPlain)this.sessionId=sessionIdOf(result)??this.sessionId;this.#r.settle(item,error===undefined?undefined:remoteError(item,error),result);}
#s1(method,{rcv,from,to,why,after}){if(method==='rpc.ack')this.resume.acknowledge(rcv);else if(method==='rpc.ackNow')this.resume.tell();else if(method==='rpc.goAway')this.moves.goAway((Number(after)||0)*(1+Math.random()));else if(method==='rpc.gap'){this.resume.lose(from,to,why);this.#C();}
return method.startsWith('rpc.');}
#c(state){const previous=this.state;this.state=state;if(previous!==state)this.#s.event('state',state,previous);}
#n1(error){this.forgetEndedLinks();const outcome=this.#t.failed();this.#s.event('connectionFailed',{error,...outcome});if(outcome.retryIn!==null||this.isClosing)return;this.#c('disconnected');this.#n.takeAll();this.#r.settleAll(()=>true,error);this.#s.event('disconnected',{byUser:false,error});}
#r1(link,sameSession){const isFirst=!this.#t.everConnected;const isNew=!isFirst&&!sameSession;this.#t.everConnected=true;this.forgetEndedLinks();if(isNew)this.#u1();const waiting=isNew?this.#n.takeAll():[];this.use(link);this.flush();this.tellTransport(link);if(this.link===link)this.#c('connected');if(this.link===link){const detail={sameSession,sessionId:this.sessionId,transport:link.name};this.#s.event(isFirst?'connected':'reconnected',detail);}
this.#n.putBack(waiting);this.flush();}
#u1(){this.#d=new Answers();this.lateConnects=0;this.#n.dropAnswers();const error=new RpcError('session-lost','The server no longer knew the session');const isLost=(item)=>item.sent||(item.session&&!this.options.tellsLoss);this.#r.settleAll((item)=>!item.link&&isLost(item),error);}
use(link){this.link=link;this.#t.linked();link.onmessage=(text)=>this.receive(text,link);link.onclose=(why)=>this.#b(link,why);this.#a.start(this.#x);this.moves.scheduleProbe();this.#C();}
tellTransport({name}){const previous=this.#S;this.#S=name;if(previous!==name)this.#s.event('transport',name,previous);}
#t1(link){this.#o.suspect(link.name);this.#b(link,{reason:`The server does not answer${this.#o.hint(link.name)}`,unsent:link.drop()});}
#b(link,{code,reason,unsent}){if(link!==this.link)return;this.#k(unsent);if(this.isClosing)return this.#u.finish();if(this.moves.current?.isAsked)return;this.moves.stop('The connection was lost');const{resume}=this;const isTaken=code===REPLACED&&(resume||(this.lateConnects-=1)<0);const isWrong=code===VIOLATION&&resume&&(resume.violations+=1)>=MOST_VIOLATIONS;if(isTaken||isWrong)this.forfeit();this.#t.lost();this.#L(reason||`closed with ${code}`,this.#t.pause);}
#o1(link,reason){if(link!==this.link)return link.drop();link.close(VIOLATION);this.#b(link,{code:VIOLATION,reason,unsent:[]});}
#k(unsent){this.moves.release();this.link=null;this.#a.stop();this.moves.stopProbe();this.#n.putBack(unsent);this.forgetEndedLinks();}
#L(reason,delay,isWanted){this.#t.start(delay,isWanted);this.#c('reconnecting');this.#s.event('reconnecting',{reason});}
restart(reason,delay=0,isWanted=false){if(this.link)this.#k(this.link.drop());this.moves.stop('The connection was cut');this.#L(reason,delay,isWanted);}
reconnect(delay=0){checked('delay',delay);if(this.isClosing)return false;this.#t.forget();if(!this.link&&this.state!=='disconnected'&&!this.moves.current)this.#t.start(delay,delay>0);else this.restart('reconnect() was called',delay,delay>0);return true;}
agree(answer){const agreed=agreement(answer,this.options.buf);if(!agreed)return;this.store?.begin(this.sessionId);this.resume=new Resumption(this,agreed);}
#i1({id,nextId,waiting,texts,end,...state}){this.sessionId=id;this.nextId=nextId;this.resume=new Resumption(this,state,texts);this.#n.putBack(waiting.map((text)=>itemOf(text)));this.flush();}
forfeit(rcv){const{resume}=this;this.sessionId=this.resume=null;this.lateConnects=0;if(!resume)return;this.store?.clear();this.#n.putBack(resume.end(rcv));this.#n.dropAnswers();const error=new RpcError('outcome-unknown','The session is gone; the server may have run this');this.#r.settleAll((item)=>item.sent&&!item.link,error);}
#C(){for(const loss of this.resume?.losses.splice(0)??[]){if(!this.resume||this.#s.gap(loss))continue;const{from,to,why}=loss;this.endAlone();this.forfeit();this.restart(`Messages ${from} to ${to} are missing (${why}), and nobody listens to gap`,this.#t.pause);}
}
#T(){const{isAway,isOffline:hasNoNetwork}=this.#t;if(!this.link&&!isAway&&!hasNoNetwork&&this.state!=='disconnected')this.reconnect();}
#m(hasNoNetwork){this.#t.isOffline=hasNoNetwork;if(this.isClosing)return;if(this.link)this.#a.beat();else if(hasNoNetwork)this.#t.stopAttempt();else this.#T();}
force(name,done){const{link}=this;if(name&&!this.#o.supports(name))return done(new RpcError('transport',`${name} is not available here`));if(link&&name&&link.name!==name&&this.sessionId){return this.moves.to([name],(error)=>{if(!error)this.#o.forced=name;done(error);});}
this.#o.forced=name;if(link&&(!name||link.name===name))this.moves.scheduleProbe();else this.reconnect();done();}
get #x(){const{heartbeat}=this.options;return isHidden()?Math.max(heartbeat,HIDDEN_INTERVAL):heartbeat;}
#e1(params,answered){const heard=this.#v;this.ask(this.link,this.names.ping,params,this.options.heartbeatTimeout,(error)=>{answered(error?.kind==='timeout'&&this.#v===heard);});}
close(options){return this.#u.close(options);}
endAlone(){const{sessionId,resume}=this;const params={sessionId,resume:resume?{token:resume.token}:undefined};if(sessionId)this.#o.sendLast(encodeRequest(undefined,this.names.close,params));}
quiesce(){this.#t.stop();this.moves.stopProbe();this.moves.stop('The client was closed');this.flush();this.#a.stop();}
finished(isEnded){this.#E();this.moves.release();this.link=null;if(isEnded)this.store?.clear();this.store?.leave();this.resume?.end();this.#n.takeAll();this.#c('closed');this.#r.settleAll(()=>true,new RpcError('closed','The client was closed'));this.#s.event('disconnected',{byUser:true});}
}
function remoteError(item,wire){const{code,message='The server answered with an error',data}=Object(wire);return new RpcError('remote',String(message),{code,data,method:item.method,wire});}
const DEFAULTS={requestTimeout:10000,heartbeat:5000,heartbeatTimeout:5000,queueLimit:256,maxAttempts:Infinity,probeDelay:5000,};const EVENTS=[
'connected','disconnected','reconnecting','reconnected','connectionFailed','state','transport','notification','gap',];class Client{#e;#f=new Emitter();#h=new Map();constructor(url,options={}){const{heartbeat,resume=true,persist,persistKey}=options;const settings={...options,heartbeat:heartbeat===false?0:heartbeat};for(const[name,usual]of Object.entries(DEFAULTS))settings[name]=checked(name,settings[name]??usual);const linker=new Linker(url,{...settings,query:'wire=plain'});const store=resume&&persist?new Store(persist,persistKey??`${linker.key} session`):null;const backoff=new Backoff(options.backoff);this.#e=new Session(linker,{...settings,greet:true,tellsLoss:true,firstId:1,backoff,store,buf:resume?BUFFER:null},{event:(...args)=>this.#f.emit(...args),gap:(detail)=>this.#f.emit('gap',detail),notification:(method,params)=>{if(!EVENTS.includes(method))this.#f.emit(method,params);this.#f.emit('notification',{method,params});},request:(...args)=>this.#a1(...args),},);}
get state(){return this.#e.state;}
get sessionId(){return this.#e.sessionId;}
get transport(){return this.#e.transport;}
call(method,params,{timeout,signal}={}){return new Promise((resolve,reject)=>{const aborted=()=>new RpcError('aborted',`${method} was aborted`,{method,cause:signal.reason});if(signal?.aborted)return reject(aborted());const abort=()=>forget(aborted());const forget=this.#e.request(method,params,{timeout},(error,result)=>{signal?.removeEventListener('abort',abort);if(error)reject(error);else resolve(this.#e.isPlain?result:unwrap(result));});signal?.addEventListener('abort',abort);});}
notify(method,params){this.#e.notify(method,params);}
on(event,listener){return this.#f.on(event,listener);}
off(event,listener){this.#f.off(event,listener);}
method(name,handler){this.#h.set(name,handler);return()=>{if(this.#h.get(name)===handler)this.#h.delete(name);};}
reconnect({delay=0}={}){if(!this.#e.reconnect(delay))throw new RpcError('closed','The client is closed');}
async forceTransport(name){if(name!==null)checkTransport(name);await new Promise((resolve,reject)=>{this.#e.force(name,(error)=>(error?reject(error):resolve()));});}
async close(options){return this.#e.close({code:1000,...options});}
async #a1(method,params,reply){const handler=this.#h.get(method);if(!handler)return reply({code:CODES.unknownMethod,message:`Unknown method: ${method}`});try{reply(undefined,await handler(params));}catch(error){const isError=error instanceof Error||Number.isInteger(error?.code);reply(isError?error:{code:CODES.internal,message:String(error)});}
}
}
const REQUEST_TIMEOUT=5000;const MAX_ATTEMPTS=2000;const PROBE_DELAY=5000;class JsonRpcClient{#e;#w;#A;#O=false;constructor({ws={},rpc={},heartbeat,sendCloseMessage}={}){const requestTimeout=checked('requestTimeout',rpc.requestTimeout??REQUEST_TIMEOUT);this.#w=rpc;this.#A=requestTimeout;const hasWebSocket=ws.WebSocket??globalThis.WebSocket;const linker=new Linker(ws.uri,{...ws,SockJS:ws.useSockJS?ws.SockJS:undefined,websocketSuffix:ws.useSockJS?'/websocket':'',transports:ws.transports??(ws.useSockJS||!hasWebSocket?TRANSPORTS:['websocket']),});this.#e=new Session(linker,{requestTimeout,heartbeat:checked('heartbeat',heartbeat||0),heartbeatTimeout:checked('heartbeatRequestTimeout',rpc.heartbeatRequestTimeout??requestTimeout),queueLimit:256,maxAttempts:MAX_ATTEMPTS,probeDelay:PROBE_DELAY,backoff:new Backoff(ws.backoff),firstId:0,greet:false,nextUrl:ws.newWsUriOnReconnection,},{event:(name,detail)=>this.#f1(ws,name,detail),notification:(method,params)=>this.#M(method,params),request:(method,params,reply)=>this.#M(method,params,reply),},);this.send=(method,params,callback)=>this.#l1(method,params,callback);this.close=()=>void this.#e.close({closeSession:Boolean(sendCloseMessage),timeout:requestTimeout});this.reconnect=()=>void(this.#e.state==='reconnecting'||this.#e.reconnect());this.forceClose=(millis)=>void this.#e.reconnect(millis??0);}
get state(){return this.#e.state;}
get sessionId(){return this.#e.sessionId;}
get transport(){return this.#e.transport;}
#f1(ws,name,detail){const call=(callback,...args)=>typeof callback==='function'&&guarded(callback,...args);switch(name){case 'connected':
return call(ws.onconnected);case 'reconnecting':
call(ws.ondisconnect,new RpcError('transport',detail.reason));return this.#e.state==='reconnecting'&&call(ws.onreconnecting);case 'reconnected':
return call(ws.onreconnected);case 'disconnected':
return detail.byUser||call(ws.ondisconnect,detail.error);case 'connectionFailed':
if(this.#O||this.#e.state!=='connecting')return;this.#O=true;call(ws.onerror,detail.error);return call(ws.onreconnecting);}
}
#l1(method,params,callback){if(typeof params==='function')[params,callback]=[undefined,params];const requestTime=Date.now();const attempt=(timeout,id)=>{this.#e.request(method,params||undefined,{timeout,id},(error,result)=>{if(!error)return callback?.(undefined,result);callback?.(legacyError(error,requestTime,()=>attempt(timeout*2,error.id)),result);});};attempt(this.#A);}
#M(method,params={},reply){if(method==='pull')return reply?.(undefined,'push');const handler=this.#w[method];if(typeof handler!=='function'||handler===Object.prototype[method]){return reply?.({code:CODES.unknownMethod,message:`Unknown method: ${method}`});}
const failed=(error)=>{console.error(error);reply?.({code:CODES.internal,message:String(error?.message??error)});};try{Promise.resolve(handler.call(this.#w,params,{method,params,reply})).catch(failed);}catch(error){failed(error);}
}
}
function legacyError(error,requestTime,retry){if(error.kind==='remote'){const{wire}=error;return typeof wire==='object'?Object.assign(wire,{requestTime}):wire;}
if(error.kind!=='timeout')return Object.assign(error,{requestTime});return Object.assign(new RpcError('timeout','Request has timed out'),{request:error.request,retry,requestTime});}
const Holdfast = { Client, JsonRpcClient, RpcError, TRANSPORTS, clients: { JsonRpcClient } };
globalThis.Holdfast = Holdfast;
globalThis.RpcBuilder ??= Holdfast;
if (typeof module === 'object' && module.exports) module.exports = Holdfast;
})();
