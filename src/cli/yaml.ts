import { stringify } from 'yaml'

/** As `kubectl get -o yaml` prints: keys sorted, lists not indented, no anchors, no folding. */
export const toYaml = (value: unknown): string =>
  stringify(value, { aliasDuplicateObjects: false, indentSeq: false, lineWidth: 0, sortMapEntries: true })
