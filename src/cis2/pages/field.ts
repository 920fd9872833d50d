import { type Html, html } from '@alongside/kernel/html';

/** An input of a form. */
export interface Field {
  name: string;
  label: string;
  type: 'text' | 'email' | 'password';
  hint?: string;
  value?: string;
  autocomplete: string;
  /** The error message. */
  problem?: string | undefined;
  /** Whether it is a short code, such as six digits. */
  code?: boolean;
  longest: number;
}

/** Returns the input with its label, hint and error message. */
export function field({ name, label, type, hint, value, autocomplete, problem, code, longest }: Field): Html {
  const described = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(' ');
  return html`<div class="field"><label for="${name}">${label}</label>
${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : undefined}
${problem ? html`<p class="error-message" id="${name}-problem">${problem}</p>` : undefined}
<input type="${type}" id="${name}" name="${name}" ${value ? html`value="${value}"` : undefined} autocomplete="${autocomplete}" maxlength="${longest}" required ${code ? html`inputmode="numeric" class="short"` : undefined} ${described ? html`aria-describedby="${described}"` : undefined} ${problem ? html`aria-invalid="true"` : undefined} autocapitalize="none" spellcheck="false"></div>`;
}
