/** What is wrong with input, where, in the words an API server would use. `error` rejects the whole apply; `warning` and `ignored` do not. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'ignored'
  /** Stable key of the message, for translation; `message` is its English text. */
  readonly code: string
  readonly message: string
  readonly file: string
  /** 1-based; 0 when unknown. */
  readonly line: number
  readonly column: number
  /** `Kind/namespace/name` when known. */
  readonly object?: string
  /** `spec.ports[0].port` when known. */
  readonly path?: string
  /** Of a name without a record: what would follow curl's `--resolve` to get there. */
  readonly resolve?: string
}
