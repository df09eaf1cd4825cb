-- `getblockcount` with a login, of the server that `npm start` runs; the login is bench/servers/json-rpc.ts's.
wrk.method = "POST"
wrk.path = "/"
wrk.body = '{"jsonrpc":"2.0","id":1,"method":"getblockcount","params":[]}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Basic YmVuY2g6c2VjcmV0"
