-- SPDX-License-Identifier: Apache-2.0
-- wrk script: sends 16 requests at a time.
init = function()
    local one = wrk.format()
    batch = string.rep(one, 16)
end

request = function()
    return batch
end
