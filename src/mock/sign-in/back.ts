import { type Answer, page, redirect } from '@alongside/kernel/answer';
import { answerTargets } from '@alongside/kernel/form-targets';
import { html, trusted } from '@alongside/kernel/html';
import { sha256 } from '@alongside/kernel/secrets';
import { withQuery } from '../../oauth/parameters.ts';
import type { Realm } from '../realms.ts';

export type ResponseMode = 'query' | 'form_post';

/** Answers the client, through the browser. */
export type Back = (members: Readonly<Record<string, string>>) => Answer;

const script = 'document.forms[0].submit()';
const scriptHash = `'sha256-${Buffer.from(sha256(script), 'base64url').toString('base64')}'`;

/** OAuth 2.0 Form Post Response Mode. It also works without script. */
function formPost(to: string, members: Readonly<Record<string, string>>): Answer {
  const fields = Object.entries(members).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const document = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>You are being taken on</title></head>
<body><form method="post" action="${to}">${fields}<p><button>Continue</button></p></form><script>${trusted(script)}</script></body></html>`;
  return page(200, document, { formAction: answerTargets(to), script: [scriptHash] });
}

/** The way back to a client: the state that it sent, and who answers (RFC 9207 section 2). Always 302, for the form of the mock leads straight on. */
export function backTo(
  redirectUri: string,
  mode: ResponseMode,
  state: string | undefined,
  realm: Realm,
): Back {
  return (members) => {
    const all = { ...(state === undefined ? {} : { state }), ...members, iss: realm.issuer };
    return mode === 'form_post' ? formPost(redirectUri, all) : redirect(withQuery(redirectUri, all));
  };
}
