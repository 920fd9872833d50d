import { type Answer, redirect } from '@alongside/kernel/answer';
import { framedPage } from '@alongside/kernel/layout';
import { formPostPage } from '../oauth/form-post-page.ts';
import { type ResponseMode, responseAddress } from '../oauth/parameters.ts';

/** The destination of an authorization response. */
export interface ResponseTarget {
  readonly redirectUri: string;
  /** The client's state. */
  readonly state: string | null;
  /** The query by default. */
  readonly mode?: ResponseMode | undefined;
  /** Of profiles that send it (RFC 9207). */
  readonly issuer?: string | undefined;
}

/** The server, for the page of a response. */
export interface PageServer {
  readonly base: { readonly path: string };
  readonly parts: { readonly development: boolean };
}

const texts = {
  service: 'API platform',
  title: 'Going back to your application',
  redirecting: 'You are being redirected.',
  next: 'Continue',
};

/** Sends the members of an authorization response to the client, with state and issuer. */
export function respondToClient(
  { base, parts: { development } }: PageServer,
  { redirectUri, state, mode = 'query', issuer: iss }: ResponseTarget,
  members: Readonly<Record<string, string>>,
): Answer {
  const all = { ...members, state: state ?? undefined, iss };
  if (mode !== 'form_post') return redirect(responseAddress(redirectUri, all, mode));
  return formPostPage(redirectUri, all, texts, (main, policy) =>
    framedPage(200, { ...texts, main, development, assets: base.path }, policy),
  );
}
