import { type Html, html } from '@alongside/kernel/html';
import type { ListedApplication } from '../registration/listed.ts';
import type { RegistrationWarning } from '../registration/warnings.ts';
import { copied } from './controls.ts';

type Half = { clientId: string; clientSecret?: string; profile: string; tokenEndpointAuthMethod: string };

const half = ({ id, status }: ListedApplication, at: string, client: Half): Html => html`<tr role="row">
<th role="rowheader" scope="row"><strong>${id}</strong>${status === 'approved' ? undefined : html` <span class="tag bad">${status}</span>`}<br><span class="quiet">at ${at}</span></th>
<td role="cell">${client.profile}</td>
<td role="cell">${copied(client.clientId, `the client id of ${id} at ${at}`)}</td>
<td role="cell">${client.clientSecret ? copied(client.clientSecret, `the secret of ${id} at ${at}`) : html`<span class="quiet">${client.tokenEndpointAuthMethod}</span>`}</td>
</tr>`;

const warningsOf = ({
  id,
  warnings,
}: ListedApplication & { warnings: readonly RegistrationWarning[] }): Html => html`
<dt><strong>${id}</strong></dt>${warnings.map(({ message }) => html`<dd>${message}</dd>`)}`;

/** Registrations with their client ids. Secrets are shown where they stand in the seed. */
export function applicationsSection(
  applications: readonly (ListedApplication & { warnings: readonly RegistrationWarning[] })[],
): Html {
  const warned = applications.filter(({ warnings }) => warnings.length > 0);
  const rows = applications.flatMap((application) => [
    ...(application.platform ? [half(application, 'the API platform', application.platform)] : []),
    ...(application.cis2 ? [half(application, 'CIS2', application.cis2)] : []),
  ]);
  return html`
<table role="table" class="stacks">
<caption class="visually-hidden">Applications and their client ids</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Application</th><th role="columnheader" scope="col">Profile</th>
<th role="columnheader" scope="col">Client id</th><th role="columnheader" scope="col">Secret</th></tr></thead>
<tbody role="rowgroup">${rows}</tbody>
</table>
${warned.length > 0 ? html`<h3>What will fail</h3><dl>${warned.map(warningsOf)}</dl>` : undefined}
<p class="quiet">Register your own with <code>alongside app add</code> or <code>POST /api/v1/applications</code>; <a href="/api/v1/openapi.json">the API is described here</a>.</p>`;
}
