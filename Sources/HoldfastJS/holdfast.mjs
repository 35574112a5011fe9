// Holdfast JavaScript client. SPDX-License-Identifier: Apache-2.0. Built from src/ by build.mjs; do not edit.
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
if(!isObject(message)||message.jsonrpc!=='2.0')return null;const{id,method,params,result,error,seq,rcv}=message;if(typeof method==='string'){return id===undefined||id===null
?{kind:'notification',method,params,seq,rcv}
:{kind:'request',id,method,params,seq,rcv};}
if(id===undefined||id===null||hasOwn(message,'method'))return null;if(error!==undefined&&error!==null)return{kind:'response',id,error,seq,rcv};return hasOwn(message,'result')?{kind:'response',id,result,seq,rcv}:null;}
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
const TRANSPORTS=['websocket','xhr-streaming','xhr-polling'];const OPEN_TIMEOUTS={websocket:4000,'xhr-streaming':4000,'xhr-polling':10000,sockjs:10000};const REMEMBER_FOR=3600000;const LAST_FOR=5000;const CROWDED_FOR=300000;const CROWDED='; other tabs may hold the six connections of HTTP/1.1: share a client in a SharedWorker, or serve HTTP/2';const memory=new Map();class Linker{forced=null;#e;#t;#i;#l={};#s=-Infinity;#c;constructor(url,options={}){this.#e=options;this.#i=options.transports??TRANSPORTS;for(const name of this.#i)checkTransport(name);const{openTimeout}=options;for(const[name,usual]of Object.entries(OPEN_TIMEOUTS)){const limit=typeof openTimeout==='object'?openTimeout?.[name]:openTimeout;this.#l[name]=checked('openTimeout',limit??usual)||Infinity;}
this.url=url;}
set url(url){this.#t=addressesOf(url,this.#e.query);}
get isLocal(){return /^wss?:\/\/(localhost|127\.|\[::1\])/.test(this.#t.ws());}
get names(){if(this.#e.SockJS)return['sockjs'];const names=this.forced?[this.forced]:this.#i;return names.filter((name)=>this.#o[name]);}
supports(name){return!this.#e.SockJS&&Boolean(this.#o[name]);}
better(name){const best=this.names[0];return this.#e.SockJS||best===name?undefined:best;}
open(names,prove,done){const waiting=[...names];const cause=[];let current=null;let stop;const settle=()=>{stop?.();const link=current;current=null;return link;};const next=()=>{if(waiting.length===0){const reasons=cause.map(({message})=>message).join('; ');return done(new RpcError('transport',reasons||'no transport is available here',{cause}));}
const name=waiting.shift();const failed=(reason,kind='transport')=>{if(current!==link)return;settle();link?.drop();cause.push(new RpcError(kind,`${name}: ${reason}`,{transport:name}));if(kind==='timeout'&&!cause.some(isSilentSocket))this.suspect(name);next();};let link=null;try{link=this.#o[name]();}catch(error){return failed(error.message);}
current=link;const limit=this.#l[name];stop=after(limit,()=>{failed(`not open within ${limit} ms${this.hint(name)}`,'timeout');});link.onclose=({code,reason})=>failed(reason||`closed with ${code}`);link.onopen=()=>
prove(link,(error)=>{if(current!==link)return;if(error?.isFinal)waiting.length=0;if(error)return failed(error.message);settle();if(name!=='xhr-polling')this.#s=-Infinity;if(!this.forced&&(names.length>1||!this.better(name)))this.#d(name);done(null,link);});};next();return()=>settle()?.drop();}
hint(name){return name.startsWith('xhr')&&globalThis.location?CROWDED:'';}
suspect(name){if(this.hint(name))this.#s=Date.now();}
get isCrowded(){return Date.now()-this.#s<CROWDED_FOR;}
sendLast(text){const{credentials='include'}=this.#e;const signal=AbortSignal.timeout?.(LAST_FOR);const options={method:'POST',body:text,keepalive:true,credentials,signal};globalThis.fetch?.(this.#t.http(),options).catch(()=>{});}
get order(){const{names}=this;const first=this.#c??this.#v();return names.includes(first)?[first,...names.filter((name)=>name!==first)]:names;}
get #o(){const{ws,http}=this.#t;const{SockJS,websocketSuffix,credentials='include'}=this.#e;const Socket=this.#e.WebSocket??globalThis.WebSocket;const canFetch=typeof fetch==='function';return{sockjs:SockJS&&(()=>new WebSocketLink('sockjs',http(),SockJS)),websocket:Socket&&(()=>new WebSocketLink('websocket',ws(websocketSuffix),Socket)),'xhr-streaming':
canFetch&&typeof ReadableStream==='function'&&(()=>new StreamLink('xhr-streaming',http,credentials)),'xhr-polling':canFetch&&(()=>new PollLink('xhr-polling',http,credentials,this.isCrowded)),};}
get key(){return this.#t.http().split('?')[0];}
get #r(){return `holdfast:${this.key}`;}
get #h(){return String(this.names)===String(TRANSPORTS);}
#d(name){this.#c=name;if(!this.#h||this.isCrowded)return;const text=`${name} ${Date.now()}`;memory.set(this.#r,text);try{localStorage.setItem(this.#r,text);}catch{}
}
#v(){if(!this.#h)return;let text=memory.get(this.#r);try{text??=localStorage.getItem(this.#r);}catch{}
const[name,time]=(text??'').split(' ');return Date.now()-time<REMEMBER_FOR?name:undefined;}
}
function checkTransport(name){if(!TRANSPORTS.includes(name))throw new RangeError(`Not a transport: ${name}`);}
const isSilentSocket=({transport,kind})=>transport==='websocket'&&kind==='timeout';class Counter{last;hasNews=false;#n=[];#u;#a;#f=0;constructor(policy,last=0){this.#u=policy;this.#a=this.last=last;}
get isDue(){return this.hasNews&&(this.last-this.#a>=this.#u.msgs||this.#f>=this.#u.bytes);}
accept(seq,bytes=0){if(!(seq<=this.last+1))return 'violation';this.hasNews=true;if(seq<=this.last)return 'repeated';this.last=seq;this.#f+=bytes;this.#p();return 'new';}
lose(from,to){const found=[];let next=Math.max(from,this.last+1);for(const known of[...this.#n,{from:to+1,to}]){const end=Math.min(to,known.from-1);if(next<=end)found.push({from:next,to:end});next=Math.max(next,known.to+1);}
this.#n=[...this.#n,...found].sort((a,b)=>a.from-b.from);this.#p();return found;}
tell(){this.hasNews=false;this.#f=0;return(this.#a=this.last);}
#p(){while(this.#n[0]?.from===this.last+1){this.last=this.#n.shift().to;this.hasNews=true;}
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
const VERSION=1;const ACK={msgs:32,bytes:65536,ms:1000};const ACK_NOW=encodeRequest(undefined,'rpc.ackNow');const BUFFER={msgs:1024,bytes:1048576};const isCount=(value)=>Number.isSafeInteger(value)&&value>=0;const sizeOf=(text)=>new TextEncoder().encode(text).length;const offer=(buf)=>({v:[VERSION],at:1,buf});function agreement(answer,{msgs,bytes}){const{v,epoch,token,ack,buf}=Object(answer);if(v!==VERSION||typeof epoch!=='string'||typeof token!=='string')return;const least=(own,other)=>(other>=1?Math.min(own,other):own);const room={msgs:least(msgs,buf?.msgs),bytes:least(bytes,buf?.bytes)};return{epoch,token,ack:{...ACK,...ack},buf:room,at:1,rcv:0,acked:0};}
class Resumption{ledger;counter;token;violations=0;isSuperseded=false;losses=[];#t;#v;#n;#m;#k;#f;#l=false;#g=null;constructor(session,{epoch,token,ack,buf,at,rcv,acked},texts=[]){this.#t=session;this.#v=epoch;this.token=token;this.#n=at;this.#m=ack;this.#k=buf;this.ledger=new Ledger(buf,acked);this.counter=new Counter(ack,rcv);this.#f=acked;for(const wire of texts)this.ledger.restore(itemOf(withoutNumbers(wire),wire),sizeOf(wire));this.save();}
back(migrate){this.#n+=1;const rcv=this.#c();this.save();return{v:[VERSION],at:this.#n,epoch:this.#v,token:this.token,rcv,sent:this.ledger.end,migrate};}
returned(answer){const{v,token,rcv,next,gaps}=Object(answer);if(v!==VERSION||typeof token!=='string'||!this.#y(rcv)||!isCount(next))return false;this.token=token;this.isSuperseded=this.#l=false;this.#L(rcv);this.#f=this.ledger.acked;for(const{from,to,why}of Array.isArray(gaps)?gaps:[])this.lose(from,to,why);this.lose(1,next-1,'acknowledged');this.save();return true;}
add(item){const seq=this.ledger.end+1;const wire=withNumbers(item.text,seq,this.counter.last);if(!this.ledger.append(item,sizeOf(wire),!item.callback&&!item.isAnswer))return false;item.wire=wire;this.#c();this.#t.store?.put(seq,wire);this.save();return true;}
pump(link){let item;while((item=this.ledger.after(this.#f))){this.#f+=1;link.send({text:item.wire,link});}
if(!this.ledger.isHalfFull||this.#l)return;this.#l=true;link.send({text:ACK_NOW,link});}
take({seq,rcv},size,mustCount){if(rcv!==undefined)this.acknowledge(rcv);if(seq===undefined&&!mustCount)return true;const verdict=isCount(seq)&&seq>0?this.counter.accept(seq,size):'violation';if(verdict==='violation')throw new RpcError('transport',`Message ${seq} came after message ${this.counter.last}`);const isNew=verdict==='new';if(isNew){this.violations=0;this.save();}
this.#A();return isNew;}
acknowledge(rcv){if(!this.#y(rcv))throw new RpcError('transport',`Message ${rcv} was acknowledged, the last one is ${this.ledger.end}`);if(rcv<=this.ledger.acked)return;this.violations=0;this.#l=false;this.#L(rcv);this.save();this.#t.flush();}
lose(from,to,why){if(!isCount(from)||!isCount(to))return;for(const part of this.counter.lose(from,to))this.losses.push({...part,why});this.#A();}
tell(){const{link}=this.#t;if(link)link.send({text:encodeRequest(undefined,'rpc.ack',{rcv:this.#c()}),link});else this.#b();}
telling(text){return this.counter.hasNews?withNumbers(text,0,this.#c()):text;}
end(rcv){this.#b();if(!this.#y(rcv))return[];this.ledger.acknowledge(rcv);return this.ledger.acknowledge(this.ledger.end);}
save(){const{store,sessionId,nextId}=this.#t;const[epoch,at,ack,buf]=[this.#v,this.#n,this.#m,this.#k];const{acked,end}=this.ledger;store?.save({id:sessionId,epoch,token:this.token,ack,buf,at,rcv:this.counter.last,acked,end,nextId});}
#y(seq){return isCount(seq)&&seq<=this.ledger.end;}
#L(rcv){const{acked}=this.ledger;this.ledger.acknowledge(rcv);this.#t.store?.remove(acked+1,rcv);}
#A(){if(this.counter.isDue)this.tell();else if(this.counter.hasNews)this.#g??=after(this.#m.ms,()=>this.tell());}
#c(){this.#b();return this.counter.tell();}
#b(){this.#g?.();this.#g=null;}
}
const itemOf=(text,wire)=>({text,wire,isAnswer:!JSON.parse(text).method});const HANDOVER=500;class Store{#r;#i;#w=()=>{};#u=false;#E=0;#S=0;#x=false;constructor(storage,key){this.#r=storage;this.#i=key;}
open(done){const record=this.#h(()=>this.#i1());if(!record)return done();hold(record.id,HANDOVER,(release)=>{if(!release)this.clear();else if(this.#O(release))return done(record);done();});}
begin(id){this.clear();hold(id,HANDOVER,(release)=>{if(release)this.#O(release);else this.#M();});}
save(record){this.#E=record.acked;this.#S=record.end;this.#T('',JSON.stringify(record));}
put(seq,text){this.#T(`:${seq}`,text);}
remove(from,to){for(let seq=from;seq<=to;seq+=1)this.#h(()=>this.#r.removeItem(`${this.#i}:${seq}`));}
wait(texts){if(texts.length>0)this.#T(':',JSON.stringify(texts));else if(this.#x)this.#h(()=>this.#r.removeItem(`${this.#i}:`));this.#x=texts.length>0;}
leave(){this.#u=true;this.#w();}
clear(){this.#w();this.remove(this.#E+1,this.#S);this.wait([]);this.#h(()=>this.#r.removeItem(this.#i));}
#O(release){if(this.#u)release();else this.#w=release;return!this.#u;}
#i1(){const record=JSON.parse(this.#N(''));if(typeof record?.token!=='string')return;this.#E=record.acked;this.#S=record.end;this.#x=true;const texts=[];for(let seq=record.acked+1;seq<=record.end;seq+=1)texts.push(this.#N(`:${seq}`));if(texts.every((text)=>text))return{...record,texts,waiting:JSON.parse(this.#N(':'))??[]};this.clear();}
#N(name){return this.#r.getItem(this.#i+name);}
#T(name,text){if(this.#u)return;try{this.#r.setItem(this.#i+name,text);}catch(error){console.error(error);this.#M();}
}
#M(){this.clear();this.#u=true;}
#h(action){try{return action();}catch(error){console.error(error);}
}
}
function hold(id,wait,done){const locks=globalThis.navigator?.locks;if(!locks)return done(globalThis.document?undefined:()=>{});const abort=new AbortController();const timer=setTimeout(()=>abort.abort(),wait);const held=()=>{clearTimeout(timer);return new Promise(done);};locks.request(`holdfast:${id}`,{signal:abort.signal},held).catch(()=>done());}
const KEPT=256;class Answers{#e=new Map();answer(id,handle,send){const key=JSON.stringify(id);if(this.#e.has(key)){const text=this.#e.get(key);if(text)send(text);return;}
this.#e.set(key,null);if(this.#e.size>KEPT)this.#e.delete(this.#e.keys().next().value);let isOpen=true;handle((error,result)=>{if(!isOpen)return;isOpen=false;const text=encoded(id,error,result);if(this.#e.has(key))this.#e.set(key,text);send(text);});}
}
function encoded(id,error,result){try{return encodeAnswer(id,error,result);}catch(problem){return encodeAnswer(id,{code:CODES.internal,message:problem.message});}
}
const STABLE_AFTER=5000;const STABLE_IN_A_CROWD_AFTER=60000;const CROWD_FACTOR=4;class Attempts{isAway=false;isOffline;everConnected=false;#e1=true;#s;#a;#t1;#C;#o=0;#p=0;#n1=0;#r1=()=>{};#d=()=>{};constructor(linker,options,isOffline,prove,done){this.#s=linker;this.#a=options;this.isOffline=isOffline;this.#t1=prove;this.#C=done;}
begin(){this.#e1=false;this.start(0);}
start(delay,isAway=false){this.stop();this.isAway=isAway;this.#r1=after(delay,()=>this.#n());}
stop(){this.#r1();this.stopAttempt();}
stopAttempt(){this.#d();}
linked(){this.#n1=Date.now();}
lost(){const isStable=Date.now()-this.#n1>(this.#s.isCrowded?STABLE_IN_A_CROWD_AFTER:STABLE_AFTER);this.#p=isStable?0:this.#p+1;this.#o=Math.max(0,this.#p-1);}
forget(){this.#o=this.#p=0;this.isOffline=false;}
get pause(){return this.#a.backoff.delay(this.#o)*(this.#s.isCrowded?CROWD_FACTOR:1);}
failed(){this.#o+=1;const retryIn=this.#o<this.#a.maxAttempts?this.pause:null;if(retryIn!==null)this.start(retryIn);return{attempt:this.#o,retryIn};}
#n(){this.isAway=false;if(this.#e1||this.isOffline)return;let isStopped=false;this.#d=()=>{isStopped=true;};const open=(error,url)=>{if(isStopped)return;isStopped=true;try{if(error)throw error;if(url)this.#s.url=url;}catch(problem){return this.#C(problem);}
this.#d=this.#s.open(this.#s.order,this.#t1,(problem,link)=>{this.#d=()=>{};this.#C(problem,link);});};if(!this.everConnected||!this.#a.nextUrl)return open();try{this.#a.nextUrl(open);}catch(error){open(error);}
}
}
class Calls{#e=new Map();add(item,timeout){this.#e.set(String(item.id),item);const{id,method,text:request}=item;item.stop=after(timeout||Infinity,()=>{this.settle(item,new RpcError('timeout',`No answer to ${method} in ${timeout} ms`,{id,method,request}));});}
get(id){return this.#e.get(String(id));}
has(item){return this.get(item.id)===item;}
settle(item,error,result){item.stop();if(!this.has(item))return;this.#e.delete(String(item.id));guarded(item.callback,error,result);}
settleAll(matches,error){for(const item of[...this.#e.values()])if(matches(item))this.settle(item,error);}
}
const TIMEOUT=2000;class Ending{#t;#s;#n=null;#o;#u;#a=false;#f=false;#r=false;constructor(session,linker){this.#t=session;this.#s=linker;}
get hasBegun(){return this.#n!==null;}
close({closeSession=false,timeout=TIMEOUT,code}={}){checked('timeout',timeout);const session=this.#t;const isMoving=session.moves.isAsked;if(!this.hasBegun){this.#n=new Promise((resolve)=>(this.#o=resolve));this.#u=code;session.quiesce();}
this.#a||=closeSession;if(!closeSession)this.finish();else if(!session.link||isMoving||this.#r)this.#i();else{this.#f=true;session.ask(session.link,session.names.close,undefined,timeout,(error)=>{if(error&&error.kind!=='remote')this.#i();else this.finish();});}
return this.#n;}
leave(){this.#r=true;if(this.#f)this.#i();}
stay(){this.#r=false;}
finish(){const session=this.#t;if(session.state==='closed')return;session.link?.close(this.#u);session.finished(this.#a);this.#o();}
#i(){const{state,sessionId,names,resume}=this.#t;if(state==='closed')return;const params={sessionId,resume:resume?{token:resume.token}:undefined};if(sessionId)this.#s.sendLast(encodeRequest(undefined,names.close,params));this.finish();}
}
function greet(session,link,done,hasChanged){const{sessionId,isPlain}=session;const{greet:mayAsk,buf}=session.options;link.onmessage=(text)=>session.receive(text,link);if(session.resume)return comeBack(session,link,done);if(!sessionId&&!mayAsk)return done(null,false);const params=sessionId?{sessionId}:buf&&isPlain?{resume:offer(buf)}:undefined;askForSession(session,link,params,(error,result)=>{const isStrange=error?isOfApplication(error):isPlain&&!isSessionId(result);const isNone=error?.code===CODES.unknownMethod;if(mayAsk&&!hasChanged&&(isPlain?isStrange||isNone:isNone&&sessionId)){session.names=isPlain?KURENTO:PLAIN;return greet(session,link,done,true);}
if(!error){session.sessionId=sessionIdOf(result)??sessionId;if(params?.resume)session.agree(result.resume);return done(null,sessionId!==null&&session.sessionId===sessionId);}
const isUnknown=isNone||error.code===CODES.sessionUnknown;if(isUnknown)session.sessionId=null;if(isUnknown&&sessionId)return greet(session,link,done,hasChanged);if(isNone&&mayAsk)session.names=PLAIN;done(isNone?null:error,false);});}
function comeBack(session,link,done){const{resume}=session;askForReturn(session,link,false,(error)=>{if(!error)return done(null,true);if(error.kind!=='remote')return done(error);if(error.code===CODES.superseded&&!resume.isSuperseded){resume.isSuperseded=true;return done(Object.assign(error,{isFinal:true}));}
const isGone=error.code===CODES.sessionUnknown||error.code===CODES.unknownMethod;if(!isGone&&error.code!==CODES.invalid&&error.code!==CODES.superseded)return done(error);session.forfeit(error.data?.resume?.rcv);if(isGone)return greet(session,link,done);done(Object.assign(error,{isFinal:true}));});}
function askForReturn(session,link,migrate,answered){const{sessionId,resume}=session;askForSession(session,link,{sessionId,resume:resume.back(migrate||undefined)},(error,result)=>{if(error)return answered(error);if(session.resume===resume&&resume.returned(result?.resume))return answered();answered(new RpcError('remote','The server answered to no resume',{code:CODES.sessionUnknown}));});}
function askForSession(session,link,params,answered){session.ask(link,session.names.connect,params,0,(error,result)=>{if(params?.sessionId&&error&&error.kind!=='remote')session.lateConnects+=1;answered(error,result);});}
function isOfApplication({kind,code}){return kind==='remote'&&!(code>=-32768&&code<=-32000)&&code!==CODES.sessionUnknown;}
class Heartbeat{#n;#s=0;#r=false;constructor(interval,ping,dead){Object.assign(this,{interval,ping,dead});}
start(interval=this.interval){this.stop();if(!(this.interval>0&&this.interval<Infinity))return;const next=()=>{this.#n=after(interval,()=>{next();this.beat();});};next();this.beat({interval});}
stop(){this.#n?.();this.#n=undefined;this.#s+=1;this.#r=false;}
beat(params){if(this.#r||!this.#n)return;this.#r=true;const round=this.#s;this.ping(params,(failed)=>{if(round!==this.#s)return;this.#r=false;if(failed)this.dead();});}
}
const GRACE=3000;const FLUSH_TIMEOUT=2000;const PROBE_MIN=1000;const PROBE_MAX=300000;const PROOF_TIMEOUT=10000;class Moves{#t;#i;#e=null;#o=()=>{};#u=()=>{};constructor(session,linker){this.#t=session;this.#i=linker;}
get isUnderWay(){return this.#e!==null;}
get isHolding(){return Boolean(this.#e?.isHolding);}
get isAsked(){return Boolean(this.#e?.isAsked);}
scheduleProbe(delay){this.stopProbe();const{link,isClosing,sessionId,options}=this.#t;const name=link&&!isClosing&&sessionId&&this.#i.better(link.name);if(!name)return;delay??=link.isBrief&&name!=='websocket'?PROBE_MAX:options.probeDelay;this.#o=after(delay,()=>{if(this.#t.isOffline)return this.scheduleProbe(Math.max(delay,PROBE_MIN));const next=Math.min(Math.max(delay*2,PROBE_MIN),PROBE_MAX);this.to([name],(error)=>error&&this.scheduleProbe(next));});}
stopProbe(){this.#o();}
goAway(delay){this.stopProbe();this.#o=after(delay,()=>this.to(this.#i.order,(error)=>error&&this.scheduleProbe()));}
to(names,done){if(this.#e)return done(new RpcError('transport','Another move is under way'));const session=this.#t;const old=session.link;const move={isHolding:false,isAsked:false,stop:()=>{},done};this.#e=move;const isOver=(link)=>this.#e!==move||link.ended;const prove=session.resume?this.#a(move,isOver):this.#f(move,old,isOver);move.stop=this.#i.open(names,prove,(error,link)=>{this.#e=null;session.forgetEndedLinks();if(!error)this.#l(old,link);else if(move.isAsked&&!(session.resume&&session.link))session.restart(error.message);else session.flush();done(error??undefined);});}
#f(move,old,isOver){const session=this.#t;return(link,proved)=>{move.isHolding=true;session.ask(old,session.names.ping,undefined,FLUSH_TIMEOUT,()=>{if(isOver(link))return;move.isAsked=true;link.onmessage=(text)=>session.receive(text,link);askForSession(session,link,{sessionId:session.sessionId},proved);});};}
#a(move,isOver){const session=this.#t;return(link,proved)=>{link.onmessage=(text)=>session.receive(text,link);session.ask(link,session.names.ping,undefined,PROOF_TIMEOUT,(error)=>{if(isOver(link))return;if(error)return proved(error);move.isAsked=true;askForReturn(session,link,true,proved);});};}
stop(reason){const move=this.#e;this.#e=null;move?.stop();move?.done(new RpcError('transport',reason));}
release(){this.#u();}
#l(old,link){const session=this.#t;session.use(link);session.flush();if(!old.ended)this.#c(old,link,session.resume===null);session.tellTransport(link);}
#c(old,link,isFirst){const session=this.#t;const held=[];let timer;const release=()=>{clearTimeout(timer);this.#u=()=>{};old.drop();session.forgetEndedLinks();link.onmessage=(text)=>session.receive(text,link);for(const text of held)session.receive(text,link);};const wait=()=>{clearTimeout(timer);timer=setTimeout(release,GRACE);};wait();old.onmessage=(text)=>{wait();session.receive(text,old);};if(isFirst)link.onmessage=(text)=>held.push(text);old.onclose=release;this.#u=release;}
}
class Outbox{#i=[];#r;#l;constructor(calls,limit){this.#r=calls;this.#l=limit;}
get refusal(){if(this.#i.length<this.#l)return;this.#i=this.#i.filter((item)=>this.#c(item));if(this.#i.length>=this.#l){return new RpcError('queue-full',`${this.#l} messages wait already`);}
}
get isEmpty(){return this.#i.length===0;}
get texts(){return this.#i.filter((item)=>this.#c(item)).map(({text})=>text);}
add(item){this.#i.push(item);}
putBack(items){const again=items.filter((item)=>!item.link&&this.#c(item));for(const item of again)item.sent=false;this.#i.unshift(...again);}
next(){while(this.#i.length>0){const item=this.#i.shift();if(this.#c(item))return item;}
}
takeAll(){return this.#i.splice(0);}
dropAnswers(){this.#i=this.#i.filter((item)=>!item.isAnswer);}
#c(item){return!item.callback||this.#r.has(item);}
}
const isHidden=()=>globalThis.document?.visibilityState==='hidden';const isOffline=()=>globalThis.navigator?.onLine===false;const LOOK=1000;function watchPage(listeners){const all=(change)=>Object.entries(listeners).forEach((entry)=>globalThis[change]?.(...entry,true));all('addEventListener');let timer;if(!('ononline' in globalThis)&&typeof globalThis.navigator?.onLine==='boolean'){let wasOffline=isOffline();timer=setInterval(()=>{if(isOffline()===wasOffline)return;wasOffline=!wasOffline;listeners[wasOffline?'offline':'online']();},LOOK);}
return()=>{clearInterval(timer);all('removeEventListener');};}
const HIDDEN_INTERVAL=60000;const VIOLATION=4400;const MOST_VIOLATIONS=3;const REPLACED=4409;class Session{state='connecting';sessionId=null;link=null;names;lateConnects=0;resume=null;store;nextId;#s;#o;#r=new Calls();#d=new Answers();#n;#t;#u;#a;#x;#v=0;#T=null;constructor(linker,options,hooks){this.options=options;this.names=options.greet?PLAIN:KURENTO;this.moves=new Moves(this,linker);this.#s=hooks;this.#o=linker;this.nextId=options.firstId;this.store=options.store;this.#n=new Outbox(this.#r,options.queueLimit);this.#u=new Ending(this,linker);this.#a=new Heartbeat(options.heartbeat,(params,answered)=>this.#e1(params,answered),()=>this.#t1(this.link),);const isCutOff=()=>isOffline()&&!linker.isLocal;let isSame=false;const prove=(link,proved)=>
greet(this,link,(problem,same)=>{isSame=same;proved(problem);});this.#t=new Attempts(linker,options,isCutOff(),prove,(error,link)=>{if(error)this.#n1(error);else this.#r1(link,isSame);});this.#x=watchPage({online:()=>this.#m(false),offline:()=>this.#m(true),visibilitychange:()=>{if(this.link&&!this.isClosing)this.#a.start(this.#N);this.#C();},pagehide:()=>this.#u.leave(),pageshow:({persisted})=>{this.#u.stay();if(persisted)this.#m(isCutOff());},});if(!this.store)return this.#t.begin();this.store.open((record)=>{if(record)this.#i1(record);if(!this.isClosing)this.#t.begin();});}
get transport(){return this.link?.name??null;}
get isPlain(){return this.names===PLAIN;}
get isOffline(){return this.#t.isOffline;}
get isClosing(){return this.#u.hasBegun;}
request(method,params,{timeout=this.options.requestTimeout,id=this.nextId++},callback){checked('timeout',timeout);const item={id,method,text:encodeRequest(id,method,params),callback,session:this.sessionId};const refusal=this.#k();this.#r.add(item,timeout);if(refusal)queueMicrotask(()=>this.#r.settle(item,refusal));else this.#g(item);return(error)=>this.#r.settle(item,error);}
notify(method,params){const refusal=this.#k();if(refusal)throw refusal;this.#g({text:encodeRequest(undefined,method,params)});}
#k(){if(this.isClosing)return new RpcError('closed','The client is closed');if(this.state==='disconnected')return new RpcError('transport','Not connected; reconnect() tries again');return this.#y&&this.#n.isEmpty?undefined:this.#n.refusal;}
get #y(){return this.link!==null&&!this.moves.isHolding;}
#g(item){this.#n.add(item);this.flush();}
flush(){const{link,resume}=this;if(this.#y)resume?.pump(link);let item;while(this.#y&&(item=this.#n.next())){if(resume&&!resume.add(item)){this.#n.putBack([item]);break;}
item.sent=true;if(resume)resume.pump(link);else link.send(item);}
if(resume)this.store?.wait(this.#n.texts);}
ask(link,method,params,timeout,callback){const id=this.nextId++;const text=encodeRequest(id,method,params);const item={id,method,text,callback,link,sent:true};if(link===this.link&&this.resume)item.text=this.resume.telling(text);this.#r.add(item,timeout);link.send(item);}
forgetEndedLinks(){this.#r.settleAll((item)=>item.link?.ended,new RpcError('transport','The connection was lost'));}
receive(text,link){const message=decode(text);if(!message)return;this.#v+=1;const{kind,id,method,params,result,error,seq}=message;const item=kind==='response'?this.#r.get(id):undefined;if(this.resume){try{const mustCount=kind==='request'||(item&&!item.link);if(!this.resume.take(message,text.length,mustCount))return;if(seq===undefined&&kind==='notification'&&this.#s1(method,Object(params)))return;}catch(problem){return this.#o1(link,problem.message);}
}
if(kind==='notification')return this.#s.notification(method,params);if(kind==='request'){const answers=this.#d;const send=(answer)=>answers===this.#d&&!this.isClosing&&this.#g({text:answer,isAnswer:true});return answers.answer(id,(reply)=>this.#s.request(method,params,reply),send);}
if(!item)return;if(!this.isPlain)this.sessionId=sessionIdOf(result)??this.sessionId;this.#r.settle(item,error===undefined?undefined:remoteError(item,error),result);}
#s1(method,{rcv,from,to,why,after}){if(method==='rpc.ack')this.resume.acknowledge(rcv);else if(method==='rpc.ackNow')this.resume.tell();else if(method==='rpc.goAway')this.moves.goAway((Number(after)||0)*(1+Math.random()));else if(method==='rpc.gap'){this.resume.lose(from,to,why);this.#L();}
return method.startsWith('rpc.');}
#h(state){const previous=this.state;this.state=state;if(previous!==state)this.#s.event('state',state,previous);}
#n1(error){this.forgetEndedLinks();const outcome=this.#t.failed();this.#s.event('connectionFailed',{error,...outcome});if(outcome.retryIn!==null||this.isClosing)return;this.#h('disconnected');this.#n.takeAll();this.#r.settleAll(()=>true,error);this.#s.event('disconnected',{byUser:false,error});}
#r1(link,sameSession){const isFirst=!this.#t.everConnected;const isNew=!isFirst&&!sameSession;this.#t.everConnected=true;this.forgetEndedLinks();if(isNew)this.#u1();const waiting=isNew?this.#n.takeAll():[];this.use(link);this.flush();this.tellTransport(link);if(this.link===link)this.#h('connected');if(this.link===link){const detail={sameSession,sessionId:this.sessionId,transport:link.name};this.#s.event(isFirst?'connected':'reconnected',detail);}
this.#n.putBack(waiting);this.flush();}
#u1(){this.#d=new Answers();this.lateConnects=0;this.#n.dropAnswers();const error=new RpcError('session-lost','The server no longer knew the session');const isLost=(item)=>item.sent||(item.session&&!this.options.tellsLoss);this.#r.settleAll((item)=>!item.link&&isLost(item),error);}
use(link){this.link=link;this.#t.linked();link.onmessage=(text)=>this.receive(text,link);link.onclose=(why)=>this.#b(link,why);this.#a.start(this.#N);this.moves.scheduleProbe();this.#L();}
tellTransport({name}){const previous=this.#T;this.#T=name;if(previous!==name)this.#s.event('transport',name,previous);}
#t1(link){this.#o.suspect(link.name);this.#b(link,{reason:`The server does not answer${this.#o.hint(link.name)}`,unsent:link.drop()});}
#b(link,{code,reason,unsent}){if(link!==this.link)return;this.#w(unsent);if(this.isClosing)return this.#u.finish();if(this.moves.isAsked)return;this.moves.stop('The connection was lost');if(code===REPLACED&&(this.resume||(this.lateConnects-=1)<0)){this.lateConnects=0;this.forfeit();}
if(code===VIOLATION&&this.resume&&(this.resume.violations+=1)>=MOST_VIOLATIONS)this.forfeit();this.#t.lost();this.#E(reason||`closed with ${code}`,this.#t.pause);}
#o1(link,reason){if(link!==this.link)return link.drop();link.close(VIOLATION);this.#b(link,{code:VIOLATION,reason,unsent:[]});}
#w(unsent){this.moves.release();this.link=null;this.#a.stop();this.moves.stopProbe();this.#n.putBack(unsent);this.forgetEndedLinks();}
#E(reason,delay,isWanted){this.#t.start(delay,isWanted);this.#h('reconnecting');this.#s.event('reconnecting',{reason});}
restart(reason,delay=0,isWanted=false){if(this.link)this.#w(this.link.drop());this.moves.stop('The connection was cut');this.#E(reason,delay,isWanted);}
reconnect(delay=0){checked('delay',delay);if(this.isClosing)return false;this.#t.forget();if(!this.link&&this.state!=='disconnected'&&!this.moves.isUnderWay)this.#t.start(delay,delay>0);else this.restart('reconnect() was called',delay,delay>0);return true;}
agree(answer){const agreed=agreement(answer,this.options.buf);if(!agreed)return;this.store?.begin(this.sessionId);this.resume=new Resumption(this,agreed);}
#i1({id,nextId,waiting,texts,...state}){this.sessionId=id;this.nextId=nextId;this.resume=new Resumption(this,state,texts);for(const text of waiting)this.#n.add(itemOf(text));}
forfeit(rcv){const{resume}=this;this.sessionId=this.resume=null;if(!resume)return;this.store?.clear();this.#n.putBack(resume.end(rcv));this.#n.dropAnswers();const error=new RpcError('outcome-unknown','The session is gone, and nobody knows whether the server ran this');this.#r.settleAll((item)=>item.sent&&!item.link,error);}
#L(){for(const loss of this.resume?.losses.splice(0)??[]){if(!this.resume||this.#s.gap(loss))continue;const{link}=this;this.ask(link,this.names.close,undefined,0,()=>{});link.close();this.#w([]);this.moves.stop('The session was given up');this.forfeit();const{from,to,why}=loss;this.#E(`The server's messages ${from} to ${to} are missing (${why}), and nobody listens to gap`,this.#t.pause);}
}
#C(){const{isAway,isOffline:hasNoNetwork}=this.#t;if(!this.link&&!isAway&&!hasNoNetwork&&this.state!=='disconnected')this.reconnect();}
#m(hasNoNetwork){this.#t.isOffline=hasNoNetwork;if(this.isClosing)return;if(this.link)this.#a.beat();else if(hasNoNetwork)this.#t.stopAttempt();else this.#C();}
force(name,done){const{link}=this;if(name&&!this.#o.supports(name))return done(new RpcError('transport',`${name} is not available here`));if(link&&name&&link.name!==name&&this.sessionId){return this.moves.to([name],(error)=>{if(!error)this.#o.forced=name;done(error);});}
this.#o.forced=name;if(link&&(!name||link.name===name))this.moves.scheduleProbe();else this.reconnect();done();}
get #N(){const{heartbeat}=this.options;return isHidden()?Math.max(heartbeat,HIDDEN_INTERVAL):heartbeat;}
#e1(params,answered){const heard=this.#v;this.ask(this.link,this.names.ping,params,this.options.heartbeatTimeout,(error)=>{answered(error?.kind==='timeout'&&this.#v===heard);});}
close(options){return this.#u.close(options);}
quiesce(){this.#t.stop();this.moves.stopProbe();this.moves.stop('The client was closed');this.flush();this.#a.stop();}
finished(isEnded){this.#x();this.moves.release();this.link=null;if(isEnded)this.store?.clear();this.store?.leave();this.resume?.end();this.#n.takeAll();this.#h('closed');this.#r.settleAll(()=>true,new RpcError('closed','The client was closed'));this.#s.event('disconnected',{byUser:true});}
}
function remoteError(item,wire){const{code,message='The server answered with an error',data}=Object(wire);return new RpcError('remote',String(message),{code,data,method:item.method,wire});}
const DEFAULTS={requestTimeout:10000,heartbeat:5000,heartbeatTimeout:5000,queueLimit:256,maxAttempts:Infinity,probeDelay:5000,};const EVENTS=[
'connected','disconnected','reconnecting','reconnected','connectionFailed','state','transport','notification','gap',];class Client{#e;#f=new Emitter();#p=new Map();constructor(url,options={}){const{heartbeat,resume=true,persist,persistKey}=options;const settings={...options,heartbeat:heartbeat===false?0:heartbeat};for(const[name,usual]of Object.entries(DEFAULTS))settings[name]=checked(name,settings[name]??usual);const linker=new Linker(url,{...settings,query:'wire=plain'});const own={greet:true,tellsLoss:true,firstId:1,backoff:new Backoff(options.backoff),buf:resume?BUFFER:null,store:resume&&persist?new Store(persist,persistKey??`holdfast-session:${linker.key}`):null,};this.#e=new Session(linker,{...settings,...own},{event:(...args)=>this.#f.emit(...args),gap:(detail)=>this.#f.emit('gap',detail),notification:(method,params)=>{if(!EVENTS.includes(method))this.#f.emit(method,params);this.#f.emit('notification',{method,params});},request:(...args)=>this.#a1(...args),},);}
get state(){return this.#e.state;}
get sessionId(){return this.#e.sessionId;}
get transport(){return this.#e.transport;}
call(method,params,{timeout,signal}={}){return new Promise((resolve,reject)=>{const aborted=()=>new RpcError('aborted',`${method} was aborted`,{method,cause:signal.reason});if(signal?.aborted)return reject(aborted());const abort=()=>forget(aborted());const forget=this.#e.request(method,params,{timeout},(error,result)=>{signal?.removeEventListener('abort',abort);if(error)reject(error);else resolve(this.#e.isPlain?result:unwrap(result));});signal?.addEventListener('abort',abort);});}
notify(method,params){this.#e.notify(method,params);}
on(event,listener){return this.#f.on(event,listener);}
off(event,listener){this.#f.off(event,listener);}
method(name,handler){this.#p.set(name,handler);return()=>{if(this.#p.get(name)===handler)this.#p.delete(name);};}
reconnect({delay=0}={}){if(!this.#e.reconnect(delay))throw new RpcError('closed','The client is closed');}
async forceTransport(name){if(name!==null)checkTransport(name);await new Promise((resolve,reject)=>{this.#e.force(name,(error)=>(error?reject(error):resolve()));});}
async close(options){return this.#e.close({code:1000,...options});}
async #a1(method,params,reply){const handler=this.#p.get(method);if(!handler)return reply({code:CODES.unknownMethod,message:`Unknown method: ${method}`});try{reply(undefined,await handler(params));}catch(error){const isError=error instanceof Error||Number.isInteger(error?.code);reply(isError?error:{code:CODES.internal,message:String(error)});}
}
}
const REQUEST_TIMEOUT=5000;const MAX_ATTEMPTS=2000;const PROBE_DELAY=5000;class JsonRpcClient{#e;#S;#A;#O=false;constructor({ws={},rpc={},heartbeat,sendCloseMessage}={}){const requestTimeout=checked('requestTimeout',rpc.requestTimeout??REQUEST_TIMEOUT);this.#S=rpc;this.#A=requestTimeout;const hasWebSocket=ws.WebSocket??globalThis.WebSocket;const linker=new Linker(ws.uri,{...ws,SockJS:ws.useSockJS?ws.SockJS:undefined,websocketSuffix:ws.useSockJS?'/websocket':'',transports:ws.transports??(ws.useSockJS||!hasWebSocket?TRANSPORTS:['websocket']),});this.#e=new Session(linker,{requestTimeout,heartbeat:checked('heartbeat',heartbeat||0),heartbeatTimeout:checked('heartbeatRequestTimeout',rpc.heartbeatRequestTimeout??requestTimeout),queueLimit:256,maxAttempts:MAX_ATTEMPTS,probeDelay:PROBE_DELAY,backoff:new Backoff(ws.backoff),firstId:0,greet:false,nextUrl:ws.newWsUriOnReconnection,},{event:(name,detail)=>this.#f1(ws,name,detail),notification:(method,params)=>this.#M(method,params),request:(method,params,reply)=>this.#M(method,params,reply),},);this.send=(method,params,callback)=>this.#l1(method,params,callback);this.close=()=>void this.#e.close({closeSession:Boolean(sendCloseMessage),timeout:requestTimeout});this.reconnect=()=>void(this.#e.state==='reconnecting'||this.#e.reconnect());this.forceClose=(millis)=>void this.#e.reconnect(millis??0);}
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
#M(method,params={},reply){if(method==='pull')return reply?.(undefined,'push');const handler=this.#S[method];if(typeof handler!=='function'||handler===Object.prototype[method]){return reply?.({code:CODES.unknownMethod,message:`Unknown method: ${method}`});}
const failed=(error)=>{console.error(error);reply?.({code:CODES.internal,message:String(error?.message??error)});};try{Promise.resolve(handler.call(this.#S,params,{method,params,reply})).catch(failed);}catch(error){failed(error);}
}
}
function legacyError(error,requestTime,retry){if(error.kind==='remote'){const{wire}=error;return typeof wire==='object'?Object.assign(wire,{requestTime}):wire;}
if(error.kind!=='timeout')return Object.assign(error,{requestTime});return Object.assign(new RpcError('timeout','Request has timed out'),{request:error.request,retry,requestTime});}
export { Client, JsonRpcClient, RpcError, TRANSPORTS };
