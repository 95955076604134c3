/** Running other programs of the project, with their output passed on as it comes. */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The tools that npm installed come first, so that no phase needs npx. */
const environment = (extra) => ({ ...process.env, ...extra, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) })

/**
 * Runs a program in the project's folder; stdin is closed, so nothing can wait for an answer. Resolves to its exit status: 127 when there is no such
 * program, 128 when a signal ended it.
 */
export function run(command, args, extra = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: environment(extra), stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`)
      resolve(127)
    })
    child.on('close', (status) => resolve(status ?? 128))
  })
}
