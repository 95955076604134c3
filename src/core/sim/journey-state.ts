import type { Dial, Memory, Moment, Remember } from '../apps/program.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Session } from '../kernel/session.ts'
import { Journal } from './journal.ts'
import type { Link, Listeners } from './link.ts'
import type { Dialler } from './upstream.ts'

const NOTHING: Memory = new Map()

/** What lasts from the first packet of a journey to its last: the kernels, the journal, what programs remember, and connections that wait for a next request. */
export class Journey {
  readonly session: Session
  readonly cluster: Cluster
  readonly journal = new Journal()
  readonly listeners: Listeners
  private readonly kept = new Map<string, Link[]>()

  constructor(session: Session, cluster: Cluster, listenersOf: (journey: Journey) => Listeners) {
    this.session = session
    this.cluster = cluster
    this.listeners = listenersOf(this)
  }

  /** `process` is a key of one process, which another one of the same name does not share. */
  moment(process: string): Moment {
    const { now, choose } = this.session
    return { now, choose, memory: this.session.memories.get(process) ?? NOTHING }
  }

  remember(process: string, what: Remember | undefined): void {
    if (!what || what.length === 0) return
    const memory = new Map(this.session.memories.get(process))
    for (const [key, value] of what) {
      if (value === undefined) memory.delete(key)
      else memory.set(key, value)
    }
    this.session.memories.set(process, memory)
  }

  /** An open connection that was kept for dials like this one; taken out, for it is busy now. */
  idle(from: Dialler, dial: Dial): Link | undefined {
    const links = this.kept.get(keyOf(from, dial) ?? '')
    for (let link = links?.pop(); link; link = links?.pop()) if (link.flow.isOpen) return link
    return undefined
  }

  /** Keeps a connection whose answer has been read, or closes it. */
  release(from: Dialler, dial: Dial, link: Link): void {
    const key = keyOf(from, dial)
    if (key === undefined || !link.flow.isOpen) {
      link.close()
      return
    }
    const links = this.kept.get(key)
    if (links) links.push(link)
    else this.kept.set(key, [link])
  }
}

function keyOf({ netns, owner = '' }: Dialler, { keepAlive, address, port, upstream }: Dial): string | undefined {
  return keepAlive === undefined ? undefined : `${netns} ${owner} ${upstream} ${keepAlive} ${address} ${port}`
}
