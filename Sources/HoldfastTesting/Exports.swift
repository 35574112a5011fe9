// SPDX-License-Identifier: Apache-2.0

// One import gives a test everything it uses.
@_exported public import Holdfast
@_exported public import HoldfastClient
