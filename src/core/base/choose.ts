/**
 * Chance has one asker and several answerers. Code that needs a random decision asks a `Question`; it cannot tell whether a
 * seeded generator, a forced pick or the enumerator answers.
 */
export type Question =
  /** Which of several ways: forks the set of all paths. `weights` are positive and sum to 1. */
  | { readonly kind: 'branch'; readonly weights: readonly number[]; readonly why: BranchReason }
  /** Any integer in [from, to]: a port or id that the kernel draws. Never forks: every value leads the same way. */
  | { readonly kind: 'draw'; readonly from: number; readonly to: number; readonly why: string }

export type BranchReason =
  /** `-m statistic --mode random`: answer 0 is "matches", 1 is "does not". */
  | {
      readonly kind: 'statistic'
      readonly netns: string
      readonly table: string
      readonly chain: string
      readonly index: number
      readonly jump: string | undefined
    }
  /**
   * Which real server IPVS' scheduler gives the first packet of a virtual server. It follows from the order in which kube-proxy added them, which is that of
   * a random map; from then on nothing is left to chance. The same of the list that kube-proxy shuffles in userspace mode.
   */
  | { readonly kind: 'real-server-order'; readonly netns: string; readonly virtualServer: string; readonly realServers: readonly string[] }
  /** `numgen random mod N` of nftables: the answer is the number. `jumps`: the chain that each number leads to, where it leads to one. */
  | {
      readonly kind: 'numgen'
      readonly netns: string
      readonly family: string
      readonly table: string
      readonly chain: string
      readonly index: number
      readonly jumps: readonly (string | undefined)[]
    }
  /** One next hop of several of equal cost. */
  | { readonly kind: 'nexthop'; readonly netns: string; readonly route: string }
  /** A Service resolved to one of several addresses before any packet exists (headless DNS answers). */
  | { readonly kind: 'address'; readonly name: string; readonly addresses: readonly string[] }
  /** A proxy's balancer that draws by lot which of its upstream's endpoints serves a request. */
  | { readonly kind: 'upstream'; readonly program: string; readonly upstream: string; readonly endpoints: readonly string[] }

/** Answers a question: the index of the branch taken, or the number drawn. */
export type Choose = (question: Question) => number

/** What was asked and answered, so that a walk can be replayed and its probability is known. */
export interface Choice {
  readonly why: BranchReason
  readonly taken: number
  readonly probability: number
}

/** mulberry32: small, fast, and the same everywhere. State is private to the returned function. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** FNV-1a over UTF-16 units: turns any text (a tuple, a name) into a seed. */
export function hash(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0
  return h
}

/** One path, decided by a seed. */
export function seeded(seed: number): Choose {
  const next = random(seed)
  return (question) => answerWith(question, next())
}

/** Turns a uniform number in [0, 1) into an answer. */
export function answerWith(question: Question, uniform: number): number {
  if (question.kind === 'draw') return question.from + Math.floor(uniform * (question.to - question.from + 1))
  let left = uniform
  for (let i = 0; i < question.weights.length - 1; i++) {
    left -= question.weights[i] ?? 0
    if (left < 0) return i
  }
  return question.weights.length - 1
}

export interface Enumerated<T> {
  readonly value: T
  readonly probability: number
}

/**
 * Runs `run` once for every sequence of branch answers (TigerBeetle's "exhaustigen" odometer), so that all possible paths with their
 * probabilities need no forking in the code that asks. `complete` is false when `limit` runs were not enough. Branches of weight 0 are skipped.
 */
export function enumerate<T>(
  run: (choose: Choose) => T,
  limit: number,
  drawSeed = 1,
): { readonly paths: readonly Enumerated<T>[]; readonly complete: boolean } {
  const paths: Enumerated<T>[] = []
  let prefix: number[] = []
  for (;;) {
    const digits: { answer: number; weights: readonly number[] }[] = []
    const draw = random(drawSeed)
    const value = run((question) => {
      if (question.kind === 'draw') return answerWith(question, draw())
      const answer = prefix[digits.length] ?? question.weights.findIndex((w) => w > 0)
      digits.push({ answer, weights: question.weights })
      return answer
    })
    paths.push({ value, probability: digits.reduce((p, d) => p * (d.weights[d.answer] ?? 0), 1) })
    const turned = turn(digits)
    if (!turned) return { paths, complete: true }
    if (paths.length >= limit) return { paths, complete: false }
    prefix = turned
  }
}

/** The next reading of the odometer, or undefined when it has been round. */
function turn(digits: readonly { answer: number; weights: readonly number[] }[]): number[] | undefined {
  for (let i = digits.length - 1; i >= 0; i--) {
    const digit = digits[i]
    const next = digit?.weights.findIndex((w, j) => j > digit.answer && w > 0) ?? -1
    if (next >= 0) return [...digits.slice(0, i).map((d) => d.answer), next]
  }
  return undefined
}
