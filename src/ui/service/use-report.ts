import type { Client } from '../../worker/client.ts'
import type { ServiceReport } from '../../worker/protocol/findings.ts'
import { useAnswer } from '../use-answer.ts'

const ask = (client: Client, target: string) => client.ask({ kind: 'service', target })

/** What a Service is now. */
export const useReport = (target: string): ServiceReport | undefined => useAnswer(target, ask)
