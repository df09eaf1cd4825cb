-- Block 170, which with 490 bytes is as large as any of the example's chain, and its transactions; the login is
-- bench/servers/json-rpc.ts's.
wrk.method = "POST"
wrk.path = "/"
wrk.body = '{"jsonrpc":"2.0","id":1,"method":"getblock","params":["00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee",2]}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Basic YmVuY2g6c2VjcmV0"
