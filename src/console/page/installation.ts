import { html, safeHref } from '@alongside/kernel/html';
import { copied } from './controls.ts';
import type { Section } from './section.ts';

/** The addresses of the services, without those that only development serves in production. */
export const addressesSection: Section = {
  id: 'addresses',
  title: 'Addresses',
  panel: true,
  async render({ console: { urls, cis2Issuer, development } }) {
    const rows: readonly [name: string, address: string, link: string, only?: 'development'][] = [
      ['Sample application', urls.sample, urls.sample, 'development'],
      ['API platform', urls.api, `${urls.api}/hello-world/hello/world`],
      ['CIS2 (issuer)', cis2Issuer, `${cis2Issuer}/.well-known/openid-configuration`],
      ['Identity Agent', urls.identityAgent, urls.identityAgent, 'development'],
      ['CIS', urls.cis, `${urls.cis}/healthz`],
      ['This console', urls.console, `${urls.console}/api/v1/state`],
    ];
    const shown = rows.filter(([, , , only]) => development || only === undefined);
    return html`<dl class="summary addresses">${shown.map(
      ([name, address, link]) =>
        html`<dt><a href="${safeHref(link)}">${name}</a></dt><dd>${copied(address, `the address of ${name}`)}</dd>`,
    )}</dl>`;
  },
};
