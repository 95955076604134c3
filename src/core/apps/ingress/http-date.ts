/** Seconds of the simulation as a date of HTTP (RFC 9110, 5.6.7). There is no clock: every simulation begins at the same moment. */
const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** 1 January 2026, in seconds of Unix. */
export const BEGIN = 1_767_225_600

export function httpDate(now: number): string {
  const total = BEGIN + Math.floor(now)
  const days = Math.floor(total / 86_400)
  const [hours, minutes, seconds] = [Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60]
  const { year, month, day } = civil(days)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${DAYS[days % 7] ?? ''}, ${two(day)} ${MONTHS[month] ?? ''} ${year} ${two(hours)}:${two(minutes)}:${two(seconds)} GMT`
}

function civil(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  let [year, rest] = [1970, days]
  for (let length = daysOf(year); rest >= length; length = daysOf(year)) {
    rest -= length
    year++
  }
  const lengths = [31, daysOf(year) === 366 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  let month = 0
  while (rest >= (lengths[month] ?? 31)) rest -= lengths[month++] ?? 31
  return { year, month, day: rest + 1 }
}

const daysOf = (year: number): number => ((year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 366 : 365)
