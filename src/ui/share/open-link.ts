import { t } from '../messages/t.ts'
import '../messages/with-share.ts'
import type { BadLink } from './link.ts'

export { readLink } from './link.ts'

/** What is wrong with a link, and that nothing was lost by it. */
export const linkProblem = (why: BadLink): string => t(`link.${why}`)

export const linkOpened = (): string => t('link.opened')
