import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { shownName } from '../../oauth/on-behalf-of.ts';
import { pagePaths } from '../parts.ts';
import type { SigningRequest } from '../transactions.ts';
import { digestsOf } from './complete.ts';

export const serviceName = 'Signing service';

const hexOf = (base64url: string): string => Buffer.from(base64url, 'base64url').toString('hex');

export const documentsOf = ({ payloads }: Pick<SigningRequest, 'payloads'>): string =>
  payloads.length === 1 ? '1 document' : `${payloads.length} documents`;

/** Returns the page that asks a person to sign: the application, the number of documents, and their SHA-256 on demand. */
export function presencePage(token: string, request: SigningRequest, development: boolean): Answer {
  const { applicationName, payloads, algorithm } = request;
  const digests = digestsOf(request);
  const documents = documentsOf(request);
  return framedPage(200, {
    title: `Sign ${documents}`,
    service: serviceName,
    development,
    main: html`<p class="lead"><strong>${shownName(applicationName)}</strong> asks you to sign ${documents} in your name.</p>
<p>To sign, prove that it is you: with the PIN of your smartcard, or with your passkey. A sign-in from before is not enough.</p>
<form method="post" action="${pagePaths.presence}">
<input type="hidden" name="token" value="${token}">
<div class="actions"><button name="decision" value="sign">Sign</button>
<button class="secondary" name="decision" value="decline">Do not sign</button></div>
</form>
<details><summary>SHA-256 of each document</summary>
<dl class="summary">${payloads.map(({ id }, index) => html`<dt>${id}</dt><dd><code>${hexOf(digests[index] ?? '')}</code></dd>`)}</dl>
<p class="quiet">Algorithm: ${algorithm === 'RS256' ? 'RSA with SHA-256' : 'RSA with SHA-1'}</p></details>
<p class="quiet">This page is valid for 10 minutes.</p>`,
  });
}
