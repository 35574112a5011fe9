// SPDX-License-Identifier: Apache-2.0

/** The addresses of one endpoint: `ws`, and `http(suffix)` for the SockJS requests below it; a query is kept on both. */
export function addressesOf(text) {
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
