import { html } from '@alongside/kernel/html';
import { changes } from '../changes.ts';
import { orNull } from '../page/controls.ts';
import { definePage } from '../page/page.ts';
import { renderSection } from '../page/section.ts';
import { resourcesOf } from '../resources/registry.ts';

/** The sections that have no page of their own yet. */
export const remainingPage = definePage({
  path: '/everything',
  roles: [],
  navigation: { group: 'operate', label: 'Everything else' },
  parts: {
    sections: {
      on: changes,
      async render({ console, request }) {
        const sections = resourcesOf(console).flatMap(({ section }) => section ?? []);
        const page = { console, request, people: orNull(console.cis.everyone()) };
        const rendered = await Promise.all(sections.map((section) => renderSection(section, page)));
        return html`<div class="grid">${rendered.filter((_, index) => sections[index]?.panel)}</div>
${rendered.filter((_, index) => !sections[index]?.panel)}`;
      },
    },
  },
  async render({ part }) {
    return { title: 'Everything else', main: await part('sections') };
  },
});
