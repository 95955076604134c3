import { fail, ok, type Result } from '../../../base/result.ts'

/** XT_LIMIT_SCALE: the kernel keeps the time between two packets in units of 0.1 ms. */
const SCALE = 10000
const PERIODS: readonly { readonly name: string; readonly full: string; readonly scaled: number }[] = [
  { name: 'day', full: 'day', scaled: SCALE * 86400 },
  { name: 'hour', full: 'hour', scaled: SCALE * 3600 },
  { name: 'min', full: 'minute', scaled: SCALE * 60 },
  { name: 'sec', full: 'second', scaled: SCALE },
]

/** `120/minute` as the kernel keeps it and iptables-save prints it: `2/sec` (libxt_limit.c, parse_rate and print_rate). */
export function normalRate(text: string): Result<string, string> {
  const slash = text.indexOf('/')
  const number = slash < 0 ? text : text.slice(0, slash)
  const unit = slash < 0 ? 'second' : text.slice(slash + 1).toLowerCase()
  const period = PERIODS.find(({ full }) => unit !== '' && full.startsWith(unit))
  const rate = /^\d{1,9}$/.test(number) ? Number(number) : 0
  if (!period || rate === 0) return fail(`bad rate "${text}"'`)
  const gap = Math.floor(period.scaled / rate)
  if (gap === 0) return fail(`Rate too fast "${text}"`)
  let i = 1
  for (; i < PERIODS.length; i++) {
    const scaled = PERIODS[i]?.scaled ?? 0
    if (gap > scaled || Math.floor(scaled / gap) < scaled % gap) break
  }
  const unitToPrint = PERIODS[i - 1] ?? period
  return ok(`${Math.floor(unitToPrint.scaled / gap)}/${unitToPrint.name}`)
}
