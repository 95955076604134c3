/** `-m statistic` keeps its probability as a 31-bit fraction (xt_statistic.h). */
const ONE = 0x80000000

/** What iptables-save prints for a probability in [0, 1]: the fixed point value with 11 decimals (libxt_statistic.c). */
export function fixedPointText(probability: number): string {
  const stored = Math.round(probability * ONE) / ONE
  const text = stored.toFixed(11)
  return isTie(stored) && Number(text.at(-1)) % 2 === 1 ? (stored - 0.5e-11).toFixed(11) : text
}

/** printf rounds a tie to the even digit, toFixed upwards. Only values with at most 12 decimals can be ties. */
function isTie(stored: number): boolean {
  const longer = stored.toFixed(12)
  return longer.endsWith('5') && Number(longer) === stored && Number(stored.toFixed(13)) === stored
}
