import { type Html, html, safeHref } from '@alongside/kernel/html';
import type { Urls } from '../../service.ts';
import { copied } from './controls.ts';

/** Where the parts answer; in production without those that are not served here. */
export function addressesSection(urls: Urls, cis2Issuer: string, development = true): Html {
  const rows: readonly (readonly [string, string, string])[] = [
    ...(development ? [['Sample application', urls.sample, urls.sample] as const] : []),
    ['API platform', urls.api, `${urls.api}/hello-world/hello/world`],
    ['CIS2 (issuer)', cis2Issuer, `${cis2Issuer}/.well-known/openid-configuration`],
    ...(development ? [['Identity Agent', urls.identityAgent, urls.identityAgent] as const] : []),
    ['CIS', urls.cis, `${urls.cis}/healthz`],
    ['This console', urls.console, `${urls.console}/api/v1/state`],
  ];
  return html`<dl class="summary addresses">${rows.map(
    ([name, address, link]) =>
      html`<dt><a href="${safeHref(link)}">${name}</a></dt><dd>${copied(address, `the address of ${name}`)}</dd>`,
  )}</dl>`;
}
