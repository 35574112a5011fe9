// SPDX-License-Identifier: Apache-2.0
import Holdfast

/// The page at `/`, which talks to `/rpc` with the JavaScript client.
func addPage(to app: Application) {
    app.asset("/", PackageResources.index_html, contentType: "text/html; charset=utf-8")
    app.asset("/page.css", PackageResources.page_css, contentType: "text/css; charset=utf-8")
    app.asset("/page.js", PackageResources.page_js, contentType: "text/javascript; charset=utf-8")
    app.rpcClientScript("/holdfast.mjs")
    app.rpcClientScript("/holdfast.js")
}
