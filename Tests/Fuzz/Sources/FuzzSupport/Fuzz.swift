// SPDX-License-Identifier: Apache-2.0

internal import CLibFuzzer

/// Hands libFuzzer the harness and the command line, until the time is over or there is a finding.
///
/// SwiftPM gives each executable a `main` of its own, so libFuzzer's is not there to do it.
package func fuzz(_ harness: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> CInt {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    return LLVMFuzzerRunDriver(&count, &arguments, harness)
}

/// Ends the process, which makes the input a finding, unless a condition holds.
package func check(_ condition: Bool, _ message: @autoclosure () -> String, line: UInt = #line) {
    if !condition { fatalError("\(message()) (line \(line))") }
}
