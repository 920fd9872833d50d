import type { Parameters } from '../oauth/parameters.ts';
import type { Base } from './base.ts';

const wholeNumber = /^\d{1,15}$/;

/** A lifetime in milliseconds that the request asked to shorten; a longer or odd one changes nothing. */
const shortened = (form: Parameters, name: string, usual: number, least: number): number => {
  const asked = form.get(name) ?? '';
  const milliseconds = wholeNumber.test(asked) ? Number(asked) : usual;
  return milliseconds >= least && milliseconds < usual ? milliseconds : usual;
};

/** Milliseconds that the tokens of one request last: the usual ones, or in development what the request shortens them to. */
export function lifetimesOf(
  base: Base,
  form: Parameters,
  usual: { access: number; refresh: number },
): { access: number; refresh: number; validity: number } {
  const { access, refresh } = usual;
  if (!base.shortenLifetimes) return { access, refresh, validity: refresh };
  return {
    access: shortened(form, '_access_token_expiry_ms', access, 1),
    refresh: shortened(form, '_refresh_token_expiry_ms', refresh, 1),
    // How long refreshing goes on in all, from the first token; 0 ends it at once.
    validity: shortened(form, '_refresh_tokens_validity_ms', refresh, 0),
  };
}
