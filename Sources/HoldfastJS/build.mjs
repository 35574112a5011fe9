// SPDX-License-Identifier: Apache-2.0
// Joins src/ into holdfast.mjs (ES module) and holdfast.js (classic script, window.Holdfast), and minifies both.
// `node build.mjs` writes them, `node build.mjs --check` fails when they are not up to date.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = dirname(fileURLToPath(import.meta.url));
const NOTICE = '// Holdfast JavaScript client. SPDX-License-Identifier: Apache-2.0. Built from src/ by build.mjs; do not edit.\n';
const IMPORT = /^import\s[^;]*?from\s+'([^']+)';\n/gm;
const REEXPORT = /^export\s*\{\s*([^}]*?)\s*\}\s*from\s+'[^']+';\n/gm;

/** The modules in the order of their dependencies, and the names that index.js exports. */
function collect() {
    const modules = new Map();
    const visit = (file) => {
        if (modules.has(file)) return;
        const text = readFileSync(file, 'utf8');
        modules.set(file, null);
        for (const [, path] of text.matchAll(/\sfrom\s+'([^']+)'/g)) visit(join(dirname(file), path));
        modules.delete(file);
        modules.set(file, text);
    };
    const index = join(root, 'src/index.js');
    visit(index);
    const names = [...modules.get(index).matchAll(REEXPORT)].flatMap(([, list]) => list.split(/\s*,\s*/));
    modules.delete(index);
    return { texts: [...modules.values()], names };
}

/** A string or template (the sources have none inside another), a comment, the end of a line, or spaced punctuation. */
const TOKENS = /('(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|( *\/\/.*)|\n\s*| *([{}()[\],;=<>+*?:&|!-]+) */g;

/** Without imports and exports. */
function strip(text) {
    return text.replace(IMPORT, '').replace(/^export /gm, '');
}

/** Without comments and the space that only readers need. */
function tighten(text) {
    return text
        .replace(/^[ \t]*\/\*\*[\s\S]*?\*\/\n/gm, '')
        .replace(TOKENS, (_, string, comment, sign) => string ?? (comment === undefined ? (sign ?? '\n') : ''))
        .replace(/\n{2,}/g, '\n')
        .replace(/([{(,;])\n/g, '$1')
        .replace(/^\n/, '');
}

/** With short names for what is private to its class anyway, in each class the shortest for what is used most. */
function shorten(body) {
    const pieces = body.split(/^(?=class )/m);
    return pieces.map((piece) => {
        const uses = new Map();
        for (const [, name] of piece.matchAll(/#(\w+)/g)) uses.set(name, (uses.get(name) ?? 0) + 1);
        const names = [...uses.keys()].sort((a, b) => uses.get(b) - uses.get(a));
        return piece.replace(/#(\w+)/g, (_, name) => `#${shortName(names.indexOf(name))}`);
    }).join('');
}

const LETTERS = 'etnrisouaflchpdvmgybwESxTNCkLAOM';
const shortName = (index) => (index < LETTERS.length ? LETTERS[index] : `${LETTERS[index % LETTERS.length]}${Math.floor(index / LETTERS.length)}`);

/**
 * The minified form of an artefact, by the `terser` of Debian. Where there is none: what is there already, if its notice says that it
 * was made of the same text in the same way, else nothing.
 */
function minified(name, text) {
    const source = text.replace(/\bconst\b/g, 'let');
    const mark = createHash('sha256').update(source + OPTIONS).digest('hex').slice(0, 8);
    const notice = `// Holdfast ${mark}, SPDX-License-Identifier: Apache-2.0\n`;
    const options = name.endsWith('.mjs') ? [...OPTIONS, '--module'] : OPTIONS;
    // The Debian package looks for its own modules there, whatever node runs it.
    const env = { ...process.env, NODE_PATH: '/usr/share/nodejs' };
    try {
        return notice + execFileSync(TERSER, options, { input: source, env, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
    } catch {
        const present = read(name);
        return present.startsWith(notice) ? present : undefined;
    }
}

/** What members are called that only our own modules use, and that are stored and sent nowhere. */
const OWN = `
accept acknowledge acknowledged agree agreed append ask back beat begin better callback clear counter current dead deliver
drop dropAnswers emit endAlone ended event everConnected failed finish finished firstId flush forced forfeit forget
forgetEndedLinks frame goAway greet hasBegun hasNews hasSent hint http internal invalid isAnswer isAsked isAway isBrief
isClosing isCrowded isDue isEmpty isFinal isHalfFull isHidden isHolding isLocal isOffline isOpen isPlain isSuperseded key
last lateConnects leave ledger link linked listener lose losses lost moves names nextUrl open opened options order pause ping
pump put putBack quiesce receive receiving refusal release remove restart restore returned save scheduleProbe sendLast
session sessionUnknown settle settleAll start stay stop stopAttempt stopProbe store superseded supports suspect take takeAll
tell tellTransport telling tellsLoss texts unknownMethod unsent use violations wait waiting wake wire
`.trim().split(/\s+/);

const TERSER = '/usr/bin/terser';
const OPTIONS = [
    '--compress', 'passes=3,unsafe_arrows,keep_fargs=false,sequences=false,conditionals=false,if_return=false',
    '--mangle', '--mangle-props', `regex=/^(${OWN.join('|')})$/,keep_quoted,builtins`, '--ecma', '2022', '--format', 'wrap_func_args=false',
];

function checkNames(body) {
    const seen = new Set();
    for (const [, name] of body.matchAll(/^(?:async )?(?:const|let|function|class) (\w+)/gm)) {
        if (seen.has(name)) throw new Error(`Two modules declare ${name}; the artefacts need unique names`);
        seen.add(name);
    }
}

const { texts, names } = collect();
const joined = texts.map(strip).join('');
checkNames(joined);
const body = shorten(tighten(joined));
const list = names.join(', ');
const wrapped = {
    mjs: (text) => `${text}export { ${list} };\n`,
    js: (text) =>
        `(() => {\n'use strict';\n${text}` +
        `const Holdfast = { ${list}, clients: { JsonRpcClient } };\n` +
        'globalThis.Holdfast = Holdfast;\n' +
        'globalThis.RpcBuilder ??= Holdfast;\n' +
        "if (typeof module === 'object' && module.exports) module.exports = Holdfast;\n})();\n",
};
const artefacts = {};
for (const [ending, wrap] of Object.entries(wrapped)) {
    artefacts[`holdfast.${ending}`] = NOTICE + wrap(body);
    artefacts[`holdfast.min.${ending}`] = minified(`holdfast.min.${ending}`, wrap(body));
}

let stale = false;
for (const [name, text] of Object.entries(artefacts)) {
    const isCurrent = read(name) === text;
    const size = text && `${text.length} bytes, ${gzipSync(text, { level: 9 }).length} gzipped`;
    if (process.argv.includes('--check') || !text) {
        stale ||= !isCurrent;
        console.log(`${name}: ${isCurrent ? 'up to date' : 'STALE, run node build.mjs'} (${size ?? `needs ${TERSER}`})`);
    } else {
        if (!isCurrent) writeFileSync(join(root, name), text);
        console.log(`${name}: ${size}`);
    }
}
process.exitCode = stale ? 1 : 0;

function read(name) {
    const file = join(root, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
