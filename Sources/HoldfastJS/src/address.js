// SPDX-License-Identifier: Apache-2.0

/** The addresses of one endpoint: `ws`, and `http(suffix)` for the SockJS requests below it; a query, with `wanted` in it, is kept on both. */
export function addressesOf(text, wanted) {
    // A frame without an address of its own and a worker made of a blob have the page's.
    const base = globalThis.document?.baseURI ?? globalThis.location?.href.replace(/^blob:/, '');
    let url;
    try {
        if ((typeof text === 'string' && text.trim()) || text instanceof URL) url = new URL(text, base);
    } catch {
        // Told below.
    }
    const secure = { 'ws:': '', 'http:': '', 'wss:': 's', 'https:': 's' }[url?.protocol];
    if (secure === undefined) {
        throw new SyntaxError(`Wanted is a ws, wss, http or https URL, or one relative to a page; this is none: ${String(text)}`);
    }
    const path = url.pathname.replace(/\/+$/, '');
    const items = url.search.slice(1).split('&').filter(Boolean);
    if (wanted && !items.includes(wanted)) url.search = [...items, wanted].join('&');
    const query = (item) => (item ? `${url.search || '?'}${url.search.length > 1 ? '&' : ''}${item}` : url.search);
    return {
        ws: (suffix = '') => `ws${secure}://${url.host}${suffix ? path + suffix : url.pathname}${url.search}`,
        http: (suffix = '', item = '') => `http${secure}://${url.host}${path}${suffix}${query(item)}`,
    };
}
