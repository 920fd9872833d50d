import { type Html, html } from '@alongside/kernel/html';
import { variables } from '../../../kit/environment.ts';
import { copiedBlock, segmented, withQuery } from '../../page/controls.ts';
import type { PageView } from '../../page/page.ts';
import { listedApplication } from '../../registration/stored.ts';

const mostChoices = 6;
/** Applications of the seed. */
const seeded = /^(demo-|platform$)/;

/** The settings of one application, as lines of a `.env` file. */
export async function connect({ console, query }: Pick<PageView, 'console' | 'query'>): Promise<Html> {
  const { urls, cis2Issuer, agentSocket } = console;
  const applications = (await console.applications.list()).map(listedApplication);
  const own = applications.filter(({ id }) => !seeded.test(id));
  const choices = [...own, ...applications.filter(({ id }) => id.startsWith('demo-'))].slice(0, mostChoices);
  const shown =
    applications.find(({ id }) => id === query.get('application')) ??
    own[0] ??
    choices.find(({ id }) => id === 'demo-combined') ??
    applications[0];
  if (!shown) return html`<p>No application is registered.</p>`;
  const credentials = [shown].map(({ id, platform, cis2 }) => ({ id, platform, cis2 }));
  const lines = Object.entries(variables({ urls: { ...urls, cis2Issuer }, agentSocket }, credentials)).map(
    (pair) => pair.join('='),
  );
  return html`<p>${segmented(
    'Application',
    choices.map(({ id, name }) => ({
      label: name ?? id,
      href: `${withQuery('/', query, { application: id })}#h-connect`,
      isChosen: id === shown.id,
    })),
  )}</p>
${copiedBlock(lines.join('\n'), `the settings of ${shown.id}`)}`;
}
