import { readFileSync, writeSync } from 'node:fs'
import { run } from './run.ts'

/** Written synchronously, so that nothing is lost when the process ends; a reader that went away (`| head`) ends it quietly. */
function writeAll(descriptor: number, content: string | Uint8Array): void {
  const bytes = Buffer.from(content)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EPIPE') process.exit(0)
      if (code !== 'EAGAIN') throw error
    }
  }
}

process.exitCode = run(process.argv.slice(2), {
  stdout: (text) => writeAll(1, text),
  stdoutBytes: (bytes) => writeAll(1, bytes),
  interactive: process.stdout.isTTY === true,
  stderr: (text) => writeAll(2, text),
  readStdin: () => readFileSync(0, 'utf8'),
  colours: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
})
