import { type Html, html } from '@alongside/kernel/html';
import { type PersonSigning, paths, type RevocationReason } from '../../../../cis/protocol.ts';
import { callForm, relative, selectField, tag, when } from '../../frame/controls.ts';
import type { PageView } from '../../frame/page.ts';

const tones = { valid: 'good', revoked: 'bad', expired: 'bad', none: 'plain' } as const;

const reasons: readonly (readonly [RevocationReason, string])[] = [
  ['keyCompromise', 'others may have used the key'],
  ['superseded', 'replaced by a new one'],
  ['affiliationChanged', 'works elsewhere now'],
  ['cessationOfOperation', 'no longer needed'],
  ['privilegeWithdrawn', 'may not sign any more'],
  ['unspecified', 'not stated'],
];

const revokeForm = (uid: string): Html =>
  callForm({
    id: 'revoke-signing',
    method: 'POST',
    path: `/people/${uid}/signing/revoke`,
    done: 'Revoked. The next signature gets a new certificate.',
    submit: 'Revoke',
    confirm: 'Revoke this signing certificate? Later signatures with it are refused.',
    tone: 'danger',
    fields: selectField({ name: 'reason', id: 'signing-reason', label: 'Reason', options: reasons }),
  });

/** The certificate with which the signing service signs for a person. */
export async function signingCertificate({ console, now, caller }: PageView, uid: string): Promise<Html> {
  const signing = await console.cis.read<PersonSigning>(paths.signingPerson(uid));
  const { state, serial, algorithm, notBefore, notAfter, revokedAt, revocationReason } = signing;
  if (state === 'none') return html`<p class="quiet">None yet. The first signature makes one.</p>`;
  const mayRevoke = state === 'valid' && caller?.role !== 'support';
  return html`<dl class="summary"><dt>State</dt><dd>${tag(state, tones[state])}${revocationReason ? ` ${revocationReason}` : undefined}${revokedAt ? html` ${when(revokedAt, now)}` : undefined}</dd>
<dt>Key</dt><dd>${algorithm}</dd><dt>Serial</dt><dd><code>${serial}</code></dd><dt>Valid</dt><dd>from ${when(notBefore ?? '', now)}, ends ${relative(notAfter ?? '', now)}</dd></dl>${mayRevoke ? revokeForm(uid) : undefined}`;
}
