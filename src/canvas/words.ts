/**
 * The few words that the map itself writes. Names of devices, hooks, tables and protocols are the field's own and the same in every language;
 * these are not, and come from the page's catalogue.
 */
export interface Words {
  /** Title of the tray of pods that no node has taken. */
  pending(count: number): string
  /** Under a packet that ended badly; `reason` is a DropReason, a REJECT type, an errno or the name of what is not supported. */
  ending(kind: 'dropped' | 'rejected' | 'not-sent' | 'loop' | 'unsupported' | 'cut', reason: string | undefined): string
}

/** Without a catalogue the trace's own words. */
export const PLAIN_WORDS: Words = {
  pending: (count) => `Pending ${count}`,
  ending: (kind, reason) => (reason === undefined ? kind : `${kind}: ${reason}`),
}
