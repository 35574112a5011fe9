// SPDX-License-Identifier: Apache-2.0

// One import gives an application everything it uses.
@_exported public import HTTPTypes
@_exported public import HoldfastHTTP
@_exported public import HoldfastRPC
@_exported public import HoldfastSockJS
@_exported public import HoldfastTransport
@_exported public import Logging
@_exported public import ServiceLifecycle
