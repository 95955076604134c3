import type { Client } from '../../worker/client.ts'
import type { ProgramReport } from '../../worker/protocol/programs.ts'
import { useAnswer } from '../use-answer.ts'

const ask = (client: Client, target: string) => client.ask({ kind: 'program', target })

/** What the program of a pod or host has read; undefined where nothing of the kind runs, or as long as nobody has answered. */
export const useProgram = (target: string): ProgramReport | undefined => useAnswer(target, ask)
