// Reports what the system gives others of this process, before and after hardenProcess().
import { readFileSync, statSync } from 'node:fs'
import { hardenProcess } from 'bitcoin-support'
import { report } from './report.js'

function state(): object {
  const [, soft, hard] = readFileSync('/proc/self/limits', 'utf8').match(/^Max core file size +(\S+) +(\S+)/m) ?? []
  // Of a process that is not dumpable, root owns what is in /proc.
  return { soft, hard, owner: statSync('/proc/self/mem').uid }
}

report({ before: state() })
hardenProcess()
hardenProcess()
report({ after: state() })
if (process.argv[2] === 'abort') process.abort()
