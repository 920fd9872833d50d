import type { Parameters } from '../oauth/parameters.ts';
import type { Base } from './base.ts';

const wholeNumber = /^\d{1,15}$/;

/** Returns a requested shorter lifetime in milliseconds. Ignores longer and invalid ones. */
const shortened = (form: Parameters, name: string, usual: number, least: number): number => {
  const asked = form.get(name) ?? '';
  const milliseconds = wholeNumber.test(asked) ? Number(asked) : usual;
  return milliseconds >= least && milliseconds < usual ? milliseconds : usual;
};

/** Returns the lifetimes of the tokens of one request in milliseconds. In development a request may shorten them. */
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
    // The total time of refreshing, from the first token; 0 ends it at once.
    validity: shortened(form, '_refresh_tokens_validity_ms', refresh, 0),
  };
}
