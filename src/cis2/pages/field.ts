import { type Html, html } from '@alongside/kernel/html';

/** One line of a form. */
export interface Field {
  name: string;
  label: string;
  type: 'text' | 'email' | 'password';
  hint?: string;
  value?: string;
  autocomplete: string;
  /** What is wrong with it. */
  problem?: string | undefined;
  /** Six digits, or another short code. */
  code?: boolean;
  longest: number;
}

/** An input with its label, its hint and what is wrong with it. */
export function field({ name, label, type, hint, value, autocomplete, problem, code, longest }: Field): Html {
  const described = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(' ');
  return html`<div class="field"><label for="${name}">${label}</label>
${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : undefined}
${problem ? html`<p class="error-message" id="${name}-problem">${problem}</p>` : undefined}
<input type="${type}" id="${name}" name="${name}" ${value ? html`value="${value}"` : undefined} autocomplete="${autocomplete}" maxlength="${longest}" required ${code ? html`inputmode="numeric" class="short"` : undefined} ${described ? html`aria-describedby="${described}"` : undefined} ${problem ? html`aria-invalid="true"` : undefined} autocapitalize="none" spellcheck="false"></div>`;
}
