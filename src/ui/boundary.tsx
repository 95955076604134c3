import { Component, type ReactNode } from 'react'
import { t } from './messages/t.ts'

interface Props {
  readonly children: ReactNode
}

/** A part of the page that fails says so and leaves the others alone. React has no hook for this, hence a class. */
export class Boundary extends Component<Props, { readonly error: string | undefined }> {
  override state: { readonly error: string | undefined } = { error: undefined }

  static getDerivedStateFromError(error: unknown): { readonly error: string } {
    return { error: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <div className="empty" role="alert">
        <b>{t('app.broken', { error })}</b>
        <button type="button" className="button" onClick={() => this.setState({ error: undefined })}>
          {t('app.again')}
        </button>
      </div>
    )
  }
}
