import { type Html, html } from '@alongside/kernel/html';
import { type ListedApplication, listedApplication } from '../registration/stored.ts';
import { type RegistrationWarning, registrationWarnings } from '../registration/warnings.ts';
import { copied } from './controls.ts';
import type { Section } from './section.ts';

interface ListedClient {
  clientId: string;
  clientSecret?: string;
  profile: string;
  tokenEndpointAuthMethod: string;
}

const row = (
  { id, status }: ListedApplication,
  server: string,
  client: ListedClient,
): Html => html`<tr role="row">
<th role="rowheader" scope="row"><strong>${id}</strong>${status === 'approved' ? undefined : html` <span class="tag bad">${status}</span>`}<br><span class="quiet">at ${server}</span></th>
<td role="cell">${client.profile}</td>
<td role="cell">${copied(client.clientId, `the client id of ${id} at ${server}`)}</td>
<td role="cell">${client.clientSecret ? copied(client.clientSecret, `the secret of ${id} at ${server}`) : html`<span class="quiet">${client.tokenEndpointAuthMethod}</span>`}</td>
</tr>`;

const warningList = (id: string, warnings: readonly RegistrationWarning[]): Html => html`
<dt><strong>${id}</strong></dt>${warnings.map(({ message }) => html`<dd>${message}</dd>`)}`;

/** The registrations with their client ids and development secrets. */
export const applicationsSection: Section = {
  id: 'applications',
  title: 'Applications',
  live: true,
  async render({ console }) {
    const [stored, products] = await Promise.all([console.applications.list(), console.products.list()]);
    const applications = stored.map(listedApplication);
    const rows = applications.flatMap((application) => [
      ...(application.platform ? [row(application, 'the API platform', application.platform)] : []),
      ...(application.cis2 ? [row(application, 'CIS2', application.cis2)] : []),
    ]);
    const problems = stored.flatMap((application) => {
      const warnings = registrationWarnings(application, products);
      return warnings.length > 0 ? [warningList(application.id, warnings)] : [];
    });
    return html`
<table role="table" class="stacks">
<caption class="visually-hidden">Applications and their client ids</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Application</th><th role="columnheader" scope="col">Profile</th>
<th role="columnheader" scope="col">Client id</th><th role="columnheader" scope="col">Secret</th></tr></thead>
<tbody role="rowgroup">${rows}</tbody>
</table>
${problems.length > 0 ? html`<h3>Problems</h3><dl>${problems}</dl>` : undefined}
<p class="quiet">Register your application with <code>alongside app add</code> or <code>POST /api/v1/applications</code>. <a href="/api/v1/openapi.json">Read the API description</a>.</p>`;
  },
};
