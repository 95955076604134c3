import { FIDELITY } from '../core/fidelity.ts'
import { Dialog } from './dialog.tsx'
import { type MessageKey, t, tell } from './messages/t.ts'
import './messages/with-edit.ts'
import './messages/with-findings.ts'
import './messages/with-player.ts'
import './messages/with-programs.ts'
import './messages/with-steps.ts'
import './messages/with-tables.ts'

const KEYS: readonly { readonly keys: readonly string[]; readonly what: MessageKey }[] = [
  { keys: ['Tab', 'F6'], what: 'help.move' },
  { keys: ['↑', '↓', '→', '←'], what: 'help.tree' },
  { keys: ['Enter'], what: 'help.select' },
  { keys: ['s'], what: 'help.sender' },
  { keys: ['t'], what: 'help.target' },
  { keys: ['/'], what: 'help.compose' },
  { keys: ['Enter'], what: 'help.send' },
  { keys: ['k'], what: 'header.requests' },
  { keys: ['Space'], what: 'help.play' },
  { keys: ['→', '←'], what: 'help.step' },
  { keys: [']', '['], what: 'help.packet' },
  { keys: ['g'], what: 'help.grain' },
  { keys: ['<', '>'], what: 'help.speed' },
  { keys: ['←', '→'], what: 'help.scrub' },
  { keys: ['↑', '↓', '→', '←'], what: 'help.timeline' },
  { keys: ['b'], what: 'help.break' },
  { keys: ['n', 'N'], what: 'help.toBreak' },
  { keys: ['1', '2', '3'], what: 'help.level' },
  { keys: ['f', '+', '−'], what: 'help.fit' },
  { keys: ['Ctrl', 'Z', '⇧'], what: 'help.undo' },
  { keys: ['↑', '↓', 'Enter'], what: 'help.history' },
  { keys: ['Del'], what: 'help.delete' },
  { keys: ['e'], what: 'help.edit' },
  { keys: ['⇧', '↑', '↓', '→', '←'], what: 'help.pin' },
  { keys: ['Alt', '⇧', '↑', '↓', '→', '←'], what: 'help.pinGroup' },
  { keys: ['⇧', 'F10'], what: 'help.menu' },
  { keys: ['⇧', 'F10'], what: 'help.values' },
  { keys: ['h'], what: 'help.noise' },
  { keys: ['p', 'P'], what: 'help.findings' },
  { keys: ['↑', '↓', 'Enter'], what: 'help.program' },
  { keys: ['Ctrl', 'Space', 'S'], what: 'help.complete' },
  { keys: ['Ctrl', 'V'], what: 'help.paste' },
  { keys: ['Ctrl', 'K'], what: 'help.palette' },
  { keys: ['?'], what: 'help.sheet' },
  { keys: ['Esc'], what: 'help.escape' },
]

/** The `?` sheet: every key, and the fidelity contract. */
export function HelpDialog() {
  return (
    <Dialog name="help" title={t('help.title')}>
      <dl className="keys">
        {KEYS.map(({ keys, what }) => (
          <div key={what} style={{ display: 'contents' }}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{tell(what, {})}</dd>
          </div>
        ))}
      </dl>
      <h3>{t('help.fidelity')}</h3>
      <ul>
        {FIDELITY.map((entry) => (
          <li key={entry.id} className="fidelity-line">
            <i className="fidelity" data-level={entry.level} aria-hidden="true" />
            <span>
              <b>{t(`fidelity.${entry.level}`)}.</b> {t(`fidelity.${entry.id}`)}
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
