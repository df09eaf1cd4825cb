-- A batch of 100 calls with a login; the login is bench/servers/json-rpc.ts's.
local calls = {}
for id = 1, 100 do
  calls[id] = string.format('{"jsonrpc":"2.0","id":%d,"method":"getblockcount","params":[]}', id)
end
wrk.method = "POST"
wrk.path = "/"
wrk.body = "[" .. table.concat(calls, ",") .. "]"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Basic YmVuY2g6c2VjcmV0"
