// SPDX-License-Identifier: Apache-2.0
export { Client } from './client.js';
export { JsonRpcClient } from './kurento.js';
export { RpcError } from './errors.js';
export { TRANSPORTS } from './linker.js';
