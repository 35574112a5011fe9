// SPDX-License-Identifier: Apache-2.0
// With `node --import` this gives tests the minified module in the place of the other.
import { register } from 'node:module';

const hook = `export async function resolve(name, context, next) {
    return next(name.replace(/\\/holdfast\\.mjs$/, '/holdfast.min.mjs'), context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
