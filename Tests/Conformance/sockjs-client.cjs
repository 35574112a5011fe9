// SPDX-License-Identifier: Apache-2.0
// Sends the public sockjs-client's own tests, which know only port 8081 of localhost, to HOLDFAST_URL.
const { join } = require('node:path');

const utils = require(join(process.env.SOCKJS_CLIENT_DIR, 'tests/lib/test-utils.js'));
utils.getSameOriginUrl = () => process.env.HOLDFAST_URL.replace(/\/$/, '');
