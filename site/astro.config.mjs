import { readFileSync } from 'node:fs';
import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { finishPages } from './src/finish-pages.mjs';

export default defineConfig({
  // A search index and a style sheet that the reader's browser can cache; no inlined copies.
  build: { inlineStylesheets: 'never' },
  devToolbar: { enabled: false },
  // Texts of errors and flags stay as they are: no curly quotes, no dash for --flag.
  markdown: { smartypants: false },
  integrations: [
    // Before Starlight, whose search then indexes the changed pages.
    finishPages(),
    starlight({
      title: 'Alongside',
      description:
        'One smartcard sign-in, then modern APIs: a CIS, CIS2, API platform and PDS that you can run yourself.',
      favicon: '/favicon.svg',
      customCss: ['./src/styles/theme.css'],
      sidebar: JSON.parse(readFileSync(new URL('./src/menu.json', import.meta.url), 'utf8')),
      // A word in a title counts five times by default, so that an interface would come before the page that explains it.
      pagefind: { ranking: { metaWeights: { title: 0.7 } } },
      lastUpdated: false,
      credits: false,
      expressiveCode: {
        themes: ['github-light', 'github-dark'],
        styleOverrides: { borderRadius: '0.4rem' },
        // No drawing of a terminal without a title.
        defaultProps: { overridesByLang: { 'sh,powershell': { frame: 'none' } } },
      },
    }),
  ],
});
