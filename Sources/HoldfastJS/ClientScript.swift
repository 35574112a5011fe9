// SPDX-License-Identifier: Apache-2.0

/// The JavaScript client, as it is built into the program.
package enum ClientScript {
    /// The classic script, which defines `window.Holdfast`.
    package static var classic: [UInt8] { PackageResources.holdfast_js }
    /// The ES module.
    package static var module: [UInt8] { PackageResources.holdfast_mjs }
    /// The classic script, minified.
    package static var minifiedClassic: [UInt8] { PackageResources.holdfast_min_js }
    /// The ES module, minified.
    package static var minifiedModule: [UInt8] { PackageResources.holdfast_min_mjs }
}
