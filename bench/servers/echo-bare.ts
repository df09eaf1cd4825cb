// Sends back what it gets, on the addon of bench/c/bare_echo.c, whose path is the argument. Prints its port; SIGTERM ends it.
import { createRequire } from 'node:module'

interface BareEcho {
  run(callback: (fd: number) => void): never
  send(fd: number): void
}

const bare = createRequire(import.meta.url)(process.argv[2] ?? '') as BareEcho
bare.run((fd) => bare.send(fd))
