/** A configuration file while it is written: lines with indentation, and where things stand in it. */
export class ConfigText {
  readonly #lines: string[] = []
  readonly #places = new Map<string, number>()
  readonly #step: string
  #depth = 0

  constructor(step = '    ') {
    this.#step = step
  }

  line(text: string): this {
    this.#lines.push(text === '' ? '' : this.#step.repeat(this.#depth) + text)
    return this
  }

  lines(texts: readonly string[]): this {
    for (const text of texts) this.line(text)
    return this
  }

  /** The next line is where `key` stands. */
  place(key: string): this {
    if (!this.#places.has(key)) this.#places.set(key, this.#lines.length + 1)
    return this
  }

  /** What `inside` writes stands deeper, after `head` and before `tail`. */
  block(head: string, inside: () => void, tail = '}'): this {
    this.line(head)
    this.#depth++
    inside()
    this.#depth--
    return tail === '' ? this : this.line(tail)
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`
  }

  /** Line numbers, from 1, by key. */
  get places(): ReadonlyMap<string, number> {
    return this.#places
  }
}
