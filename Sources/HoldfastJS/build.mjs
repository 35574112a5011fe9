// SPDX-License-Identifier: Apache-2.0
// Joins src/ into holdfast.mjs (ES module) and holdfast.js (classic script, window.Holdfast).
// `node build.mjs` writes them, `node build.mjs --check` fails when they are not up to date.
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
const artefacts = {
    'holdfast.mjs': `${NOTICE}${body}export { ${list} };\n`,
    'holdfast.js':
        `${NOTICE}(() => {\n'use strict';\n${body}` +
        `const Holdfast = { ${list}, clients: { JsonRpcClient } };\n` +
        'globalThis.Holdfast = Holdfast;\n' +
        'globalThis.RpcBuilder ??= Holdfast;\n' +
        "if (typeof module === 'object' && module.exports) module.exports = Holdfast;\n})();\n",
};

let stale = false;
for (const [name, text] of Object.entries(artefacts)) {
    const file = join(root, name);
    const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === text;
    const size = `${text.length} bytes, ${gzipSync(text, { level: 9 }).length} gzipped`;
    if (process.argv.includes('--check')) {
        stale ||= !isCurrent;
        console.log(`${name}: ${isCurrent ? 'up to date' : 'STALE, run node build.mjs'} (${size})`);
    } else {
        if (!isCurrent) writeFileSync(file, text);
        console.log(`${name}: ${size}`);
    }
}
process.exitCode = stale ? 1 : 0;
