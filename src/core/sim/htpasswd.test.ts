import { expect, test } from 'vitest'
import { credentialsOf, isPassword, isSimulated, usersOf } from '../apps/ingress/htpasswd.ts'

/** Of `openssl passwd -apr1` and `openssl sha1`. */
test.each<[string, string, boolean]>([
  ['$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/', 'secret', true],
  ['$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/', 'Secret', false],
  ['$apr1$xy$IAoav9jLpxZmHK9X26CJR1', 'a much longer password than sixteen', true],
  ['{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'secret', true],
  ['{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'other', false],
  ['{PLAIN}secret', 'secret', true],
  ['$2y$05$abc', 'secret', false],
])('%s with %s: %s', (kept, given, expected) => {
  expect(isPassword(kept, given)).toBe(expected)
})

test('lines, comments and what is not simulated', () => {
  expect([...usersOf('# users\nann:{PLAIN}a\nbob:$2y$05$x:a comment\nann:{PLAIN}b\n\nnobody')]).toEqual([
    ['ann', '{PLAIN}a'],
    ['bob', '$2y$05$x'],
  ])
  expect([isSimulated('{SSHA}x'), isSimulated('$2y$05$x')]).toEqual([true, false])
})

test('what a client says', () => {
  expect(credentialsOf(`Basic ${btoa('ann:a:b')}`)).toEqual(['ann', 'a:b'])
  expect(credentialsOf('Bearer x')).toBeUndefined()
  expect(credentialsOf(undefined)).toBeUndefined()
})
