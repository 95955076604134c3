/** Two hosts and the hops between them. */
export function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <path
        d="M7 22c0-7 4-12 9-12s9 5 9 12"
        fill="none"
        stroke="currentColor"
        strokeWidth="3"
        strokeLinecap="round"
        strokeDasharray="0.1 5.4"
      />
      <circle cx="6" cy="23" r="4" fill="currentColor" />
      <circle cx="26" cy="23" r="4" fill="currentColor" />
    </svg>
  )
}
