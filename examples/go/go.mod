module example.com/session-key

go 1.19
